"""A worker's duties and what it claims, on an engine that plays its outcomes."""

import errno

import pytest
from django.db import OperationalError

from submissions import alerts
from submissions import engine as engine_module
from submissions import worker as module
from submissions.alerts import AlertCode, raise_alert, recover
from submissions.models import Alert, Submission, WorkerSign
from submissions.version import code_version
from submissions.worker import Worker
from tests.factories import make_catalogue, make_submission, make_user
from tests.submissions.scripted import ScriptedEngine

pytestmark = pytest.mark.django_db(transaction=True)


class ReadyEngine(ScriptedEngine):
    is_ready = True
    is_closed = False
    detail = ""
    warm_slots = 1
    health = ()

    def start(self):
        pass

    def renew(self):
        pass

    def expect(self, waiting):
        pass


@pytest.fixture(autouse=True)
def _course(monkeypatch, tmp_path, settings):
    make_catalogue()
    settings.LAB_VAR_DIR = tmp_path
    settings.LAB_SLOTS = 2
    monkeypatch.setattr("submissions.execution.release_tree", lambda release: tmp_path)
    monkeypatch.setattr(module, "wake_workers", lambda: None)


@pytest.fixture
def worker():
    worker = Worker()
    worker.engine = ReadyEngine()
    return worker


def states():
    return list(Submission.objects.order_by("pk").values_list("state", flat=True))


def test_a_worker_serves_until_nothing_waits(worker):
    for _ in range(3):
        make_submission()
    worker.serve()
    assert states() == ["finished"] * 3


def test_a_worker_that_is_not_ready_claims_nothing(worker):
    worker.engine.is_ready = False
    make_submission()
    worker.serve()
    assert states() == ["queued"]


def test_a_draining_worker_ends_its_run_and_claims_nothing_more(worker):
    for _ in range(2):
        make_submission()
    worker.engine.during = lambda request, watch: worker.stop_claiming()
    worker.serve()
    assert states() == ["finished", "queued"]
    worker._sign_draining()
    sign = WorkerSign.objects.get()
    assert (sign.ready, sign.draining) == (False, True)


def test_of_two_slots_one_stays_free_for_submits(worker):
    runs = [make_submission(kind="run") for _ in range(2)]
    taken = []

    def meanwhile(request, watch):
        if len(taken) == 0:
            taken.append("run")
            # A second thread of this worker: the other run must wait, a submit not.
            worker.serve()
            assert Submission.objects.get(pk=runs[1].pk).state == "queued"
            make_submission()
            worker.serve()
            assert states() == ["running", "queued", "finished"]

    worker.engine.during = meanwhile
    worker.serve()
    assert states() == ["finished"] * 3


def test_the_sign_says_what_a_health_page_asks(worker):
    submission = make_submission(kind="run")
    seen = {}

    def sign(request, watch):
        worker._sign()
        seen.update(WorkerSign.objects.values().get())

    worker.engine.during = sign
    worker.serve()
    assert seen["current"] == [
        {"submission": str(submission.public_id), "kind": "run", "lab": "first-lab"}
    ]
    assert seen["version"] == code_version()
    assert seen["memory"]["worker"] > 10_000_000
    assert seen["memory"]["host_total"] >= seen["memory"]["host_available"]
    assert (seen["ready"], seen["slots"], seen["warm_slots"]) == (True, 2, 1)
    worker._sign()
    assert WorkerSign.objects.get().current == []


def test_after_a_database_outage_leases_get_time_to_be_renewed(
    worker, settings, monkeypatch
):
    """All leases have run out then, and none of their workers is to blame."""
    settings.LAB_LEASE_SECONDS = 3600
    settings.LAB_REAP_SECONDS = 0
    rounds = []

    def a_round(number):
        rounds.append(number)
        if number == 1:
            raise OperationalError("gone")

    real = Worker._do_round

    def do_round(self):
        a_round(len(rounds) + 1)
        if len(rounds) == 3:
            self._stopping.set()
        real(self)

    monkeypatch.setattr(Worker, "_do_round", do_round)
    reaped = []
    monkeypatch.setattr(module.lifecycle, "reap", lambda: reaped.append(1) or [])
    worker._do_duties()
    assert rounds == [1, 2, 3]
    assert reaped == []


def test_without_an_outage_the_duty_is_done(worker, monkeypatch):
    reaped = []
    monkeypatch.setattr(module.lifecycle, "reap", lambda: reaped.append(1) or [])
    worker._do_round()
    assert reaped == [1]


def test_a_closed_engine_is_an_alert_until_it_opens(worker):
    worker.engine.is_ready, worker.engine.is_closed = False, True
    worker.engine.detail = "jail_leaks: the jail does not hold"
    worker._do_round()
    worker._do_round()
    alert = Alert.objects.get()
    assert (alert.code, alert.count, alert.cleared_at) == ("engine-closed", 1, None)
    assert "jail does not hold" in alert.detail
    worker.engine.is_ready, worker.engine.is_closed = True, False
    worker._do_round()
    alert.refresh_from_db()
    assert alert.cleared_at is not None
    assert alert.cleared_by is None


def test_an_engine_that_the_system_refuses_closes_and_says_so(monkeypatch):
    def full(runtime):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(engine_module, "load_image", full)
    engine = engine_module.CellEngine()
    engine.start()
    assert engine.is_closed
    assert engine.detail == "engine_start: [Errno 28] No space left on device"


def test_an_alert_stands_once_and_again_after_it_was_cleared():
    admin = make_user(is_staff=True)
    for _ in range(2):
        raise_alert(AlertCode.PLATFORM_FAULT, subject="first-lab", detail="x" * 500)
    alert = Alert.objects.get()
    assert alert.count == 2
    alerts.clear(alert=alert, by=admin)
    raise_alert(AlertCode.PLATFORM_FAULT, subject="first-lab", detail="again")
    assert Alert.objects.count() == 2
    recover((AlertCode.PLATFORM_FAULT,), subject="first-lab")
    assert not Alert.objects.filter(cleared_at=None).exists()
    alert.refresh_from_db()
    assert alert.cleared_by == admin


def test_a_completed_run_of_a_lab_clears_its_alerts(worker):
    raise_alert(AlertCode.CONTROL_FAILED, subject="first-lab", detail="d")
    raise_alert(AlertCode.CONTROL_FAILED, subject="second-lab", detail="d")
    make_submission()
    worker.serve()
    standing = Alert.objects.filter(cleared_at=None)
    assert [alert.subject for alert in standing] == ["second-lab"]
