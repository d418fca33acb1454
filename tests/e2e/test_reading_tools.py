"""Tools of a lesson in a browser: wrap, tabs, zoom, terms, place, notes, paper."""

import pytest
from playwright.sync_api import expect

from progress.models import ReadingPlace, SectionNote
from tests.e2e.test_every_page import problems

pytestmark = pytest.mark.browser

LESSON = "/lessons/cdc-source/"


def test_wrapped_code_stays_wrapped_on_the_next_page(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    code = page.locator("figure.code pre").first
    assert code.evaluate("node => node.scrollWidth > node.clientWidth")
    button = page.locator(".wrap-button").first
    button.press("Enter")
    expect(button).to_have_attribute("aria-pressed", "true")
    assert code.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.reload()
    expect(page.locator(".wrap-button").last).to_have_attribute("aria-pressed", "true")


def test_a_chosen_tab_is_chosen_everywhere_by_keyboard(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    page.locator(".tabbed-set > input").first.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("EnvironmentSettings").first).to_be_visible()
    page.goto("/")
    page.goto(LESSON)
    expect(page.get_by_text("EnvironmentSettings").first).to_be_visible()
    other = page.context.new_page()
    other.goto(LESSON)
    other.locator(".tabbed-labels label", has_text="SQL").click()
    expect(page.get_by_text("FROM orders GROUP BY status").first).to_be_visible()


def test_a_diagram_is_enlarged_and_put_away_by_keyboard(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    page.locator("pre.mermaid").first.scroll_into_view_if_needed()
    button = page.locator(".zoom-button").first
    button.press("Enter")
    dialog = page.get_by_role("dialog", name="Путь события от базы до Flink")
    drawing = dialog.locator("svg")
    expect(drawing).to_be_visible()
    before = drawing.bounding_box()["width"]
    page.keyboard.press("+")
    expect(dialog.locator("output")).to_have_text("125 %")
    assert drawing.bounding_box()["width"] == pytest.approx(before * 1.25, rel=0.01)
    assert problems(page) == []
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(button).to_be_focused()


def test_a_term_is_explained_on_focus_and_under_the_pointer(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    link = page.locator("a.term")
    tip = page.get_by_role("tooltip")
    link.focus()
    expect(tip).to_contain_text("См. ниже")
    assert tip.locator("a").count() == 0
    expect(link).to_have_accessible_description("Watermark См. ниже.")
    assert problems(page) == []
    page.keyboard.press("Escape")
    expect(tip).not_to_be_visible()
    page.locator("h1").hover()
    link.hover()
    expect(tip).to_be_visible()
    tip.hover()
    page.wait_for_timeout(500)
    expect(tip).to_be_visible()
    page.locator("h1").hover()
    expect(tip).not_to_be_visible()


def test_the_section_that_is_read_is_kept_for_the_next_visit(world, visitor):
    page = visitor.page(world.ana, keeps_place=True)
    page.goto(LESSON)
    with page.expect_response(lambda answer: answer.url.endswith("/place/")) as kept:
        page.locator("#path").evaluate("node => node.scrollIntoView()")
    assert kept.value.status == 204
    assert ReadingPlace.objects.get(user=world.ana).section == "path"
    page.reload()
    expect(page.locator(".resume a")).to_have_text("Путь события")
    page.evaluate("scrollTo(0, 0)")
    page.locator(".resume a").press("Enter")
    expect(page.locator("#path")).to_be_in_viewport()


def test_a_note_is_written_at_its_section_by_keyboard(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    links = page.get_by_role("link", name="Заметка или закладка: ")
    assert links.count() == page.locator(".prose h2[id]").count()
    links.first.press("Enter")
    text = page.locator("#note-text")
    expect(text).to_be_focused()
    expect(text).to_have_value("Ключ: order_id.\nБез него — дубли.")
    page.keyboard.press("Control+A")
    page.keyboard.type("Ключ один")
    page.get_by_role("button", name="Сохранить заметку").press("Enter")
    expect(page.locator(".note-list")).to_contain_text("Ключ один")
    note = SectionNote.objects.get(user=world.ana, section="kinds")
    assert note.text == "Ключ один"


def test_a_lesson_is_whole_without_a_script(world, visitor):
    page = visitor.page(world.ana, java_script_enabled=False)
    page.goto(LESSON)
    expect(page.locator("article a[href='/glossary/#watermark']")).to_be_visible()
    expect(page.locator("figure.diagram details").first).to_be_visible()
    expect(page.locator(".code-lab a")).to_be_visible()
    page.locator("#notes > summary").click()
    page.locator("#note-section").select_option("path")
    page.locator("#note-text").fill("Без скрипта")
    page.get_by_role("button", name="Сохранить заметку").click()
    expect(page.locator(".note-list")).to_contain_text("Без скрипта")


def test_paper_shows_the_text_whole_and_nothing_else(world, visitor):
    page = visitor.page(world.ana, color_scheme="dark")
    page.goto(LESSON)
    page.emulate_media(media="print")
    for hidden in (".site-header", ".drawer", ".code-tools", ".notes", ".ask-here"):
        expect(page.locator(hidden).first).not_to_be_visible()
    for shown in ("EnvironmentSettings", "FROM orders GROUP BY", "Оно стоит в"):
        expect(page.get_by_text(shown).first).to_be_visible()
    expect(page.get_by_text("Схема меняется")).to_be_visible()
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground in {"rgb(255, 255, 255)", "rgba(0, 0, 0, 0)"}
