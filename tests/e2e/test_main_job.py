"""The main job on the whole real site: read, unlock, submit, verdict, progress, review.

Web and worker are processes of their own, the program runs on real Flink and Kafka in
the sandbox, the person is a Chromium.
"""

import csv
import io
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from curriculum.loader import load_tree
from curriculum.specs import LabSpec
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


@dataclass(frozen=True, slots=True)
class Step:
    """A lesson of the course with its lab, and what to send in."""

    lesson: str
    title: str
    lab: str
    language: str
    solution: str
    wrong: str


def the_way() -> list[Step]:
    """Return the lessons in their order; each requires the one before it."""
    course = load_tree(ROOT)
    labs = {lab.spec.id: lab.spec for lab in course.labs if lab.spec}
    fronts = [lesson.front for lesson in course.lessons if lesson.front]
    for before, front in pairwise(fronts):
        assert front.prerequisites == (before.id,)
    return [
        step(front.id, front.title, labs[lab]) for front in fronts for lab in front.labs
    ]


def step(lesson: str, title: str, lab: LabSpec) -> Step:
    language = lab.languages[0]
    suffix = "sql" if language == "sql" else "py"
    answers = ROOT / "labs" / lab.id / "answers"
    wrong = sorted((answers / "wrong").glob(f"*.{suffix}"))[0]
    solution = answers / f"solution.{suffix}"
    texts = (solution.read_text("utf-8"), wrong.read_text("utf-8"))
    return Step(lesson, title, lab.id, language, *texts)


def sign_in(page: Page, site: Site, name: str, password: str) -> None:
    page.goto(f"{site.url}/accounts/login/")
    page.locator("input[name=login]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("main button[type=submit], main form button").first.click()
    expect(page).to_have_url(re.compile(r"/$"))


def submit(page: Page, site: Site, step: Step, source: str) -> None:
    page.goto(f"{site.url}/labs/{step.lab}/?language={step.language}")
    page.locator("#editor-frame .cm-content").fill(source)
    shown = page.locator("#run-panel .result")
    before = shown.get_attribute("data-id") if shown.count() else ""
    page.locator("#submit-button").click()
    new = page.locator(f'#run-panel .result:not([data-id="{before}"])')
    expect(new).to_be_visible(timeout=VERDICT_MS)


def test_a_student_works_through_all_lessons_and_the_instructor_sees_it(site, browser):
    way = the_way()
    assert len(way) >= 3
    page = browser.new_context().new_page()
    sign_in(page, site, "student", "a-long-password-1")

    for before, step in pairwise(way):
        assert page.goto(f"{site.url}/labs/{step.lab}/").status == 403
        assert page.goto(f"{site.url}/lessons/{step.lesson}/").status == 403
        reason = page.locator("main")
        expect(reason).to_contain_text(before.title)
        expect(reason.locator(f'a[href*="/labs/{before.lab}/"]').first).to_be_visible()

    result = page.locator("#run-panel .result")
    for step in way:
        assert page.goto(f"{site.url}/lessons/{step.lesson}/").status == 200
        expect(page.locator("h1")).to_contain_text(step.title)
        if step is not way[-1]:
            submit(page, site, step, step.wrong)
            expect(result).to_have_class(re.compile("result-failed"))
            expect(result.locator("table").first).to_be_visible()
        wrong_id = result.get_attribute("data-id") if result.count() else ""
        submit(page, site, step, step.solution)
        expect(page.locator("#run-panel .result-passed")).to_be_visible()
        assert result.get_attribute("data-id") != wrong_id

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
    first_line = way[0].solution.splitlines()[0]
    expect(teacher.locator("main")).to_contain_text(first_line)
    teacher.context.close()
    page.context.close()
