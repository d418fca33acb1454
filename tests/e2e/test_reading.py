"""Reading in a browser: diagrams, copy, place, theme, and a walk by keyboard alone."""

import re

import pytest
from playwright.sync_api import expect

from submissions.models import Submission
from tests.e2e.world import RIGHT, complete

pytestmark = pytest.mark.browser

LESSON = "/lessons/cdc-source/"
HOME = re.compile(r":\d+/$")


def test_diagrams_are_drawn_without_a_violation(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    for number in range(2):
        diagram = page.locator("pre.mermaid").nth(number)
        diagram.scroll_into_view_if_needed()
        expect(diagram.locator("svg")).to_be_visible()
    expect(
        page.locator("pre.mermaid svg text", has_text="Postgres").first
    ).to_be_visible()


def test_diagrams_follow_the_theme(world, visitor):
    page = visitor.page(world.ana, color_scheme="light")
    page.goto(LESSON)
    box = page.locator("pre.mermaid").first
    box.scroll_into_view_if_needed()
    expect(box.locator("svg")).to_be_visible()
    before = box.inner_html()
    page.locator("summary[aria-label='Тема']").click()
    page.get_by_role("button", name="Тёмная").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.wait_for_function(
        "before => document.querySelector('pre.mermaid').innerHTML !== before"
        " && document.querySelector('pre.mermaid svg')",
        arg=before,
    )
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_mermaid_is_fetched_only_where_a_diagram_is(world, visitor):
    page = visitor.page(world.ana)
    fetched = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto("/lessons/how-to-read/")
    page.wait_for_load_state("networkidle")
    assert not [url for url in fetched if "mermaid" in url]


def test_a_block_of_code_is_copied(world, visitor):
    page = visitor.page(world.ana, permissions=["clipboard-read", "clipboard-write"])
    page.goto(LESSON)
    page.locator("figure.code .copy-button").first.click()
    expect(page.locator("#announcer")).to_have_text("Скопировано")
    text = page.evaluate("navigator.clipboard.readText()")
    assert text.startswith("CREATE TABLE orders (")
    assert "Копировать" not in text


def test_the_place_on_the_page_is_shown(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    current = page.locator(".contents a[aria-current]")
    expect(current).to_contain_text("Четыре вида строк")
    page.locator("#path").evaluate("node => node.scrollIntoView()")
    expect(current).to_have_text("Путь события")


def test_tabs_of_a_lesson_work_without_a_script(world, visitor):
    page = visitor.page(world.ana, java_script_enabled=False)
    page.goto(LESSON)
    expect(page.get_by_text("GROUP BY status").first).to_be_visible()
    page.locator(".tabbed-labels label", has_text="PyFlink").click()
    expect(page.get_by_text("EnvironmentSettings").first).to_be_visible()


def test_a_question_is_answered_without_a_script(world, visitor):
    page = visitor.page(world.ana, java_script_enabled=False)
    page.goto(LESSON)
    question = page.locator(".question")
    wrong, right = question.locator(".option-why").all()
    expect(wrong).not_to_be_visible()
    question.get_by_label("Последнее состояние").check()
    expect(wrong).to_be_visible()
    expect(right).not_to_be_visible()
    question.get_by_label("null").check()
    expect(right).to_be_visible()
    expect(wrong).to_be_visible()


def test_the_reason_of_an_answer_is_announced(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    page.locator(".question").get_by_label("null").check()
    expect(page.locator("#announcer")).to_have_text("Верно. Строки больше нет.")


def test_lines_are_comfortable_to_read(world, visitor):
    """About 70 to 75 characters: measured, because Cyrillic is wider than ``ch``."""
    page = visitor.page(world.ana, width=1440)
    page.goto(LESSON)
    longest = page.evaluate(
        """() => {
          const node = document.querySelector(".prose p").firstChild;
          const range = document.createRange();
          const lines = new Map();
          for (let at = 0; at < node.length; at++) {
            range.setStart(node, at);
            range.setEnd(node, at + 1);
            const top = Math.round(range.getBoundingClientRect().top);
            lines.set(top, (lines.get(top) ?? 0) + 1);
          }
          return Math.max(...lines.values());
        }"""
    )
    assert 62 <= longest <= 78


def test_on_a_phone_the_tree_is_a_drawer(world, visitor):
    page = visitor.page(world.ana, width=390)
    page.goto(LESSON)
    link = page.locator(".tree a").first
    expect(link).not_to_be_visible()
    page.get_by_text("Уроки курса").first.click()
    expect(link).to_be_visible()


def tab_to(page, words, *, most=40):
    """Press Tab until the focused element's name holds ``words``."""
    for _ in range(most):
        page.keyboard.press("Tab")
        name = page.evaluate(
            "() => { const e = document.activeElement;"
            " return (e.getAttribute('aria-label') || e.innerText || e.name || ''); }"
        )
        if words in name:
            return
    raise AssertionError(f"{words!r} was not reached by Tab")


def test_a_walk_by_keyboard_from_log_in_to_the_result(world, visitor):
    page = visitor.page()
    page.goto("/accounts/login/")
    page.locator("input[name=login]").focus()
    page.keyboard.type(world.fresh.username)
    page.keyboard.press("Tab")
    page.keyboard.type("password")
    page.keyboard.press("Enter")
    page.wait_for_url(HOME)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    tab_to(page, "Начать чтение")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lessons/how-to-read/")
    tab_to(page, "Отметить прочитанным")
    page.keyboard.press("Enter")
    expect(page.locator(".messages")).to_contain_text("Отмечено")
    tab_to(page, "Источник CDC")
    page.keyboard.press("Enter")
    page.wait_for_url("**/lessons/cdc-source/")
    tab_to(page, "Лабораторная: Итоги")
    page.keyboard.press("Enter")
    page.wait_for_url("**/labs/status-totals/")
    expect(page.locator(".cm-content")).to_be_visible()
    tab_to(page, "job.sql")
    page.keyboard.press("Control+End")
    page.keyboard.type("-- конец")
    page.keyboard.press("Tab")
    assert "job.sql" in page.evaluate("document.activeElement.ariaLabel ?? ''")
    page.keyboard.press("Escape")
    tab_to(page, "Отправить на проверку", most=4)
    page.keyboard.press("Enter")
    expect(page.locator("#live.live")).to_be_visible()
    submission = Submission.objects.get(user=world.fresh)
    assert "-- конец" in submission.files["job.sql"]
    complete(submission, RIGHT)
    expect(page.locator("#announcer")).to_have_text("Сдано: все проверки пройдены.")
    expect(page.locator(".result-passed")).to_be_visible()
