"""The workbench in a browser: editor, draft, live status, result, trouble."""

import re
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from playwright.sync_api import expect

from lab_protocol.messages import Phase
from submissions import lifecycle
from submissions.models import Draft, Submission, WorkerSign
from tests.e2e.world import RIGHT, WRONG, complete
from tests.factories import make_submission

pytestmark = pytest.mark.browser

LAB = "/labs/status-totals/?language=sql"


@pytest.fixture
def bench(world, visitor):
    page = visitor.page(world.fresh)
    page.goto(LAB)
    expect(page.locator(".cm-content")).to_be_visible()
    return page


def write(page, text):
    """Replace the text as a person does; ``fill`` edits the DOM with inline styles."""
    page.locator(".cm-content").click()
    page.keyboard.press("Control+A")
    page.keyboard.press("Backspace")
    page.keyboard.insert_text(text)


def editor_text(page):
    return page.locator(".cm-content").inner_text()


def draft_of(user):
    return Draft.objects.get(user=user, lab="status-totals", language="sql")


def test_the_editor_is_styled_and_coloured(bench):
    keyword = bench.locator(".cm-line span", has_text="CREATE").first
    ink = bench.evaluate("getComputedStyle(document.body).color")
    colour = keyword.evaluate("node => getComputedStyle(node).color")
    assert colour != ink
    assert bench.locator(".cm-gutters").is_visible()
    assert bench.locator(".cm-content").get_attribute("aria-label") == "job.sql"


def test_a_draft_is_saved_while_typing_and_is_there_after_a_reload(bench, world):
    write(bench, "SELECT 'typed';")
    expect(bench.locator("#draft-state")).to_have_text(
        re.compile(r"сохранено в \d\d:\d\d:\d\d")
    )
    assert draft_of(world.fresh).text == "SELECT 'typed';"
    bench.reload()
    expect(bench.locator(".cm-content")).to_contain_text("SELECT 'typed';")


def test_leaving_at_once_loses_nothing(bench, world):
    """The last save may still be on its way: then the browser's own copy is offered."""
    write(bench, "SELECT 'in a hurry';")
    bench.goto("/course/")
    bench.goto(LAB)
    mine = bench.locator(".cm-content", has_text="in a hurry")
    restore = bench.get_by_role("button", name="Вернуть его")
    expect(mine.or_(restore)).to_be_visible()
    if restore.is_visible():
        restore.click()
    expect(mine).to_be_visible()


def test_each_language_keeps_its_own_text(bench):
    write(bench, "SELECT 'sql';")
    bench.get_by_role("link", name="PyFlink").click()
    expect(bench.locator(".cm-content")).to_contain_text("TableEnvironment")
    write(bench, "print('python')")
    bench.get_by_role("link", name="Flink SQL").click()
    expect(bench.locator(".cm-content")).to_contain_text("SELECT 'sql'")
    bench.get_by_role("link", name="PyFlink").click()
    expect(bench.locator(".cm-content")).to_contain_text("print('python')")


def test_two_tabs_do_not_overwrite_each_other(bench, world):
    other = bench.context.new_page()
    other.goto(LAB)
    expect(other.locator(".cm-content")).to_be_visible()
    write(other, "SELECT 'other';")
    expect(other.locator("#draft-state")).to_contain_text("сохранено")
    write(bench, "SELECT 'mine';")
    expect(bench.locator("#bench-notice")).to_contain_text("в другой вкладке")
    assert draft_of(world.fresh).text == "SELECT 'other';"
    bench.get_by_role("button", name="Оставить мой").click()
    expect(bench.locator("#draft-state")).to_contain_text("сохранено")
    assert draft_of(world.fresh).text == "SELECT 'mine';"


def test_the_other_text_of_a_conflict_can_be_taken(bench, world):
    Draft.objects.create(
        user=world.fresh, lab="status-totals", language="sql", text="SELECT 'x';"
    )
    write(bench, "SELECT 'mine';")
    bench.get_by_role("button", name="Взять другой").click()
    expect(bench.locator(".cm-content")).to_have_text("SELECT 'x';")
    assert draft_of(world.fresh).text == "SELECT 'x';"


def test_reset_brings_the_starter_and_can_be_undone(bench):
    write(bench, "SELECT 'work';")
    bench.get_by_role("button", name="Начать заново").click()
    expect(bench.locator(".cm-content")).to_contain_text("CREATE TABLE orders")
    bench.get_by_role("button", name="Вернуть как было").click()
    expect(bench.locator(".cm-content")).to_have_text("SELECT 'work';")


def test_the_names_of_the_lab_are_completed(bench):
    write(bench, "SELECT last_")
    bench.keyboard.press("Control+Space")
    offered = bench.locator(".cm-tooltip-autocomplete li", has_text="last_change")
    offered.first.click()  # not Enter: the list takes no key in its first 75 ms
    expect(bench.locator(".cm-content")).to_have_text("SELECT last_change")


