"""The search for the smallest failing stream on the page of a failed attempt."""

import re

import pytest

from lab_protocol.messages import Ending
from submissions import lifecycle
from submissions.lifecycle import FinalWord, claim_next
from submissions.models import Submission
from submissions.smallest import ask_for_smallest
from tests.classroom.conftest import HTMX
from tests.factories import make_submission, make_user

ACTIONS = ["smallest/", "smallest/cancel/"]
BUTTON = "Найти наименьший поток с этой ошибкой"
STOP = 286
FAILED = {
    "version": 2,
    "summary": {"code": "rows-differ", "params": {"passed": 0, "checks": 1}},
    "first_wrong": None,
    "misconception": None,
    "divergence": None,
    "checks": [
        {
            "id": "totals-right",
            "output": "totals",
            "passed": False,
            "points": 0,
            "max_points": 10,
            "code": "rows-differ",
            "params": {"rows": 0, "samples": [], "missing": 1},
            "first_wrong": None,
            "diff": None,
        }
    ],
    "events": {},
}
EVENT = {
    "number": 13,
    "stage": "live",
    "topic": "orders",
    "key": "13",
    "value": "…",
    "op": "c",
    "before": None,
    "after": '{"status": "<b>sent</b>"}',
}
PART = {
    "check": "totals-right",
    "check_code": "rows-differ",
    "check_rows": 0,
    "output": "totals",
    "columns": ["status", "revenue"],
    "key": ["status"],
    "left": 1,
    "events": [EVENT],
    "diff": None,
    "expected_count": 1,
    "actual_count": 43,
    "closing_rows": 2,
    "expected": [{"status": "<b>sent</b>", "revenue": "10.50"}],
    "actual": [{"status": "paid", "revenue": None}] * 40,
}


def found(**changes):
    return {
        "version": 2,
        "summary": {"code": "smallest-found", "params": {}},
        "misconception": None,
        "total": 300,
        "runs": 11,
        "is_minimal": True,
        "part": PART,
    } | changes


def end(report, *, result="none", ending=Ending.COMPLETED):
    word = FinalWord(result, ending, 0, 10 if result == "failed" else 0, report)
    lifecycle.finish(claim_next(worker="w"), word=word, run_report={}, catalogue=None)


@pytest.fixture
def attempt(reader, student):
    attempt = make_submission(student)
    end(FAILED, result="failed")
    attempt.refresh_from_db()
    return attempt


@pytest.fixture
def search(attempt, student):
    return ask_for_smallest(user=student, attempt=attempt)


def words(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def page(reader, attempt, language=""):
    headers = {"Accept-Language": language} if language else {}
    return reader.get(f"/attempts/{attempt.public_id}/", headers=headers).text


def status(reader, attempt):
    return reader.get(f"/attempts/{attempt.public_id}/smallest/status/", headers=HTMX)


def test_a_failed_attempt_offers_the_search_once(reader, attempt):
    assert page(reader, attempt).count(BUTTON) == 1
    assert "htmx" in page(reader, attempt)
    answer = reader.post(f"/attempts/{attempt.public_id}/smallest/", headers=HTMX)
    assert answer.status_code == 200
    assert BUTTON not in answer.text
    assert 'hx-trigger="every 2s"' in answer.text
    search = Submission.objects.get(kind="shrink")
    assert search.original == attempt


def test_without_script_the_page_is_the_answer(reader, attempt):
    answer = reader.post(f"/attempts/{attempt.public_id}/smallest/")
    assert answer.url == f"/attempts/{attempt.public_id}/#smallest"
    assert "Поиск ждёт свободного окружения." in page(reader, attempt)
    again = reader.get(f"/attempts/{attempt.public_id}/smallest/status/")
    assert again.url == f"/attempts/{attempt.public_id}/#smallest"
    stopped = reader.post(f"/attempts/{attempt.public_id}/smallest/cancel/")
    assert stopped.url == f"/attempts/{attempt.public_id}/#smallest"
    assert "Поиск остановлен." in page(reader, attempt)
    assert BUTTON in page(reader, attempt)


@pytest.mark.parametrize(
    ("left", "runs", "sentence"),
    [
        (1, 21, "Осталось 1 событие из 300, 21 запуск."),
        (3, 4, "Осталось 3 события из 300, 4 запуска."),
        (75, 5, "Осталось 75 событий из 300, 5 запусков."),
    ],
)
def test_a_search_under_way_says_how_many_events_are_left(
    reader, attempt, search, left, runs, sentence
):
    lease = claim_next(worker="w")
    lifecycle.save_progress(lease, progress={"runs": runs, "left": left, "total": 300})
    answer = status(reader, attempt)
    assert answer.status_code == 200
    assert sentence in words(answer.text)
    assert "каждый раз на меньшем числе событий" in answer.text
    assert 'id="announcer"' not in answer.text


@pytest.mark.parametrize(
    ("ahead", "sentence"),
    [
        (1, "Поиск ждёт: впереди 1 программа."),
        (2, "Поиск ждёт: впереди 2 программы."),
        (5, "Поиск ждёт: впереди 5 программ."),
    ],
)
def test_a_waiting_search_says_who_is_ahead(reader, attempt, search, ahead, sentence):
    from tests.e2e.world import sign_worker

    sign_worker()
    for _ in range(ahead):
        make_submission()
    assert sentence in words(status(reader, attempt).text)


def test_the_answer_shows_events_and_both_sides_and_escapes_them(
    reader, attempt, search
):
    end(found())
    answer = status(reader, attempt)
    text = words(answer.text)
    assert answer.status_code == STOP
    assert 'id="announcer"' in answer.text
    assert "Чтобы увидеть ошибку, хватает 1 события из 300." in text
    assert "Без любого из них ошибка не проявляется." in text
    assert "Проверка «Итоги верны», выход «Итоги» на этом потоке:" in text
    assert "<b>sent</b>" not in answer.text
    assert "&lt;b&gt;sent&lt;/b&gt;" in answer.text
    assert '<span class="op-chip"' in answer.text
    assert "Ожидалось" in text
    assert "Ещё 3 строки не показаны." in text
    assert "Ещё 2 строки вашей программы опущены" in text
    assert "hx-trigger" not in answer.text
    assert BUTTON not in answer.text
    assert BUTTON not in page(reader, attempt)


def test_the_answer_in_english(reader, attempt, search, student):
    end(found(is_minimal=False, part=PART | {"left": 2}))
    student.language = "en"
    student.save()
    text = words(page(reader, attempt))
    assert "2 events of 300 are enough to show the mistake." in text
    assert "The search ended at its limit: fewer may be enough." in text
    assert "Events of the smallest stream" in page(reader, attempt)


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("smallest-not-shown", "На открытом потоке, том же, что у пробных запусков"),
        ("smallest-unproven", "Не нашлось малого потока"),
    ],
)
def test_an_answer_without_a_part_says_why(reader, attempt, search, code, sentence):
    end(found(summary={"code": code, "params": {}}, part=None))
    assert sentence in status(reader, attempt).text
    assert BUTTON not in page(reader, attempt)


