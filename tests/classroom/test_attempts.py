"""An attempt while it is under way, and what its result shows."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from grading.report import rows_so_far
from lab_protocol.messages import Phase, Record
from submissions import lifecycle
from submissions.models import Draft, Submission, WorkerSign
from submissions.selectors import last_run
from tests.classroom.conftest import HTMX
from tests.e2e.world import RIGHT, build_world, complete, sign_worker
from tests.factories import lab_spec, make_release, make_submission

STOP = 286


@pytest.fixture
def world(db):
    return build_world()


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def status(reader, submission, **query):
    return reader.get(f"/attempts/{submission.public_id}/status/", query, headers=HTMX)


def test_without_htmx_the_status_is_the_page(reader, student):
    submission = make_submission(student)
    answer = reader.get(f"/attempts/{submission.public_id}/status/")
    assert answer.url == f"/attempts/{submission.public_id}/"


def test_a_waiting_attempt_says_its_place_and_polls(reader, student):
    sign_worker()
    make_submission()
    make_submission()
    submission = make_submission(student)
    answer = status(reader, submission)
    assert answer.status_code == 200
    assert "перед вами 2 программы" in words(answer.text)
    assert 'hx-trigger="every 1s"' in answer.text
    assert "Исполнитель не отвечает" not in answer.text
    # Never measured here: by the lab's limit of 30 s, three after one another.
    assert "Результат примерно в течение 2 мин. Работает 1 окружение." in words(
        answer.text
    )


def test_each_state_has_its_words_and_is_announced_once(reader, student):
    submission = make_submission(student)
    lease = lifecycle.claim_next(worker="w")
    for phase, sentence in (
        (Phase.PREPARING, "Готовится окружение"),
        (Phase.RUNNING, "Программа выполняется"),
        (Phase.CHECKING, "Результат проверяется"),
    ):
        lifecycle.advance(lease, phase=phase, rows_in=7, rows_out=3)
        first = status(reader, submission, seen="queued").text
        assert sentence in first
        assert 'id="announcer"' in first
        assert "строк на входе: 7, на выходе: 3" in words(first)
        assert 'id="announcer"' not in status(reader, submission, seen=phase.value).text


def test_rows_are_shown_while_the_program_runs(reader, student):
    submission = make_submission(student)
    lease = lifecycle.claim_next(worker="w")
    record = Record(0, 0, 0, None, b'{"status": "<b>", "revenue": 3}', 1)
    rows = rows_so_far({"out.totals": [record] * 9}, lab_spec(), latest=8)
    lifecycle.advance(lease, phase=Phase.RUNNING, rows_so_far=rows)
    shown = status(reader, submission).text
    assert "9 строк на данный момент, последние:" in words(shown)
    assert shown.count("&lt;b&gt;") == 8
    assert "не показан" not in words(shown)
    lifecycle.advance(lease, phase=Phase.CHECKING)
    assert status(reader, submission).text.count("&lt;b&gt;") == 8


def test_silent_workers_are_named(reader, student):
    submission = make_submission(student)
    WorkerSign.objects.create(
        name="old", ready=True, seen_at=timezone.now() - timedelta(minutes=5)
    )
    silent = status(reader, submission).text
    assert "Исполнитель не отвечает" in silent
    assert "Результат примерно" not in silent
    sign_worker()
    assert "Исполнитель не отвечает" not in status(reader, submission).text


def test_cancelling_a_waiting_attempt_ends_it(reader, student):
    submission = make_submission(student)
    answer = reader.post(f"/attempts/{submission.public_id}/cancel/", headers=HTMX)
    assert answer.status_code == STOP
    assert "Отменено." in answer.text
    submission.refresh_from_db()
    assert submission.state == "cancelled"
    assert reader.post(f"/attempts/{submission.public_id}/cancel/").status_code == 302


def test_cancelling_a_running_attempt_asks_its_worker(reader, student):
    submission = make_submission(student)
    lifecycle.claim_next(worker="w")
    answer = reader.post(f"/attempts/{submission.public_id}/cancel/", headers=HTMX)
    assert answer.status_code == 200
    assert "Останавливается" in answer.text
    submission.refresh_from_db()
    assert submission.cancel_requested_at is not None


def test_the_last_poll_brings_the_result_and_what_is_next(world):
    reader = client_of(world.fresh)
    submission = make_submission(world.fresh, lab="status-totals")
    complete(submission, RIGHT)
    answer = status(reader, submission, place="lab", seen="running")
    assert answer.status_code == STOP
    assert 'hx-trigger="every' not in answer.text
    assert "Сдано: все проверки пройдены." in answer.text
    assert 'id="attempt-list" hx-swap-oob' in answer.text
    assert "Урок «Источник CDC» завершён." in words(answer.text)
    assert "/lessons/how-to-read/" in answer.text


def test_a_failed_attempt_shows_rows_cells_and_events(world):
    reader = client_of(world.ana)
    text = reader.get(f"/attempts/{world.submissions['failed'].public_id}/").text
    seen = words(text)
    assert "Пока не сдано: строки отличаются от ожидаемых." in seen
    assert "не хватает: 1, лишних: 1, отличаются: 1" in seen
    assert "у вас 34.5 ожидалось 22.50" in seen
    events = f"/attempts/{world.submissions['failed'].public_id}/run/events/"
    assert f'href="{events}#event-0"' in text
    assert f'hx-get="{events}?event=0"' in text
    assert "/lessons/cdc-source/#envelope" in text
    whole = reader.get(events).text
    assert 'id="event-0"' in whole
    assert '<span class="op-chip">d</span>' in whole
    assert "row-kind-delete" in whole
    assert whole.count('<li id="event-') > 1
    one = reader.get(f"{events}?event=0", headers=HTMX).text
    assert one.count('<li id="event-') == 1
    assert 'id="event-0"' in one
    for unknown in ("99", "-1", "x", "²", "9" * 4500):
        assert reader.get(f"{events}?event={unknown}").text.count("<li id=") > 1


def test_what_a_program_wrote_is_never_markup(world):
    reader = client_of(world.ana)
    text = reader.get(f"/attempts/{world.submissions['failed'].public_id}/").text
    assert "&lt;b&gt;sent&lt;/b&gt;" in text
    assert "<b>sent</b>" not in text


def test_the_key_columns_come_first(world):
    reader = client_of(world.ana)
    text = reader.get(f"/attempts/{world.submissions['failed'].public_id}/").text
    head = words(text.split("<thead>")[1].split("</thead>")[0]).split()
    assert head == ["Строка", "status", "revenue", "orders", "last_change", "События"]


def test_a_known_mistake_is_named_with_its_paragraph(world):
    reader = client_of(world.graduate)
    text = reader.get(f"/attempts/{world.submissions['mistake'].public_id}/").text
    assert "Удаления не вычтены" in text
    assert "не замечает удалений" in text
    assert "/lessons/cdc-source/#kinds" in text


def test_a_known_mistake_shows_its_first_event_and_both_states(world):
    reader = client_of(world.graduate)
    text = reader.get(f"/attempts/{world.submissions['mistake'].public_id}/").text
    seen = words(text)
    assert "С чего началось: событие 1" in seen
    assert 'id="first-event-1"' in text
    assert "12.00" in seen.split("С чего началось")[1]


def test_the_verdict_says_after_which_stage_rows_were_first_wrong(world):
    reader = client_of(world.graduate)
    text = reader.get(f"/attempts/{world.submissions['mistake'].public_id}/").text
    assert "Пока не сдано: впервые неверно после этапа 1 из 1, «изменения»." in words(
        text
    )


def test_an_error_shows_the_own_line_and_plain_words(world):
    reader = client_of(world.ana)
    text = reader.get(f"/attempts/{world.submissions['error'].public_id}/").text
    assert 'data-error-line="15"' in text
    assert "job.sql, строка 15" in words(text)
    assert 'data-error-code="sql-' in text
    assert "не проверялось" in text
    assert "Traceback" in text


@pytest.mark.parametrize(
    ("name", "detail", "code"),
    [
        ("time", "wall", "end-time-over"),
        ("failed", "no_job", "end-no-job"),
        ("time", "", None),
        ("passed", "no_job", None),
        ("time", "never heard of", None),
    ],
)
def test_an_ending_without_an_error_is_explained_too(world, name, detail, code):
    submission = world.submissions[name]
    run = last_run(submission)
    run.report = {**run.report, "error": None, "detail": detail}
    run.save()
    text = client_of(submission.user).get(f"/attempts/{submission.public_id}/").text
    assert (f'data-error-code="{code}"' in text) is bool(code)
    assert "Traceback" not in text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("time", "Время вышло раньше"),
        ("fault", "Сбой платформы: ваша программа ни при чём."),
        ("run", "Пробный запуск не оценивается."),
        ("passed", "Сдано: все проверки пройдены."),
    ],
)
def test_each_ending_has_its_own_sentence(world, name, sentence):
    submission = world.submissions[name]
    text = client_of(submission.user).get(f"/attempts/{submission.public_id}/").text
    assert sentence in text


def test_a_run_shows_its_rows_as_a_changelog(world):
    submission = world.submissions["run"]
    text = client_of(world.ana).get(f"/attempts/{submission.public_id}/").text
    # Its rows, and above them how many there are of the kind.
    assert text.count("row-kind-insert") == 3 + 1
    assert text.count("row-kind-update-after") == 1 + 1
    log = client_of(world.ana).get(f"/attempts/{submission.public_id}/run/stderr/")
    assert "в квадратных скобках" in log.text


def test_an_old_program_comes_back_to_the_editor(world):
    submission = world.submissions["failed"]
    reader = client_of(world.ana)
    answer = reader.post(f"/attempts/{submission.public_id}/restore/")
    assert answer.url == "/labs/status-totals/?language=sql"
    assert Draft.objects.get().text == submission.files["job.sql"]


def test_an_attempt_outlives_its_lab(world):
    """A later release may drop the lab; what was done stays readable."""
    make_release()
    submission = world.submissions["failed"]
    reader = client_of(world.ana)
    answer = reader.get(f"/attempts/{submission.public_id}/")
    assert answer.status_code == 200
    assert "Итоги по статусам верны" in answer.text
    assert reader.get("/").status_code == 200
    answer = reader.post(f"/attempts/{submission.public_id}/restore/")
    assert answer.status_code == 404


def test_the_history_lists_submits_only(world):
    text = client_of(world.ana).get("/labs/status-totals/attempts/").text
    numbers = re.findall(r'aria-label="Попытка (\d+)"', text)
    assert numbers == ["4", "3", "2", "1"]
    assert Submission.objects.filter(user=world.ana).count() == 5


def test_the_page_is_in_the_language_of_the_profile(world):
    world.ana.language = "en"
    world.ana.save()
    submission = world.submissions["failed"]
    text = client_of(world.ana).get(f"/attempts/{submission.public_id}/").text
    assert "Not passed yet: the rows differ" in text
    assert "Totals by status are right" in text
    assert 'lang="en"' in text


def test_no_page_has_an_id_twice(world):
    """The fragments carry an announcer of their own; a page has one already."""
    make_submission(world.ana, lab="status-totals")
    reader = client_of(world.ana)
    waiting = Submission.objects.filter(user=world.ana, state="queued").get()
    for url in (
        "/",
        "/labs/status-totals/",
        "/lessons/cdc-source/",
        f"/attempts/{waiting.public_id}/",
        f"/attempts/{world.submissions['failed'].public_id}/",
    ):
        ids = re.findall(r'\sid="([^"]+)"', reader.get(url).text)
        assert sorted(ids) == sorted(set(ids)), url


def test_a_passed_lab_leads_on_when_one_comes_back(world):
    Submission.objects.filter(pk=world.submissions["passed"].pk).update(
        created_at=timezone.now()
    )
    text = client_of(world.graduate).get("/labs/status-totals/").text
    assert "Что дальше" in text
