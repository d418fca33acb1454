"""What the workbench takes, refuses and keeps."""

import re
from uuid import uuid4

import pytest

from classroom.lab_data import lab_data
from curriculum.course import StarterText
from lab_protocol.messages import Language
from submissions.models import Draft, StreamSample, Submission
from tests.classroom.conftest import HTMX
from tests.factories import make_cohort, make_release, make_submission

SEND = "/labs/first-lab/send/"
DRAFT = "/labs/first-lab/draft/"
JSON = {"Accept": "application/json"}


def form(**changes):
    base = {
        "kind": "submit",
        "language": "sql",
        "source": "SELECT 2;",
        "revision": "0",
        "key": str(uuid4()),
    }
    return base | changes


def value_of(element, answer):
    """Return the value of a hidden field by its id."""
    [value] = re.findall(rf'id="{element}"\s+value="([^"]*)"', answer.text)
    return value


def draft():
    return Draft.objects.get()


def test_the_page_has_all_that_a_student_needs(reader):
    text = reader.get("/labs/first-lab/").text
    for part in ("task first-lab", "Итоги верны", "Первая подсказка", "-- starter"):
        assert part in text
    assert 'name="source"' in text
    assert "?language=pyflink" in text


def test_each_language_has_its_own_draft(reader):
    reader.post(DRAFT, form(source="SELECT 'sql'"))
    reader.post(DRAFT, form(source="print('py')", language="pyflink"))
    assert "SELECT &#x27;sql&#x27;" in reader.get("/labs/first-lab/?language=sql").text
    text = reader.get("/labs/first-lab/?language=pyflink").text
    assert "print(&#x27;py&#x27;)" in text
    assert "job.py" in text


def test_an_unknown_language_in_the_address_shows_the_first(reader):
    assert "job.sql" in reader.get("/labs/first-lab/?language=cobol").text


def test_sending_leads_to_the_attempt(reader, student):
    answer = reader.post(SEND, form())
    submission = Submission.objects.get()
    assert answer.status_code == 302
    assert answer.url == f"/attempts/{submission.public_id}/"
    assert submission.user == student
    assert submission.files == {"job.sql": "SELECT 2;"}
    assert (submission.kind, submission.state) == ("submit", "queued")


def test_sending_by_htmx_answers_with_the_polled_status(reader):
    answer = reader.post(SEND, form(), headers=HTMX)
    submission = Submission.objects.get()
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f"/attempts/{submission.public_id}/status/?place=lab" in answer.text
    assert 'hx-trigger="every 5s"' in answer.text
    assert 'id="send-key"' in answer.text
    assert value_of("draft-revision", answer) == str(draft().revision)


def test_a_double_click_is_one_submission(reader):
    body = form()
    first, second = reader.post(SEND, body), reader.post(SEND, body)
    assert first.url == second.url
    assert Submission.objects.count() == 1


def test_the_next_form_has_another_key(reader):
    keys = {value_of("send-key", reader.get("/labs/first-lab/")) for _ in range(2)}
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("changes", "status", "words"),
    [
        ({"source": ""}, 400, "Программа пуста"),
        ({"source": " \n\t"}, 400, "Программа пуста"),
        ({"source": "a\nb\x00c"}, 400, "В строке 2"),
        ({"source": "\x1bELF"}, 400, "В строке 1"),
        ({"source": "я" * 200_000}, 413, "не больше 256 КиБ"),
        ({"language": "cobol"}, 400, "Такого языка"),
        ({"kind": "regrade"}, 400, "не сказано"),
        ({"key": "abc"}, 400, "Форма повреждена"),
        ({"key": ""}, 400, "Форма повреждена"),
    ],
)
def test_bad_input_is_told_what_is_wrong(reader, changes, status, words):
    for headers in ({}, HTMX):
        answer = reader.post(SEND, form(**changes), headers=headers)
        assert answer.status_code == status
        assert words in answer.text
        assert ("<html" in answer.text) is not bool(headers)
    assert not Submission.objects.exists()


