"""What the instructors' pages say, and that the CSV is the screen."""

import csv
import html
import io
import re

import pytest
from django.urls import reverse
from django.utils import translation

from accounts.models import User
from classroom.wording import state
from progress.services import record_lab_passed
from review.table import FORMULA_STARTS, safe_cell
from review.wording import CELL_WORDS, state_name
from submissions.cohorts import CellState, MatrixFilters, Sort, cohort_matrix
from tests.factories import make_catalogue, make_cohort, make_submission, make_user
from tests.review.world import finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue():
    return make_catalogue()


@pytest.fixture
def teacher(client):
    user = make_user("teacher", language="en")
    client.force_login(user)
    return user


@pytest.fixture
def cohort(catalogue, teacher):
    """Four students: never seen, trying, ahead, and one with a formula for a name."""
    silent, trying, ahead, sly = (
        make_user(name) for name in ("ann", "bob", "cleo", "dan")
    )
    User.objects.filter(pk=sly.pk).update(first_name='=HYPERLINK("http://evil")')
    for result in ("failed", "failed"):
        finish(make_submission(trying), result)
    submission = finish(make_submission(ahead), "passed")
    record_lab_passed(
        user=ahead,
        catalogue=catalogue,
        lab_id="first-lab",
        evidence=str(submission.public_id),
    )
    return make_cohort(
        slug="autumn",
        title="Autumn",
        students=[silent, trying, ahead, sly],
        instructors=[teacher],
    )


def read_csv(response):
    text = b"".join(response.streaming_content).decode("utf-8")
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline="")))


def screen_rows(page):
    """Return each row's student and the words that a screen reader gets per cell."""
    rows = []
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    for row in body.split("<tr>")[1:]:
        name = re.search(r"students/([^/]+)/", row).group(1)
        words = re.findall(
            r'<span class="visually-hidden">(.*?)</span>', row, flags=re.DOTALL
        )
        rows.append((name, [html.unescape(" ".join(word.split())) for word in words]))
    return rows


FILTERS = [
    "",
    "?sort=-progress",
    "?sort=-seen",
    "?text=b",
    "?state=tried",
    "?state=locked&item=lesson.second&sort=-name",
]


@pytest.mark.parametrize("query", FILTERS)
def test_the_csv_is_the_screen(client, cohort, query):
    screen = screen_rows(client.get(f"/review/cohorts/autumn/{query}").text)
    header, *lines = read_csv(client.get(f"/review/cohorts/autumn/progress.csv{query}"))
    tries = {number for number, name in enumerate(header) if name.endswith(": tries")}
    told = []
    for line in lines:
        words = []
        for number, cell in enumerate(line[4:], start=4):
            if number not in tries:
                words.append(cell)
            elif cell != "0":
                words[-1] += f", {cell} {'try' if cell == '1' else 'tries'}"
        told.append((line[0], words))
    assert told == screen
    assert screen


def test_the_csv_says_states_tries_and_times(client, cohort):
    header, *lines = read_csv(client.get("/review/cohorts/autumn/progress.csv"))
    by_name = {line[0]: dict(zip(header, line, strict=True)) for line in lines}
    assert by_name["bob"]["Lab first-lab"] == "not passed yet"
    assert by_name["bob"]["Lab first-lab: tries"] == "2"
    assert by_name["cleo"]["Lesson first"] == "completed"
    assert by_name["cleo"]["Lessons completed"] == "1"
    assert re.fullmatch(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", by_name["cleo"]["Last activity (UTC)"]
    )
    assert by_name["ann"]["Last activity (UTC)"] == ""


def test_the_csv_is_a_download_that_excel_reads_as_utf_8(client, cohort):
    response = client.get("/review/cohorts/autumn/progress.csv")
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="autumn.csv"'
    assert response.streaming
    assert next(iter(response.streaming_content)) == b"\xef\xbb\xbf"


def test_no_cell_of_the_csv_is_a_formula(client, cohort):
    lines = read_csv(client.get("/review/cohorts/autumn/progress.csv"))
    assert any(cell == '\'=HYPERLINK("http://evil")' for line in lines for cell in line)
    for line in lines:
        for cell in line:
            assert not cell.startswith(FORMULA_STARTS)


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_every_start_of_a_formula_is_disarmed(start):
    assert safe_cell(f"{start}1+1") == f"'{start}1+1"
    assert safe_cell(f"1{start}1") == f"1{start}1"


def test_the_csv_speaks_the_readers_language(client, cohort, teacher):
    teacher.language = "ru"
    teacher.save()
    header, *_ = read_csv(client.get("/review/cohorts/autumn/progress.csv"))
    assert "Работа first-lab" in header


