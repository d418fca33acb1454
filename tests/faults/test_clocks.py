"""Clocks that jump: the database's, by its rows and really, and the worker's own."""

import os
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.faults.servers import faketime
from tests.faults.table import fault
from tests.site import PLATFORM, wait_until

pytestmark = [pytest.mark.flink, pytest.mark.process]

HOUR = 3600
HALF = timedelta(minutes=30)
PASSED = ("passed", "completed")
RUNNING = frozenset({"running"})
SHIFTED = Path(__file__).with_name("clock")


@fault(
    22,
    "Leases end an hour too early, or too late",
    done="in the middle of a run every lease's end moved by -1 h; of another by +1 h",
    held="at most one wasted start; a dead worker's row does not wait for its lease",
)
def test_22_leases_jump(embedded):
    """Leases are compared with the database's clock alone, so moving their ends by an
    hour is what a jump of that clock does to them."""
    worker = embedded.worker()
    [forth] = embedded.send()
    embedded.wait_state(forth, RUNNING)
    assert _shift(embedded, "-1 hour") == 1
    embedded.wait_final(forth)
    assert len(embedded.tries(forth)) <= 2
    [back] = embedded.send()
    embedded.wait_state(back, RUNNING)
    assert _shift(embedded, "+1 hour") == 1
    embedded.end_worker(worker)
    embedded.worker()
    embedded.wait_final(back)
    assert embedded.verdicts(forth) == embedded.verdicts(back) == [PASSED]
    embedded.check()


@pytest.mark.skipif(faketime() is None, reason="needs Debian's package libfaketime")
@fault(
    22,
    "Postgres's clock jumps an hour, forth and back",
    done="libfaketime moves the server's clock by +1 h in the middle of a run and back"
    " in that of another, whose worker is then killed",
    held="at most one wasted start; the dead worker's row does not wait for the hour",
)
def test_22_postgres_clock_jumps(served):
    """Leases end an hour too early, then an hour too late, by the clock that rules."""
    stage = served.stage
    stage.end_workers()
    clock = served.postgres.folder.parent / "clock"
    clock.write_text("+0")
    clock.chmod(0o644)
    served.postgres.stop()
    try:
        served.postgres.start(clock=clock)
        worker = stage.worker()
        [forth] = stage.send()
        stage.wait_state(forth, RUNNING)
        before = _now(stage)
        clock.write_text(f"+{HOUR}")
        wait_until(lambda: _now(stage) - before > HALF, what="the hour")
        stage.wait_final(forth)
        assert len(stage.tries(forth)) <= 2
        stage.note(f"{len(stage.tries(forth))} tries with the clock forth")
        [back] = stage.send()
        stage.wait_state(back, RUNNING)
        clock.write_text("+0")
        wait_until(lambda: _now(stage) - before < HALF, what="the hour's end")
        stage.end_worker(worker)
        stage.worker()
        stage.wait_final(back)
        assert stage.verdicts(forth) == stage.verdicts(back) == [PASSED]
        stage.end_workers()
    finally:
        served.postgres.stop()
        served.postgres.start()
    stage.check()


@fault(
    22,
    "A worker's own clock jumps an hour, forth and back",
    done="the worker's wall clock, and with it Celery's and kombu's, moved by +1 h"
    " while two of four rows run, and back while another runs",
    held="Redis may deliver again, nothing is run again: one try each",
)
def test_22_worker_clock_jumps(served, tmp_path):
    """Runs are bounded by the monotonic clock, leases by the database's."""
    stage = served.stage
    stage.end_workers()
    clock = tmp_path / "clock"
    clock.write_text("0")
    stage.new_worker(
        PYTHONPATH=f"{SHIFTED}{os.pathsep}{PLATFORM}", FAULT_CLOCK=str(clock)
    )
    sent = stage.send(4)
    stage.wait_state(sent[0], RUNNING)
    clock.write_text(str(HOUR))
    stage.wait_final(*sent[:3])
    clock.write_text("0")
    stage.wait_final(*sent)
    assert [stage.tries(one) for one in sent] == [[("completed", "")]] * 4
    assert [stage.verdicts(one) for one in sent] == [[PASSED]] * 4
    logged = re.findall(r"\[(\d{4}-\d\d-\d\d \d\d:\d\d):", stage.site.log("worker"))
    assert any(_moment(text) > datetime.now(UTC) + HALF for text in logged), (
        "its clock did not jump"
    )
    stage.end_workers()
    stage.check()


def _now(stage):
    return stage.database.value("SELECT clock_timestamp()")


def _moment(text):
    return datetime.strptime(text, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)


def _shift(stage, by):
    return stage.database.execute(
        "UPDATE submissions_submission"  # noqa: S608 (constants)
        f" SET lease_until = datetime(lease_until, '{by}')"
        " WHERE lease_until IS NOT NULL"
    )
