"""A section's own link opens the form about this section; the keyboard is enough."""

import pytest

from questions.models import Question

pytestmark = pytest.mark.browser


def test_an_error_is_reported_at_its_section(world, visitor):
    page = visitor.page(world.ana)
    page.goto("/lessons/cdc-source/")
    links = page.get_by_role("link", name="Спросить или сообщить об ошибке здесь")
    assert links.count() == page.locator(".prose h2[id]").count() > 1
    heading = page.locator(".prose h2[id]").nth(1).get_attribute("id")
    links.nth(1).focus()
    page.keyboard.press("Enter")
    page.keyboard.type("Опечатка в третьей строке")
    page.locator("#ask-kind").select_option("error")
    page.locator("#ask button[type=submit]").press("Enter")
    page.get_by_role("heading", name="Вопрос").wait_for()
    made = Question.objects.get(kind="error")
    assert (made.item, made.place) == ("cdc-source", heading)
    assert made.text == "Опечатка в третьей строке"