def test_bytes_that_are_not_utf8_are_told_so(reader):
    answer = reader.post(
        SEND,
        b"kind=run&language=sql&key="
        + str(uuid4()).encode()
        + b"&source=SELECT+1%3B%0A%CF%F0%E8",
        content_type="application/x-www-form-urlencoded",
    )
    assert answer.status_code == 400
    assert "Строка 2 не в UTF-8" in answer.text


def test_a_body_above_what_the_site_reads_is_413(reader):
    big = form(source="x" * (1024 * 1024 + 1))
    answer = reader.post(SEND, big)
    assert answer.status_code == 413
    assert "256 КиБ" in answer.text
    assert "<html" not in reader.post(SEND, big, headers=HTMX).text
    assert reader.post(DRAFT, big, headers=JSON).json()["code"] == "too-large"


def test_a_refused_program_stays_in_the_page(reader):
    answer = reader.post(SEND, form(source="SELECT 'kept'\x07"))
    assert "SELECT &#x27;kept&#x27;" in answer.text


def test_a_third_open_submission_is_429_with_the_draft_kept(reader):
    reader.post(SEND, form())
    reader.post(SEND, form())
    answer = reader.post(SEND, form(source="SELECT 'third'"))
    assert answer.status_code == 429
    assert "SELECT &#x27;third&#x27;" in answer.text
    assert draft().text == "SELECT 'third'"
    assert Submission.objects.count() == 2


def test_a_full_site_answers_503_with_the_draft_kept(reader, settings):
    settings.LAB_MAX_WAITING = 0
    answer = reader.post(SEND, form(source="SELECT 'later'"))
    assert answer.status_code == 503
    assert "слишком много программ: 0" in answer.text
    assert draft().text == "SELECT 'later'"
    notice = reader.post(SEND, form(), headers=HTMX)
    assert (notice.status_code, "<html" in notice.text) == (503, False)
    assert not Submission.objects.exists()


def test_used_up_attempts_are_409_and_runs_still_work(reader, student):
    make_cohort(students=[student], attempt_limit=1)
    make_submission(student, state="finished")
    answer = reader.post(SEND, form())
    assert answer.status_code == 409
    assert "Текст сохранён" in answer.text
    assert reader.post(SEND, form(kind="run")).status_code == 302


def test_a_form_of_an_older_release_is_judged_by_the_present_one(reader, catalogue):
    old = catalogue.digest
    fresh = make_release()
    answer = reader.post(SEND, form(release=old), headers=HTMX)
    assert "Курс обновился" in answer.text
    assert Submission.objects.get().release == fresh
    answer = reader.post(SEND, form(release=old, kind="run"), follow=True)
    assert "Курс обновился" in answer.text


def test_a_form_of_the_present_release_is_told_nothing(reader, catalogue):
    answer = reader.post(SEND, form(release=catalogue.digest), headers=HTMX)
    assert "Курс обновился" not in answer.text


def test_a_draft_is_saved_with_its_revision(reader):
    answer = reader.post(DRAFT, form(), headers=JSON)
    assert answer.json()["revision"] == 1
    answer = reader.post(DRAFT, form(source="SELECT 3;", revision="1"), headers=JSON)
    assert answer.json()["revision"] == 2
    assert draft().text == "SELECT 3;"


def test_a_draft_of_an_older_revision_overwrites_nothing(reader):
    reader.post(DRAFT, form(source="one"), headers=JSON)
    reader.post(DRAFT, form(source="two", revision="1"), headers=JSON)
    answer = reader.post(DRAFT, form(source="three", revision="1"), headers=JSON)
    assert answer.status_code == 409
    body = answer.json()
    assert (body["code"], body["text"]) == ("draft-conflict", "two")
    assert draft().text == "two"
    answer = reader.post(DRAFT, form(source="three", revision="1"))
    assert answer.status_code == 409
    assert ">\nthree</textarea>" in answer.text
    assert value_of("draft-revision", answer) == "2"


@pytest.mark.parametrize("revision", ["", "x", "-1", "9" * 30, "²"])
def test_a_forged_revision_is_as_none(reader, revision):
    assert reader.post(DRAFT, form(revision=revision), headers=JSON).status_code == 200


