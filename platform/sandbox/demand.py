"""How many cells a pool should keep: pure rules over demand and memory."""

import time
from collections import deque
from pathlib import Path

MIB = 1024 * 1024
# A warm cell holds 590 MiB, 900 MiB in a run with Python workers.
CELL_BYTES = 900 * MIB
# Left to web, database and page cache.
KEPT_FREE_BYTES = 1536 * MIB
# Warm again after six seconds: so many runs in the window keep one more cell busy.
RUNS_PER_CELL = 15
WINDOW_SECONDS = 120.0
IDLE_SECONDS = 900.0


class Demand:
    """When runs began, as far back as it matters."""

    def __init__(self) -> None:
        self._begun: deque[float] = deque()
        self._last = time.monotonic()

    def note(self) -> None:
        """A run begins."""
        self._last = time.monotonic()
        self._begun.append(self._last)

    def recent(self) -> int:
        """Return how many runs began within the window."""
        oldest = time.monotonic() - WINDOW_SECONDS
        while self._begun and self._begun[0] < oldest:
            self._begun.popleft()
        return len(self._begun)

    def idle_seconds(self) -> float:
        """Return how long ago the last run began, or since the start."""
        return time.monotonic() - self._last


def target_cells(
    *,
    concurrency: int,
    spare: int,
    demand: int,
    idle_seconds: float,
    cells: int,
    memory_available: int,
) -> int:
    """Return how many cells to keep of at most ``concurrency + spare``.

    One spare cell as soon as anything runs at all, more with demand, none after a
    long idle time. Memory decides in the end: a spare cell must leave the machine its
    reserve, and with too little left even those that are there go.
    """
    if idle_seconds > IDLE_SECONDS:
        return concurrency
    wanted = concurrency + min(spare, 1 + demand // RUNS_PER_CELL)
    room = (memory_available - KEPT_FREE_BYTES) // CELL_BYTES
    return max(concurrency, min(wanted, cells + room))


def available_memory() -> int:
    """Return the bytes that new processes could take without swapping."""
    for line in Path("/proc/meminfo").read_text(encoding="ascii").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0
