"""Real worker processes on a real engine: killed, stopped, met by a queue."""

import os
import signal
import time
from pathlib import Path

import pytest

from sandbox.cell.process_table import descendants
from tests.faults.database import Database
from tests.site import ROOT, Site, running_site, wait_until

pytestmark = [pytest.mark.flink, pytest.mark.process]

SEND = """
import json, uuid
from pathlib import Path
from accounts.models import User
from submissions.services import send_in
from tests.factories import let_into
user, _ = User.objects.get_or_create(username="{name}")
let_into(user, "pyflink-cdc-connector")
sent = send_in(user=user, lab_id="cdc-source", kind="submit", language="sql",
               source=Path(r"{path}").read_text("utf-8"), idempotency_key=uuid.uuid4())
print(json.dumps(str(sent.public_id)))
"""
STATE = """
import json
from submissions.models import Submission
s = Submission.objects.get(public_id="{id}")
print(json.dumps({{"state": s.state, "tries": s.tries,
    "verdicts": list(s.verdicts.values_list("result", "ending")),
    "runs": list(s.runs.values_list("ending", "detail"))}}))
"""
FORGET = """
from submissions.models import Submission
print(Submission.objects.open().delete()[0])
"""
UNDER_WAY = {"preparing", "running", "checking"}


@pytest.fixture
def site(tmp_path):
    # Short leases: the test waits for one to run out.
    times = {"LAB_LEASE_SECONDS": "6", "LAB_REAP_SECONDS": "1"}
    tmp_path.chmod(0o755)
    with running_site(tmp_path, worker=False, **times) as site:
        if os.environ.get("DATABASE_URL"):
            # One database for all: what an earlier test left waiting would run first.
            site.python(FORGET)
        yield site


def send(site: Site, name: str = "student") -> str:
    path = ROOT / "labs" / "cdc-source" / "answers" / "solution.sql"
    return str(site.python(SEND.format(name=name, path=path)))


def state(site: Site, public_id: str) -> dict:
    return dict(site.python(STATE.format(id=public_id)))


def wait_for_a_run(site: Site) -> None:
    """Wait until a submission is under way.

    Read from the database itself: a run takes little longer than one question through
    a Django process of its own.
    """
    url = os.environ.get("DATABASE_URL", "")
    database = Database(url, file=str(site.folder / "db.sqlite3"))
    states = ", ".join(f"'{state}'" for state in sorted(UNDER_WAY))
    question = f"SELECT COUNT(*) FROM submissions_submission WHERE state IN ({states})"  # noqa: S608
    wait_until(lambda: database.value(question), what="the run's begin")


def processes_of_slots() -> set[str]:
    """Return the ids of all processes that are, or run in, a cell of any site."""
    found = set()
    for line in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if b"sandbox.cell" in line.read_bytes():
                found.add(line.parent.name)
        except OSError:
            continue  # ended meanwhile
    return found


def test_a_worker_killed_mid_run_leads_to_one_verdict_without_hand_work(site):
    before = processes_of_slots()
    site.start_worker()
    public_id = send(site)
    wait_for_a_run(site)
    site.kill_worker(signal.SIGKILL)
    wait_until(lambda: processes_of_slots() <= before, what="the end of its cells")
    assert state(site, public_id)["verdicts"] == []

    site.start_worker()
    wait_until(lambda: state(site, public_id)["verdicts"], what="a verdict")
    after = state(site, public_id)
    assert after["state"] == "finished"
    assert after["verdicts"] == [["passed", "completed"]]
    # The next worker of the host sees that the process is gone, if it comes in time.
    first, second = after["runs"]
    assert first in (
        ["platform_fault", "worker-gone"],
        ["platform_fault", "lease-expired"],
    )
    assert second == ["completed", ""]


def test_what_was_sent_while_nobody_answered_is_run_when_a_worker_comes(site):
    waiting = [send(site, f"student-{number}") for number in range(3)]
    assert {state(site, one)["state"] for one in waiting} == {"queued"}
    site.start_worker()
    wait_until(
        lambda: all(state(site, one)["verdicts"] for one in waiting),
        what="three verdicts",
        seconds=120,
    )
    assert {state(site, one)["tries"] for one in waiting} == {1}


def test_boxes_let_the_web_process_have_the_processor_first(site):
    site.start_worker()
    own = os.getpriority(os.PRIO_PROCESS, 0)
    worker = site.worker.pid
    boxes = descendants(worker)
    assert boxes
    for pid in (worker, *boxes):
        assert os.getpriority(os.PRIO_PROCESS, pid) >= own + 5


def test_a_worker_told_to_end_finishes_its_run_and_takes_nothing_new(site):
    # Sent before: the first would be over by the time the second is there.
    first, second = send(site, "student-1"), send(site, "student-2")
    site.start_worker(wait=False)
    wait_for_a_run(site)
    begin = time.monotonic()
    assert site.kill_worker(signal.SIGTERM) == 0
    assert time.monotonic() - begin < 60
    assert state(site, first)["verdicts"] == [["passed", "completed"]]
    assert state(site, second)["state"] == "queued"
