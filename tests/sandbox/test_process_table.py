"""What the kernel says of threads that want a core and get none."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sandbox.cell.process_table import TreeMeter

BUSY = "while True: pass"


@contextmanager
def child(code: str, *, core: int, policy: int = os.SCHED_OTHER) -> Iterator[int]:
    """Run Python ``code`` on one core."""
    process = subprocess.Popen([sys.executable, "-c", code])
    try:
        os.sched_setaffinity(process.pid, {core})
        os.sched_setscheduler(process.pid, policy, os.sched_param(0))
        yield process.pid
    finally:
        process.kill()
        process.wait()


def shows_line(root: int) -> bool:
    """Ask over moments of 20 ms, for some seconds, whether anything stands in line."""
    meter = TreeMeter(root, precise_above=0)
    deadline = time.monotonic() + 3
    while time.monotonic() < deadline:
        since = meter.standing(with_root=True)
        time.sleep(0.02)
        if meter.in_line(since, with_root=True):
            return True
    return False


def test_a_thread_without_a_core_stands_in_line() -> None:
    core = min(os.sched_getaffinity(0))
    with (
        child(BUSY, core=core),
        child(BUSY, core=core, policy=os.SCHED_IDLE) as starved,
    ):
        assert shows_line(starved)


def test_a_thread_that_sleeps_does_not() -> None:
    core = min(os.sched_getaffinity(0))
    with child("import time; time.sleep(60)", core=core) as sleeping:
        time.sleep(0.3)
        assert not shows_line(sleeping)