def test_sql_is_laid_out_and_that_can_be_undone(bench):
    write(bench, "select a from t where b=1;")
    bench.get_by_role("button", name="Оформить SQL").click()
    lines = bench.locator(".cm-line")
    expect(lines).to_have_text(["SELECT a", "FROM t", "WHERE b = 1;", ""])
    expect(bench.locator("#announcer")).to_contain_text("SQL оформлен заново")
    bench.keyboard.press("Control+z")
    expect(bench.locator(".cm-content")).to_have_text("select a from t where b=1;")


def test_python_is_not_offered_the_layout_of_sql(bench):
    bench.get_by_role("link", name="PyFlink").click()
    expect(bench.locator(".cm-content")).to_contain_text("TableEnvironment")
    expect(bench.get_by_role("button", name="Оформить SQL")).to_have_count(0)


def test_escape_and_then_tab_leaves_the_editor(bench):
    content = bench.locator(".cm-content")
    content.click()
    bench.keyboard.press("Tab")
    expect(content).to_be_focused()
    bench.keyboard.press("Escape")
    bench.keyboard.press("Tab")
    expect(content).not_to_be_focused()


def test_the_first_events_and_the_tables_to_copy_are_beside_the_editor(bench):
    bench.get_by_role("tab", name="Данные").click()
    events = bench.get_by_role("region", name="Первые события открытых данных")
    expect(events.locator("li")).to_have_count(3)
    expect(events.locator(".op-chip").first).to_have_text("c")
    bench.get_by_text("DDL", exact=False).first.click()
    expect(bench.locator("#data .copy-button").first).to_be_visible()


def test_a_panel_is_chosen_by_a_key_from_the_editor(bench):
    bench.locator(".cm-content").click()
    bench.keyboard.press("Alt+3")
    tab = bench.get_by_role("tab", name="Проверки")
    expect(tab).to_have_attribute("aria-selected", "true")
    expect(tab).to_be_focused()


def test_a_program_goes_to_a_file_and_comes_from_one(bench):
    write(bench, "SELECT 'before';")
    bench.get_by_text("Файл", exact=True).click()
    with bench.expect_download() as download:
        bench.get_by_role("button", name="Скачать").click()
    assert download.value.suggested_filename == "job.sql"
    assert Path(download.value.path()).read_text("utf-8") == "SELECT 'before';"
    field = bench.locator("#open-file")
    field.set_input_files(
        {"name": "a.sql", "mimeType": "text/plain", "buffer": b"SELECT\r\n 1;"}
    )
    expect(bench.locator(".cm-line")).to_have_text(["SELECT", " 1;"])
    bench.get_by_role("button", name="Вернуть как было").click()
    expect(bench.locator(".cm-content")).to_have_text("SELECT 'before';")
    field.set_input_files(
        {"name": "a.sql", "mimeType": "text/plain", "buffer": b"\xff\xfe\x00"}
    )
    expect(bench.locator("#bench-notice")).to_contain_text("не текст в UTF-8")
    expect(bench.locator(".cm-content")).to_have_text("SELECT 'before';")


def test_the_plain_field_is_remembered_and_does_all(bench, world):
    bench.get_by_text("Файл", exact=True).click()
    bench.get_by_role("button", name="Простое текстовое поле").click()
    field = bench.locator("#source")
    expect(field).to_be_visible()
    expect(bench.locator(".cm-content")).to_have_count(0)
    field.fill("SELECT 'plain';")
    expect(bench.locator("#draft-state")).to_contain_text("сохранено")
    bench.reload()
    expect(field).to_have_value("SELECT 'plain';")
    field.press("Control+Enter")
    expect(bench.locator("#live.live")).to_be_visible()
    submission = Submission.objects.get(user=world.fresh)
    assert (submission.kind, submission.files["job.sql"]) == ("run", "SELECT 'plain';")
    bench.get_by_text("Файл", exact=True).click()
    bench.get_by_role("button", name="Редактор с подсветкой").click()
    expect(bench.locator(".cm-content")).to_have_text("SELECT 'plain';")


def test_a_run_is_followed_to_its_result(bench, world):
    write(bench, "SELECT 'run';")
    bench.locator(".cm-content").press("Control+Enter")
    live = bench.locator("#live")
    expect(live).to_contain_text("вы следующий")
    submission = Submission.objects.get(user=world.fresh)
    assert (submission.kind, submission.files) == ("run", {"job.sql": "SELECT 'run';"})
    lease = lifecycle.claim_next(worker="w")
    lifecycle.advance(lease, phase=Phase.RUNNING, rows_in=12, rows_out=4)
    expect(live).to_contain_text("Программа выполняется.")
    expect(live).to_contain_text("строк на входе: 12, на выходе: 4")
    expect(bench.locator("#announcer")).to_have_text("Программа выполняется.")


