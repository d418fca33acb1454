"""Faults of workers: killed, told to end, hung, doubled, met by a poison submission."""

import os
import re
import signal
import sys
import time
from pathlib import Path

import pytest

from sandbox.image.manifest import load_image, runtime_dir
from tests.faults.conftest import embedded_stage
from tests.faults.invariants import get_page
from tests.faults.stage import UNDER_WAY
from tests.faults.table import fault
from tests.sandbox.images import linked, renewed
from tests.site import ROOT, wait_until

pytestmark = [pytest.mark.flink, pytest.mark.process]

WAKE = """
import json
from submissions.wake import wake_workers
for _ in range({count}):
    wake_workers()
print(json.dumps(None))
"""


WITHOUT_NAMESPACES = Path(__file__).with_name("without_namespaces.py")
STAFF_SESSION = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from accounts.models import User
user = User.objects.create_user("admin-01", is_staff=True, is_superuser=True)
store = SessionStore()
store[SESSION_KEY] = str(user.pk)
store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
store[HASH_SESSION_KEY] = user.get_session_auth_hash()
store.create()
print(json.dumps(store.session_key))
"""


@fault(
    1,
    "A cell is killed in the middle of a run",
    done="SIGKILL to the slot's outermost process while its row says running",
    held="every process of the cell is gone, the program is run again, one verdict",
    always=True,
)
def test_01_cell_killed_mid_run(embedded):
    """The box dies with its cell; the try is the platform's fault; the next ends."""
    worker = embedded.worker()
    [sent] = embedded.send()
    embedded.wait_state(sent, frozenset({"running"}))
    # The one that runs and the spare ones: which is which, only the worker knows.
    cells = embedded.cells(worker)
    outermost = [cell for cell in cells if is_cell(cell, cells)]
    inside = [cell for cell in cells if has_java(cell)]
    assert outermost
    assert inside
    begin = time.monotonic()
    for cell in outermost:
        cell.kill()
    wait_until(
        lambda: not any(cell.is_alive() for cell in [*outermost, *inside]),
        what="the end of its box",
    )
    embedded.note(f"gone after {time.monotonic() - begin:.2f} s")
    embedded.wait_final(sent)
    assert embedded.tries(sent)[0][0] == "platform_fault"
    assert embedded.tries(sent)[-1] == ("completed", "")
    assert embedded.verdicts(sent) == [("passed", "completed")]
    embedded.check()


@fault(
    2,
    "A worker is killed",
    done="SIGKILL to the worker while its row says running; a second worker is up",
    held="its cells end with it; the second worker takes the row over and ends it",
)
def test_02_worker_killed(embedded):
    """A second worker finds that the first is dead and finishes its submission."""
    first, second = embedded.worker(), embedded.new_worker()
    [sent] = embedded.send()
    embedded.wait_state(sent, frozenset({"running"}))
    holder = embedded.column(sent, "worker")
    victim, other = (
        (first, second) if embedded.name_of(first) == holder else (second, first)
    )
    survivor = embedded.name_of(other)
    embedded.note(f"cells gone after {embedded.end_worker(victim):.2f} s")
    embedded.wait_final(sent)
    assert embedded.tries(sent) == [
        ("platform_fault", "worker-gone"),
        ("completed", ""),
    ]
    assert embedded.verdicts(sent) == [("passed", "completed")]
    assert embedded.column(sent, "worker") == survivor
    embedded.check()


@fault(
    4,
    "A worker is told to end during a run",
    done="SIGTERM to the only worker with one row running and one queued",
    held="the run ends with its verdict, the other row waits for the next worker",
)
def test_04_told_to_end(embedded):
    """The run in hand is finished; what waits is untouched and run by the next."""
    embedded.end_workers()
    worker = embedded.worker()
    first, second = embedded.send(2)
    embedded.wait_state(first)
    embedded.end_worker(worker, signal.SIGTERM)
    assert embedded.tries(first) == [("completed", "")]
    assert embedded.column(second, "state") == "queued"
    embedded.worker()
    embedded.wait_final(second)
    assert embedded.tries(second) == [("completed", "")]
    embedded.check()


@fault(
    5,
    "A worker hangs past its lease and then goes on",
    done="SIGSTOP in the middle of a run, SIGCONT after another worker's verdict",
    held="the late worker's write is refused by the token: one verdict",
    always=True,
)
def test_05_hung_past_its_lease(embedded):
    """The second worker's verdict stands; the first, awake again, writes nothing."""
    first, second = embedded.worker(), embedded.new_worker()
    [sent] = embedded.send()
    embedded.wait_state(sent, frozenset({"running"}))
    holder = embedded.column(sent, "worker")
    hung = first if embedded.name_of(first) == holder else second
    os.kill(hung.pid, signal.SIGSTOP)
    try:
        embedded.wait_final(sent)
        assert embedded.column(sent, "worker") != holder
    finally:
        os.kill(hung.pid, signal.SIGCONT)
    wait_until(
        lambda: (
            _has_signed_again(embedded, hung)
            and embedded.sign(hung, "current") in ("[]", [])
        ),
        what="the worker's next round",
    )
    assert embedded.tries(sent) == [
        ("platform_fault", "lease-expired"),
        ("completed", ""),
    ]
    assert embedded.verdicts(sent) == [("passed", "completed")]
    embedded.check()
    embedded.end_worker(hung, signal.SIGTERM)


