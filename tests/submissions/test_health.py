"""What staff read of the engine's state."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from lab_protocol.messages import Ending, Phase
from submissions import health, lifecycle
from submissions.alerts import AlertCode, raise_alert
from submissions.execution import execute
from submissions.lifecycle import claim_next
from submissions.models import Alert, Run, Submission, WorkerSign
from submissions.regrade import regrade
from submissions.selectors import current_verdict
from submissions.turns import Lane
from tests.factories import make_catalogue, make_submission, make_user
from tests.submissions.scripted import WRONG, ScriptedEngine

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _site(monkeypatch, tmp_path, settings):
    make_catalogue()
    settings.LAB_RETRY_SECONDS = 0
    monkeypatch.setattr("submissions.execution.release_tree", lambda release: tmp_path)
    monkeypatch.setattr("submissions.regrade.wake_workers", lambda: None)


def aged(submission, **ago):
    Submission.objects.filter(pk=submission.pk).update(
        created_at=Now() - timedelta(**ago)
    )
    return submission


def ready_worker():
    WorkerSign.objects.create(name="w", seen_at=timezone.now(), ready=True, slots=1)


def test_each_lane_tells_its_depth_and_oldest():
    aged(make_submission(), minutes=5)
    claim_next(worker="w")
    aged(make_submission(kind="run"), seconds=90)
    make_submission(kind="run")
    submit, run, background = health.lanes()
    assert (submit.lane, submit.waiting, submit.under_way) == (Lane.SUBMIT, 0, 1)
    assert submit.oldest_seconds is None
    assert (run.waiting, run.under_way) == (2, 0)
    assert 89 <= run.oldest_seconds <= 95
    assert (background.waiting, background.oldest_seconds) == (0, None)


def test_endings_are_counted_by_class_and_demo_data_is_not():
    first = make_submission()
    execute(claim_next(worker="w"), ScriptedEngine(value=WRONG))
    make_submission()
    execute(claim_next(worker="w"), ScriptedEngine(ending=Ending.TIME_LIMIT))
    make_submission(is_demo=True)
    execute(claim_next(worker="w"), ScriptedEngine())
    first.refresh_from_db()
    regrade(submission=first)
    execute(claim_next(worker="w"), ScriptedEngine())
    assert first.verdicts.count() == 2
    assert health.endings() == {"completed": 2, "time_limit": 1}
    assert health.endings(hours=0) == {}


def test_what_does_not_move_is_named():
    held = make_submission()
    claim_next(worker="gone")
    Submission.objects.filter(pk=held.pk).update(
        lease_until=Now() - timedelta(minutes=5)
    )
    waiting = aged(make_submission(), minutes=11)
    assert [(s.submission, s.why) for s in health.stuck()] == [
        (held, "lease-forgotten")
    ]
    # Nobody is ready: it waits for a worker, and the page says that already.
    ready_worker()
    assert [s.submission for s in health.stuck()] == [held, waiting]
    original = make_submission(state="finished", finished_at=Now())
    aged(regrade(submission=original), hours=3)
    assert len(health.stuck()) == 2


def test_a_run_tells_its_six_moments():
    submission = aged(make_submission(), seconds=10)
    lease = claim_next(worker="w")
    lifecycle.advance(lease, phase=Phase.PREPARING)
    lifecycle.advance(lease, phase=Phase.RUNNING)
    [times] = health.run_times()
    assert times.sent < times.leased <= times.preparing <= times.running
    assert (times.checking, times.ended) == (None, None)
    seconds = times.seconds()
    assert seconds["leased"] >= 9.9
    assert seconds["ended"] is None
    assert times.run.submission_id == submission.pk


def test_a_moment_that_was_skipped_leaves_the_next_stretch_whole():
    make_submission()
    claim_next(worker="w")
    run = Run.objects.get()
    run.ended_at = run.leased_at + timedelta(seconds=3)
    run.save()
    assert health.run_times()[0].seconds() == {
        "leased": pytest.approx(0, abs=1),
        "preparing": None,
        "running": None,
        "checking": None,
        "ended": 3.0,
    }


def test_alerts_stand_until_they_are_cleared_in_the_admin():
    submission = make_submission()
    raise_alert(
        AlertCode.POISON, subject="s", detail="lease-expired", submission=submission
    )
    [alert] = health.standing_alerts()
    admin = make_user(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(admin)
    page = client.get("/admin/submissions/alert/")
    assert "poison-submission" in page.text
    client.post(
        "/admin/submissions/alert/",
        {"action": "clear_chosen", "_selected_action": [alert.pk]},
    )
    assert health.standing_alerts() == []
    assert Alert.objects.get().cleared_by == admin


def test_a_lower_verdict_is_accepted_in_the_admin():
    submission = make_submission()
    execute(claim_next(worker="w"), ScriptedEngine())
    submission.refresh_from_db()
    regrade(submission=submission)
    execute(claim_next(worker="w"), ScriptedEngine(value=WRONG))
    raise_alert(AlertCode.POISON, subject="s", detail="d")
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    chosen = list(Alert.objects.values_list("pk", flat=True))
    page = client.post(
        "/admin/submissions/alert/",
        {"action": "accept_chosen", "_selected_action": chosen},
        follow=True,
    )
    assert "Показана 1 оценка." in page.text
    submission.refresh_from_db()
    assert current_verdict(submission).result == "failed"
    assert [alert.code for alert in health.standing_alerts()] == ["poison-submission"]


@pytest.mark.parametrize("model", ["run", "workersign", "submission"])
def test_the_admin_shows_its_lists(model):
    submission = make_submission()
    execute(claim_next(worker="w"), ScriptedEngine())
    ready_worker()
    client = Client()
    client.force_login(make_user(is_staff=True, is_superuser=True))
    assert client.get(f"/admin/submissions/{model}/").status_code == 200
    page = client.get(f"/admin/submissions/submission/{submission.pk}/change/")
    assert page.status_code == 200