def test_a_submit_shows_its_verdict_and_then_the_next_step(bench, world):
    for rows, shown in ((WRONG, "result-failed"), (RIGHT, "result-passed")):
        bench.locator(".cm-content").press("Control+Shift+Enter")
        expect(bench.locator("#live.live")).to_be_visible()
        submission = Submission.objects.filter(user=world.fresh).latest("pk")
        complete(submission, rows)
        result = bench.locator("#run-panel .result")
        expect(result).to_have_class(re.compile(shown))
        expect(result).to_have_attribute(
            "data-id", re.compile(str(submission.public_id))
        )
    expect(bench.locator(".next-step")).to_contain_text("Урок «Источник CDC» завершён.")
    bench.get_by_role("tab", name="Попытки").click()
    expect(bench.locator("#attempt-list tbody tr")).to_have_count(2)
    expect(bench.locator("#announcer")).to_have_text("Сдано: все проверки пройдены.")


def test_a_second_send_from_the_same_page_is_a_second_submission(bench, world):
    for count in (1, 2):
        bench.get_by_role("button", name="Запустить").click()
        expect(bench.locator("#live.live")).to_be_visible()
        complete(Submission.objects.filter(user=world.fresh).latest("pk"), RIGHT)
        expect(bench.locator("#run-panel .result")).to_be_visible()
        assert Submission.objects.filter(user=world.fresh).count() == count


def test_closing_the_page_and_coming_back_finds_the_run(bench, world, visitor):
    bench.get_by_role("button", name="Запустить").click()
    expect(bench.locator("#live.live")).to_be_visible()
    bench.close()
    again = visitor.page(world.fresh)
    again.goto(LAB)
    expect(again.locator("#live.live")).to_be_visible()
    complete(Submission.objects.get(user=world.fresh), RIGHT)
    expect(again.locator("#run-panel .result")).to_be_visible()


def test_a_waiting_program_is_cancelled(bench, world):
    bench.get_by_role("button", name="Запустить").click()
    bench.get_by_role("button", name="Отменить").click()
    expect(bench.locator("#run-panel .result")).to_contain_text("Отменено.")
    assert Submission.objects.get(user=world.fresh).state == "cancelled"


def test_silent_workers_are_told_without_a_reload(bench, world):
    bench.get_by_role("button", name="Запустить").click()
    expect(bench.locator("#live.live")).to_be_visible()
    WorkerSign.objects.all().delete()
    expect(bench.locator("#live")).to_contain_text("Исполнитель не отвечает")


def test_an_error_marks_its_line_in_the_gutter(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LAB)
    expect(page.locator(".cm-lint-marker-error")).to_be_visible()
    page.locator(".cm-content").press("F8")
    expect(page.locator(".cm-activeLine")).to_contain_text("FROM orders")


def test_a_third_program_is_refused_beside_the_editor(bench, world):
    make_submission(world.fresh, lab="status-totals")
    make_submission(world.fresh, lab="status-totals")
    write(bench, "SELECT 'third';")
    bench.get_by_role("button", name="Запустить").click()
    expect(bench.locator("#bench-notice")).to_contain_text("ещё одна ждёт")
    assert editor_text(bench).strip() == "SELECT 'third';"
    assert draft_of(world.fresh).text == "SELECT 'third';"


def test_too_large_a_program_is_refused_and_stays(bench):
    bench.evaluate("document.getElementById('source').value = 'x'.repeat(300 * 1024)")
    bench.get_by_role("button", name="Запустить").click()
    expect(bench.locator("#bench-notice")).to_contain_text("не больше 256 КиБ")


def test_a_session_that_ends_mid_edit_loses_no_text(bench, world, visitor):
    Session.objects.all().delete()
    write(bench, "SELECT 'precious';")
    expect(bench.locator("#bench-notice")).to_contain_text("Сеанс закончился")
    expect(bench.locator("#draft-state")).to_contain_text("хранится в этом браузере")
    bench.get_by_role("button", name="Запустить").click()
    expect(bench.locator("#bench-notice")).to_contain_text("Войдите в новой вкладке")
    bench.goto("/accounts/login/")
    bench.locator("input[name=login]").fill(world.fresh.username)
    bench.locator("input[name=password]").fill("password")
    bench.locator("main form button").first.click()
    bench.wait_for_url(re.compile(r":\d+/$"))
    bench.goto(LAB)
    bench.get_by_role("button", name="Вернуть его").click()
    expect(bench.locator(".cm-content")).to_have_text("SELECT 'precious';")
    expect(bench.locator("#draft-state")).to_contain_text("сохранено")
    assert draft_of(world.fresh).text == "SELECT 'precious';"


def test_without_javascript_the_form_does_all(world, visitor):
    page = visitor.page(world.fresh, java_script_enabled=False)
    page.goto(LAB)
    page.locator("textarea[name=source]").fill("SELECT 'plain';")
    page.get_by_role("button", name="Сохранить черновик").click()
    expect(page.locator(".messages")).to_contain_text("Черновик сохранён.")
    page.get_by_role("button", name="Отправить на проверку").click()
    page.wait_for_url("**/attempts/*/")
    expect(page.locator("#live")).to_contain_text("вы следующий")
    complete(Submission.objects.get(user=world.fresh), RIGHT)
    page.get_by_role("link", name="Обновить состояние").click()
    expect(page.locator(".result-passed")).to_be_visible()