def test_a_draft_that_could_never_be_sent_is_refused(reader):
    answer = reader.post(DRAFT, form(source="a\x00"), headers=JSON)
    assert answer.status_code == 400
    assert answer.json()["code"] == "source-binary"
    assert not Draft.objects.exists()


def test_a_script_without_a_session_is_told_so(stranger):
    answer = stranger.post(DRAFT, form(), headers=JSON)
    assert answer.status_code == 401
    assert answer.json()["code"] == "session-ended"


def test_without_a_script_a_draft_is_saved_by_the_form(reader):
    answer = reader.post(DRAFT, form(), follow=True)
    assert "Черновик сохранён" in answer.text
    assert answer.redirect_chain == [("/labs/first-lab/?language=sql", 302)]


def test_reset_goes_back_to_the_starter(reader):
    reader.post(DRAFT, form())
    answer = reader.post("/labs/first-lab/reset/", form(), headers=JSON)
    assert answer.json()["text"] == "-- starter\n"
    assert draft().text == "-- starter\n"
    assert reader.post("/labs/first-lab/reset/", form()).status_code == 302
    answer = reader.post("/labs/first-lab/reset/", form(language="cobol"), headers=JSON)
    assert answer.status_code == 400


def test_a_reset_keeps_the_text_and_gives_it_back(reader):
    reader.post(DRAFT, form(source="SELECT 'mine'"))
    for _time in range(2):  # a second reset must not lose it
        reader.post("/labs/first-lab/reset/", form(), headers=JSON)
    assert "Вернуть его" in reader.get("/labs/first-lab/").text
    reader.post("/labs/first-lab/unreset/", form())
    assert draft().text == "SELECT 'mine'"
    assert draft().before_reset == "-- starter\n"


def test_the_data_of_a_lab_are_listed_with_the_ddl_of_its_starter(reader, catalogue):
    text = reader.get("/labs/first-lab/").text
    assert "<code>orders</code>" in text
    assert "<code>out.totals</code>" in text
    assert "<code>revenue</code>" in text
    lab = catalogue.lab("first-lab")
    assert lab_data(lab, "ru").ddl == ()
    starter = "-- one\nCREATE TABLE a (\n  x INT\n) WITH ('k' = 'v;w');\nSELECT 1;\n"
    lab = lab.model_copy(
        update={"starters": {Language.SQL: StarterText("job.sql", starter)}}
    )
    assert lab_data(lab, "ru").ddl == (
        "CREATE TABLE a (\n  x INT\n) WITH ('k' = 'v;w');",
    )


def test_a_page_of_a_lab_asks_the_database_a_fixed_number_of_times(
    reader, student, django_assert_max_num_queries
):
    for _ in range(12):
        make_submission(student, state="finished")
    with django_assert_max_num_queries(14):
        reader.get("/labs/first-lab/")


def test_the_first_events_of_the_public_stream_are_shown(reader, catalogue):
    StreamSample.objects.create(
        release_id=catalogue.release_id,
        lab="first-lab",
        events=[
            {
                "number": 0,
                "stage": "live",
                "topic": "shop.orders",
                "key": "1",
                "op": "c",
                "value": '{"schema": …, "payload": {"op": "c", "before": null,'
                ' "after": {"id": 7, "status": "<new>", "paid": null}}}',
            },
            {
                "number": 1,
                "stage": "live",
                "topic": "shop.orders",
                "key": "1",
                "op": None,
                "value": "not json",
            },
        ],
    )
    text = reader.get("/labs/first-lab/").text
    assert "Первые события открытых данных" in text
    assert "&lt;new&gt;" in text
    fields = re.findall(r"<td><code>(\w+)</code></td>\s*<td>([\w /]+)</td>", text)
    assert {("id", "number"), ("status", "string"), ("paid", "null")} <= set(fields)
    [names] = re.findall(r'data-names="([^"]*)"', text)
    assert {"id", "status", "paid"} <= set(names.split())


def test_a_lab_without_events_yet_says_so(reader):
    assert "Первые события появятся здесь" in reader.get("/labs/first-lab/").text