def test_the_fragment_is_the_table_and_links_keep_the_filters(client, cohort):
    url = reverse("review:cohort", args=["autumn"])
    page = client.get(url, {"text": "b", "sort": "-name"})
    part = client.get(
        url, {"text": "b", "sort": "-name"}, headers={"HX-Request": "true"}
    )
    assert "<html" in page.text
    assert "<html" not in part.text
    assert 'id="matrix"' in part.text
    assert "progress.csv?text=b&amp;sort=-name" in part.text
    assert "HX-Request" in part["Vary"]
    assert screen_rows(part.text) == screen_rows(page.text)


def test_going_back_gets_the_whole_page(client, cohort):
    response = client.get(
        "/review/cohorts/autumn/?text=b",
        headers={"HX-Request": "true", "HX-History-Restore-Request": "true"},
    )
    assert "<html" in response.text


@pytest.mark.parametrize(
    "query",
    ["?state=nonsense", "?item=lab.nothing", "?sort=;drop", "?text=" + "x" * 101],
)
def test_a_damaged_filter_is_told_and_hides_nobody(client, cohort, query):
    page = client.get(f"/review/cohorts/autumn/{query}")
    assert page.status_code == 200
    assert "errorlist" in page.text
    assert len(screen_rows(page.text)) == 4


def test_the_sort_is_announced(client, cohort):
    page = client.get("/review/cohorts/autumn/?sort=-progress").text
    assert page.count("aria-sort") == 1
    assert 'aria-sort="descending"' in page


def test_an_empty_cohort_and_an_empty_filter_say_what_to_do(client, catalogue, teacher):
    make_cohort(slug="empty", instructors=[teacher])
    assert "Nobody is enrolled yet" in client.get("/review/cohorts/empty/").text
    make_cohort(slug="one", students=[make_user()], instructors=[teacher])
    assert "No student fits" in client.get("/review/cohorts/one/?text=zzz").text


def test_names_are_data_not_markup(client, catalogue, teacher):
    user = make_user("plain")
    User.objects.filter(pk=user.pk).update(first_name="<script>alert(1)</script>")
    make_cohort(slug="one", students=[user], instructors=[teacher])
    for url in ("/review/cohorts/one/", "/review/cohorts/one/students/plain/"):
        page = client.get(url).text
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page


def test_a_student_page_has_the_submits_and_the_timeline(client, cohort):
    page = client.get("/review/cohorts/autumn/students/bob/").text
    assert page.count("/review/attempts/") == 4  # twice in the lab, twice in time
    assert "not passed yet" in page
    page = client.get("/review/cohorts/autumn/students/ann/").text
    assert "Nothing has happened yet" in page


def test_an_attempt_shows_the_result_and_the_program_with_numbers(client, cohort):
    user = User.objects.get(username="bob")
    source = "CREATE TABLE x;\n-- <b>bold</b>\nSELECT 1;\n"
    submission = finish(
        make_submission(user, files={"job.sql": source}),
        "failed",
        mistake="snapshot-lost",
    )
    page = client.get(reverse("review:attempt", args=[submission.public_id])).text
    assert "Snapshot lost" in page
    assert "Totals are right" in page
    assert 'data-number="3"' in page
    assert 'data-number="4"' not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page


def test_an_open_attempt_says_that_there_is_no_verdict_yet(client, cohort):
    submission = make_submission(User.objects.get(username="bob"))
    page = client.get(reverse("review:attempt", args=[submission.public_id]))
    assert page.status_code == 200
    assert "no verdict yet" in page.text


def test_without_a_course_the_pages_say_so(client, teacher):
    make_cohort(slug="early", students=[make_user()], instructors=[teacher])
    response = client.get("/review/cohorts/early/")
    assert response.status_code == 503
    assert "errors/no_course.html" in [item.name for item in response.templates]


def test_the_matrix_of_500_students_is_streamed_in_seconds(client, catalogue, teacher):
    people = [User(username=f"u{number:03}") for number in range(500)]
    User.objects.bulk_create(people)
    make_cohort(slug="large", students=people, instructors=[teacher])
    assert len(read_csv(client.get("/review/cohorts/large/progress.csv"))) == 501


def test_words_of_states_are_translated_alike(catalogue):
    """The CSV's words are those of the icons' tag: one message, one translation."""
    for language in ("ru", "en"):
        with translation.override(language):
            for cell_state in CellState:
                known = state(state_name(cell_state)).word
                assert str(CELL_WORDS[cell_state]) == str(known)


def test_filters_from_the_url_are_those_of_the_matrix(client, cohort, catalogue):
    matrix = cohort_matrix(
        cohort=cohort,
        catalogue=catalogue,
        filters=MatrixFilters(state=CellState.TRIED, sort=Sort.SEEN_DOWN),
    )
    page = client.get("/review/cohorts/autumn/?state=tried&sort=-seen").text
    assert [name for name, _ in screen_rows(page)] == [
        row.student.username for row in matrix.rows
    ]
