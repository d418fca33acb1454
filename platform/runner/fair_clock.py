"""A clock of the box: it stands still while the box gets no processor.

Patience with a program must not run out because of others. Beside two busy loops of
other sessions a box that was not warmed up got a tenth of what it asked for: a source
needed more than four seconds from its job to its first event, was taken for one that
never reads, and the late events of a right query came together with the others.
"""

import threading
import time
from pathlib import Path

_PROC = Path("/proc")
_SAMPLE_SECONDS = 0.2
Schedule = dict[str, tuple[int, int]]


class FairClock:
    """Counts seconds, without the share that the box's threads stood in line for."""

    def __init__(self, processes: Path = _PROC) -> None:
        """Begin at 0; ``processes`` is where the kernel shows the processes."""
        self._processes = processes
        self._lock = threading.Lock()
        self._seconds = 0.0
        self._read_at = time.monotonic()
        self._schedule = _schedule(processes)

    def seconds(self) -> float:
        """Return the seconds counted so far, at most a fifth of a second behind."""
        with self._lock:
            now = time.monotonic()
            passed = now - self._read_at
            if passed >= _SAMPLE_SECONDS:
                schedule = _schedule(self._processes)
                self._seconds += passed - _lost(passed, self._schedule, schedule)
                self._read_at, self._schedule = now, schedule
            return self._seconds


def _lost(passed: float, before: Schedule, after: Schedule) -> float:
    """Return how much of the seconds ``passed`` the box stood in line for.

    What one thread waited counts up to the share that all of them missed: a box of
    many threads on a machine of its own stands in line for itself.
    """
    ran = waited = 0
    for thread, (had, missed) in after.items():
        had_before, missed_before = before.get(thread, (0, 0))
        ran += had - had_before
        waited += missed - missed_before
    if waited <= 0:
        return 0.0
    return min(waited / 1e9, passed * waited / (max(0, ran) + waited))


def _schedule(processes: Path) -> Schedule:
    """Return nanoseconds that each thread ran and stood in line; none if not told."""
    found: Schedule = {}
    for process in processes.iterdir():
        if not process.name.isdigit():
            continue
        try:
            threads = list((process / "task").iterdir())
        except OSError:
            continue
        for thread in threads:
            try:
                ran, waited, *_ = (thread / "schedstat").read_bytes().split()
            except (OSError, ValueError):
                continue
            found[thread.name] = int(ran), int(waited)
    return found
