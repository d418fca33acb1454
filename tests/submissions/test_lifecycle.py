from datetime import timedelta

import pytest
from django.db.models.functions import Now

from lab_protocol.messages import Ending, Phase, Record, RunProgress
from progress.models import Achievement
from sandbox.errors import AuthorFault
from submissions import lifecycle
from submissions.duties import hold_duty
from submissions.execution import execute
from submissions.lifecycle import LeaseLost, claim_next, hand_back, reap, renew
from submissions.models import DutyLease, Run, Submission, Verdict
from tests.factories import make_catalogue, make_release, make_submission, make_user
from tests.submissions.scripted import WRONG, ScriptedEngine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _course():
    make_catalogue()


@pytest.fixture(autouse=True)
def _no_archive(monkeypatch, tmp_path):
    monkeypatch.setattr("submissions.execution.release_tree", lambda release: tmp_path)


@pytest.fixture(autouse=True)
def _no_pause(settings):
    settings.LAB_RETRY_SECONDS = 0


def expire(lease):
    Submission.objects.filter(pk=lease.submission_id).update(
        lease_until=Now() - timedelta(seconds=1)
    )


def verdicts(submission):
    return list(submission.verdicts.values_list("result", "ending"))


def test_a_right_submit_is_passed_and_opens_the_way():
    submission = make_submission()
    execute(claim_next(worker="w"), ScriptedEngine())
    submission.refresh_from_db()
    assert submission.state == "finished"
    assert verdicts(submission) == [("passed", "completed")]
    run = submission.runs.get()
    assert run.ending == "completed"
    assert run.preparing_at <= run.running_at <= run.checking_at <= run.ended_at
    assert run.report["outputs"]["totals"]["count"] == 1
    assert set(Achievement.objects.values_list("item", flat=True)) == {
        "first-lab",
        "first",
    }


def test_a_wrong_submit_fails_with_the_row_and_opens_nothing():
    submission = make_submission()
    execute(claim_next(worker="w"), ScriptedEngine(value=WRONG))
    verdict = submission.verdicts.get()
    assert verdict.result == "failed"
    [row] = verdict.report["checks"][0]["diff"]["rows"]
    assert row["columns"] == ["revenue"]
    assert not Achievement.objects.exists()


def test_a_run_records_no_progress_even_with_right_rows():
    submission = make_submission(kind="run")
    execute(claim_next(worker="w"), ScriptedEngine())
    assert verdicts(submission) == [("none", "completed")]
    assert not Achievement.objects.exists()


def test_the_cell_is_told_nothing_it_must_not_know():
    submission = make_submission(seed=204_518_331_877)
    engine = ScriptedEngine()
    execute(claim_next(worker="w"), engine)
    [request] = engine.requests
    told = repr(request)
    assert str(submission.seed) not in told
    assert submission.user.username not in told
    assert str(submission.public_id) not in told
    assert "10.50" not in told


def test_submits_go_before_runs_and_older_before_newer():
    run = make_submission(kind="run")
    later = [make_submission() for _ in range(2)]
    order = [claim_next(worker="w").submission_id for _ in range(3)]
    assert order == [later[0].pk, later[1].pk, run.pk]
    assert claim_next(worker="w") is None


def test_one_person_has_one_under_way_at_a_time():
    user = make_user()
    first, second = make_submission(user), make_submission(user)
    lease = claim_next(worker="w")
    assert lease.submission_id == first.pk
    assert claim_next(worker="other") is None
    execute(lease, ScriptedEngine())
    assert claim_next(worker="other").submission_id == second.pk


def test_a_killed_workers_submission_gets_exactly_one_verdict():
    submission = make_submission()
    dead = claim_next(worker="dead")
    lifecycle.advance(dead, phase=Phase.RUNNING, rows_in=3)
    assert reap() == []
    expire(dead)
    assert reap() == [submission.pk]
    assert reap() == []
    execute(claim_next(worker="alive"), ScriptedEngine())
    assert verdicts(submission) == [("passed", "completed")]
    assert list(submission.runs.values_list("number", "ending", "detail")) == [
        (1, "platform_fault", "lease-expired"),
        (2, "completed", ""),
    ]


def test_a_worker_that_slept_past_its_lease_writes_nothing():
    submission = make_submission()
    slow = claim_next(worker="slow")

    def taken_meanwhile(request, watch):
        expire(slow)
        reap()
        execute(claim_next(worker="fast"), ScriptedEngine())

    execute(slow, ScriptedEngine(value=WRONG, during=taken_meanwhile))
    assert verdicts(submission) == [("passed", "completed")]
    with pytest.raises(LeaseLost):
        renew(slow)
    with pytest.raises(LeaseLost):
        hand_back(slow, detail="late")


def test_after_three_tries_it_is_the_platforms_fault_for_good():
    submission = make_submission()
    for _ in range(3):
        execute(claim_next(worker="w"), ScriptedEngine(ending=Ending.PLATFORM_FAULT))
    assert claim_next(worker="w") is None
    assert verdicts(submission) == [("none", "platform_fault")]
    assert submission.runs.filter(detail="broker_died").count() == 3


def test_an_exception_nobody_expected_is_the_platforms_fault_and_retried():
    submission = make_submission()

    def fall(request, watch):
        raise RuntimeError("boom")

    execute(claim_next(worker="w"), ScriptedEngine(during=fall))
    submission.refresh_from_db()
    assert submission.state == "queued"
    assert submission.runs.get().detail == "RuntimeError: boom"