def test_after_a_fault_of_the_platform_it_can_be_asked_again(
    reader, attempt, search, settings
):
    lifecycle.hand_back(claim_next(worker="w"), detail="broker_died", max_tries=0)
    answer = status(reader, attempt)
    assert "Поиск прервала неполадка платформы." in answer.text
    assert BUTTON in answer.text


def test_a_second_search_of_a_person_is_refused_with_a_reason(
    reader, attempt, search, student
):
    other = make_submission(student)
    end(FAILED, result="failed")
    url = f"/attempts/{other.public_id}/smallest/"
    answer = reader.post(url, headers=HTMX)
    assert "У вас уже идёт другой поиск." in answer.text
    followed = reader.post(url, follow=True)
    assert "У вас уже идёт другой поиск." in followed.text


@pytest.mark.parametrize("result", ["passed", "none"])
def test_other_attempts_offer_nothing(reader, student, result, catalogue):
    other = make_submission(student)
    word = FinalWord(result, Ending.COMPLETED, 0, 0, FAILED)
    lifecycle.finish(
        claim_next(worker="w"), word=word, run_report={}, catalogue=catalogue
    )
    assert BUTTON not in page(reader, other)
    assert 'id="smallest"' not in page(reader, other)


def test_the_search_itself_has_no_page(reader, search):
    assert reader.get(f"/attempts/{search.public_id}/").status_code == 404
    assert reader.post(f"/attempts/{search.public_id}/cancel/").status_code == 404


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
@pytest.mark.parametrize("action", ACTIONS)
def test_only_the_own_attempt_is_searched(reader, stranger, action, headers):
    other = make_submission(make_user())
    end(FAILED, result="failed")
    url = f"/attempts/{other.public_id}/{action}"
    assert reader.post(url, headers=headers).status_code == 404
    assert stranger.post(url, headers=headers).status_code == 401
    assert reader.get(url, headers=headers).status_code == 405
    assert not Submission.objects.filter(kind="shrink").exists()


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_only_the_own_search_is_seen(reader, stranger, headers):
    other = make_submission(make_user())
    url = f"/attempts/{other.public_id}/smallest/status/"
    assert reader.get(url, headers=headers).status_code == 404
    assert stranger.get(url, headers=headers).status_code == (401 if headers else 302)
    assert reader.post(url, headers=headers).status_code == 405


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])
def test_a_locked_lab_is_not_searched(reader, attempt, headers):
    Submission.objects.filter(pk=attempt.pk).update(lab="second-lab")
    url = f"/attempts/{attempt.public_id}/smallest/"
    assert reader.post(url, headers=headers).status_code == 403
    assert not Submission.objects.filter(kind="shrink").exists()