def _has_signed_again(stage, worker):
    before = stage.sign(worker, "seen_at")
    wait_until(lambda: stage.sign(worker, "seen_at") != before, what="a sign of life")
    return True


@fault(
    6,
    "Wake-ups are delivered many times to two workers",
    done="40 messages for 4 submissions with two workers",
    held="each submission is run once",
)
def test_06_duplicate_delivery(embedded):
    """A message carries no id: a second one finds the lease taken, or no row."""
    embedded.worker()
    embedded.new_worker()
    sent = embedded.send(4)
    embedded.site.python(WAKE.format(count=40))
    embedded.wait_final(*sent)
    assert [embedded.tries(one) for one in sent] == [[("completed", "")]] * 4
    embedded.check()
    embedded.end_workers()


def is_cell(process, others):
    """Whether this is the first process of a cell."""
    return "sandbox.cell" in process.command and process.parent not in {
        other.pid for other in others if "sandbox.cell" in other.command
    }


def has_java(process):
    return process.command.split(" ")[0].endswith("/java")


@fault(
    23,
    "A submission ends every worker that takes it",
    done="SIGKILL to the worker in each of three tries, one worker after the other",
    held="platform fault without a result, an alert that names it; the next one passes",
)
def test_23_poison(embedded):
    """After the last try it is set aside for staff, and the queue moves on."""
    embedded.end_workers()
    alerts = embedded.alerts("poison-submission")
    [poison] = embedded.send()
    for number in range(1, 4):
        worker = embedded.new_worker(wait=False)
        wait_until(
            lambda: (
                embedded.column(poison, "state") in UNDER_WAY
                and embedded.column(poison, "tries") == number  # noqa: B023
            ),
            what=f"try {number}",
            seconds=120,
        )
        embedded.end_worker(worker)
    embedded.worker()
    embedded.wait_final(poison)
    assert embedded.verdicts(poison) == [("none", "platform_fault")]
    endings = {detail for _, detail in embedded.tries(poison)}
    assert endings <= {"worker-gone", "lease-expired"}
    assert embedded.alerts("poison-submission") == alerts + 1
    [after] = embedded.send()
    embedded.wait_final(after)
    assert embedded.verdicts(after) == [("passed", "completed")]
    embedded.check()


@fault(
    27,
    "A waiting cell dies",
    done="SIGKILL to each Java process of an idle worker's cells",
    held="the dead cell is replaced, never handed out: one try",
)
def test_27_idle_cell_dies(embedded):
    """What was sent right after is run in a fresh box."""
    worker = embedded.worker()
    for cell in embedded.cells(worker):
        if has_java(cell):
            cell.kill()
    [sent] = embedded.send()
    embedded.wait_final(sent)
    assert embedded.tries(sent) == [("completed", "")]
    embedded.check()


@fault(
    27,
    "The runtime image is rebuilt under waiting cells",
    done="another folder for one part of the image, as set-up leaves it, under an idle"
    " worker's cells; a submission right after",
    held="the cells of the old image end unused, new ones are proven and run it: one"
    " try",
)
def test_27_image_rebuilt(embedded, tmp_path):
    """A stale cell is never handed out, and nobody restarts a worker by hand."""
    embedded.end_workers()
    image = linked(load_image(runtime_dir(ROOT)), tmp_path)
    worker = embedded.new_worker(LAB_RUNTIME_DIR=str(tmp_path))
    stale = embedded.cells(worker)
    renewed(image, "agent")
    [sent] = embedded.send()
    embedded.wait_final(sent)
    assert embedded.tries(sent) == [("completed", "")]
    assert not any(cell.is_alive() for cell in stale)
    folders = {
        word
        for cell in embedded.cells(worker)
        for word in re.findall(r"agent-[\w]+", cell.command)
    }
    assert folders == {"agent-renewed"}, folders
    embedded.check()
    embedded.end_workers()


@pytest.mark.skipif(os.geteuid() != 0, reason="mapping all ids needs root")
@fault(
    19,
    "User namespaces are refused",
    done="a worker whose kernel allows it no further user namespace, then a sound one",
    held="it takes no work; alert and health page name the switch; what was sent in"
    " waits for the sound one",
)
def test_19_jail_unavailable():
    """Fails closed: the queue waits; a worker on a sound system empties it."""
    with embedded_stage() as stage:
        [sent] = stage.send()
        closed = stage.new_worker(
            wait=False, launcher=[sys.executable, str(WITHOUT_NAMESPACES)]
        )
        wait_until(lambda: stage.alerts("engine-closed") == 1, what="the alert")
        assert stage.sign(closed, "ready") in (0, False)
        assert stage.tries(sent) == []
        session = stage.site.python(STAFF_SESSION)
        page = get_page(stage.site.url, "/studio/health/", session)
        assert 'data-condition="refused"' in page
        assert "user.max_user_namespaces" in page
        stage.check(sent)
        stage.end_worker(closed, signal.SIGTERM)
        stage.worker()
        stage.wait_final(sent)
        assert stage.tries(sent) == [("completed", "")]
        wait_until(lambda: stage.alerts("engine-closed") == 0, what="the alert's end")
        stage.check()
        stage.end_workers()