@pytest.mark.parametrize(
    "build",
    [AuthorFault("first-lab", "error", "ZeroDivisionError"), ValueError("no oracle")],
)
def test_a_broken_lab_is_never_the_students_fault(build):
    submission = make_submission()
    execute(claim_next(worker="w"), ScriptedEngine(build=build))
    assert verdicts(submission) == [("none", "platform_fault")]


def test_cancelling_under_way_ends_in_cancelled():
    submission = make_submission()
    lease = claim_next(worker="w")

    def cancel(request, watch):
        lifecycle.request_cancel(submission=submission)
        assert renew(lease) is True
        watch.cancelled.set()

    execute(lease, ScriptedEngine(during=cancel))
    submission.refresh_from_db()
    assert submission.state == "cancelled"
    assert verdicts(submission) == [("none", "cancelled")]


def test_a_cancelled_submission_of_a_dead_worker_is_not_tried_again():
    submission = make_submission()
    lease = claim_next(worker="dead")
    lifecycle.request_cancel(submission=submission)
    expire(lease)
    reap()
    submission.refresh_from_db()
    assert submission.state == "cancelled"
    assert verdicts(submission) == [("none", "cancelled")]


def test_an_attempt_is_judged_on_the_release_it_was_sent_to():
    submission = make_submission()
    make_release()
    execute(claim_next(worker="w"), ScriptedEngine())
    assert verdicts(submission) == [("passed", "completed")]


def test_a_duty_has_one_holder_until_its_lease_runs_out(settings):
    settings.LAB_REAP_SECONDS = 5
    assert hold_duty("reap", holder="a")
    assert not hold_duty("reap", holder="b")
    assert hold_duty("reap", holder="a")
    settings.LAB_REAP_SECONDS = -1
    assert hold_duty("reap", holder="a")
    assert hold_duty("reap", holder="b")


def test_a_clock_set_back_leaves_no_duty_and_no_lease_to_the_dead(settings):
    """An hour from before the jump would be an hour in which nobody reaps."""
    settings.LAB_LEASE_SECONDS = 20
    assert hold_duty("reap", holder="dead")
    DutyLease.objects.update(until=Now() + timedelta(hours=1))
    assert hold_duty("reap", holder="living")
    assert not hold_duty("reap", holder="late")
    submission = make_submission()
    claim_next(worker="w")
    assert reap() == []
    Submission.objects.update(lease_until=Now() + timedelta(hours=1))
    assert reap() == [submission.pk]


def test_nothing_is_left_half_way():
    """Whatever ended above: a final row has its verdict, an open one has none."""
    make_submission()
    execute(claim_next(worker="w"), ScriptedEngine())
    final = Submission.objects.filter(state__in=Submission.FINAL_STATES)
    assert Verdict.objects.count() == final.count() == 1
    assert not Run.objects.filter(ended_at=None).exists()


def test_a_search_whose_lease_is_lost_writes_nothing_more():
    original = make_submission(state="finished")
    search = make_submission(original.user, kind="shrink", original=original)
    lease = claim_next(worker="slow")
    lifecycle.save_progress(lease, progress={"runs": 1})
    expire(lease)
    assert reap() == [search.pk]
    with pytest.raises(LeaseLost):
        lifecycle.save_progress(lease, progress={"runs": 2})
    with pytest.raises(LeaseLost):
        lifecycle.give_way(lease)
    search.refresh_from_db()
    assert (search.state, search.tries) == ("queued", 1)
    assert search.progress == {"runs": 1}


def test_giving_way_costs_no_try_and_keeps_the_place_in_the_lane():
    original = make_submission(state="finished")
    search = make_submission(original.user, kind="shrink", original=original)
    for _ in range(5):
        lease = claim_next(worker="w")
        assert lease.submission_id == search.pk
        lifecycle.give_way(lease)
    search.refresh_from_db()
    assert (search.state, search.tries, search.lease_token) == ("queued", 0, None)
    assert not search.verdicts.exists()
    assert set(search.runs.values_list("ending", "detail")) == {
        ("cancelled", lifecycle.GAVE_WAY)
    }


def test_the_latest_rows_are_told_while_it_runs_and_gone_with_the_verdict():
    submission = make_submission()
    told = []

    def tell(request, watch):
        for number in range(1, 11):
            value = b'{"status": "paid", "revenue": %d}' % number
            record = Record(0, number, 0, None, value, 1)
            watch.progress(
                RunProgress(
                    request.run_id,
                    Phase.CHECKING if number == 10 else Phase.RUNNING,
                    rows_out=number,
                    records={"out.totals": (record,)},
                )
            )
        submission.refresh_from_db()
        told.append(submission.rows_so_far)

    execute(claim_next(worker="w"), ScriptedEngine(during=tell))
    output = told[0]["totals"]
    assert output["count"] == 10
    assert [row["values"]["revenue"] for row in output["rows"]] == [
        str(number) for number in range(3, 11)
    ]
    assert output["kinds"] == {row["op"]: 10 for row in output["rows"]}
    submission.refresh_from_db()
    assert submission.rows_so_far == {}


def test_a_second_try_begins_without_the_rows_of_the_first():
    submission = make_submission()
    lease = claim_next(worker="w")
    rows = {"totals": {"count": 1}}
    lifecycle.advance(lease, phase=Phase.RUNNING, rows_so_far=rows)
    lifecycle.advance(lease, phase=Phase.CHECKING)
    submission.refresh_from_db()
    assert submission.rows_so_far == rows
    hand_back(lease, detail="box-lost")
    assert claim_next(worker="w")
    submission.refresh_from_db()
    assert submission.rows_so_far == {}
