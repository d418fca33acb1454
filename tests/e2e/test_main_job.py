"""The main job on the whole real site: read, unlock, submit, verdict, progress, review.

Web and worker are processes of their own, the program runs on real Flink and Kafka in
the sandbox, the person is a Chromium.
"""

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.site import ROOT, Site, running_site

pytestmark = [pytest.mark.browser, pytest.mark.flink]

VERDICT_MS = 90_000
PEOPLE = """
import json
from accounts.models import User, Cohort, Enrolment
student = User.objects.create_user("student", "s@example.test", "a-long-password-1")
teacher = User.objects.create_user("teacher", "t@example.test", "a-long-password-2")
cohort = Cohort.objects.create(slug="evening", title="Вечерний поток")
Enrolment.objects.create(cohort=cohort, user=student, role="student")
Enrolment.objects.create(cohort=cohort, user=teacher, role="instructor")
print(json.dumps("ok"))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with running_site(tmp_path_factory.mktemp("site")) as site:
        site.python(PEOPLE)
        yield site


def answer(lab: str, name: str) -> str:
    return (ROOT / "labs" / lab / "answers" / name).read_text(encoding="utf-8")


def wrong_answer(lab: str) -> str:
    folder = ROOT / "labs" / lab / "answers" / "wrong"
    return sorted(folder.glob("*.sql"))[0].read_text(encoding="utf-8")


def sign_in(page: Page, site: Site, name: str, password: str) -> None:
    page.goto(f"{site.url}/accounts/login/")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("main button[type=submit], main form button").first.click()
    expect(page).to_have_url(re.compile(r"/$"))


def submit(page: Page, site: Site, lab: str, source: str) -> None:
    page.goto(f"{site.url}/labs/{lab}/?language=sql")
    page.locator("#editor-frame .cm-content").fill(source)
    shown = page.locator("#run-panel .result")
    before = shown.get_attribute("data-id") if shown.count() else ""
    page.locator("#submit-button").click()
    new = page.locator(f'#run-panel .result:not([data-id="{before}"])')
    expect(new).to_be_visible(timeout=VERDICT_MS)


def test_a_student_works_through_both_lessons_and_the_instructor_sees_it(site, browser):
    page = browser.new_context().new_page()
    sign_in(page, site, "student", "a-long-password-1")

    locked = page.goto(f"{site.url}/lessons/stateful-stream-processing/")
    assert locked.status == 403
    reason = page.locator("main")
    expect(reason).to_contain_text("PyFlink CDC Connector")
    expect(reason.locator('a[href*="/labs/cdc-source/"]').first).to_be_visible()
    assert page.goto(f"{site.url}/labs/realtime-dashboard/").status == 403

    page.goto(f"{site.url}/lessons/pyflink-cdc-connector/")
    expect(page.locator("h1")).to_contain_text("PyFlink CDC Connector")

    submit(page, site, "cdc-source", wrong_answer("cdc-source"))
    result = page.locator("#run-panel .result")
    expect(result).to_have_class(re.compile("result-failed"))
    expect(result.locator("table").first).to_be_visible()
    wrong_id = result.get_attribute("data-id")

    submit(page, site, "cdc-source", answer("cdc-source", "solution.sql"))
    expect(page.locator("#run-panel .result-passed")).to_be_visible()
    assert page.locator("#run-panel .result").get_attribute("data-id") != wrong_id

    opened = page.goto(f"{site.url}/lessons/stateful-stream-processing/")
    assert opened.status == 200
    submit(
        page, site, "realtime-dashboard", answer("realtime-dashboard", "solution.sql")
    )
    expect(page.locator("#run-panel .result-passed")).to_be_visible()

    teacher = browser.new_context().new_page()
    sign_in(teacher, site, "teacher", "a-long-password-2")
    teacher.goto(f"{site.url}/review/cohorts/evening/")
    row = teacher.locator("tr", has_text="student")
    expect(row).to_be_visible()
    with teacher.expect_download() as download:
        teacher.locator('a[href*="progress.csv"]').click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    [line] = [
        row for row in csv.DictReader(io.StringIO(text)) if "student" in row.values()
    ]
    assert line
    row.locator("a").first.click()
    teacher.locator('a[href*="/review/attempts/"]').first.click()
    expect(teacher.locator("main")).to_contain_text("CREATE TABLE")
    teacher.context.close()
    page.context.close()
