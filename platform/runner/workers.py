"""Whether Flink's Python workers still have something to do.

A source that has read a stage has only handed it on: its rows, and the watermark behind
them, may wait for a bundle in a Python worker. While stages were fed by the sources'
offsets alone, a correct DataStream program took four late rows as punctual.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from runner.fair_clock import FairClock
from runner.worker_nursery import READY, SOCKET

_PROC = Path("/proc")
_READY = Path(SOCKET + READY)
_PYTHON = os.path.realpath("/proc/self/exe")
# A program that names none of these has no function that a worker would run.
_WORDS = ("udf", "udaf", "udtf", "udtaf", "datastream", "to_pandas", "from_pandas")
# A bundle is closed after 20 ms; between two looks nothing may have run or waited.
_LOOKS = 4
_LOOK_SECONDS = 0.015
IDLE_SECONDS = 4.0
# Imports of the nursery come on top: 1.1 s of a core. Both are of the box's own clock.
IMPORT_SECONDS = 20.0


class PythonWorkers:
    """Knows whether the program has functions for workers, and watches those."""

    def __init__(self, clock: FairClock) -> None:
        """Count what is pickled from now on: PyFlink pickles each function once."""
        import cloudpickle  # type: ignore[import-not-found]

        self._clock = clock
        self._pickle = cloudpickle.dumps
        self._nursery: subprocess.Popen[bytes] | None = None
        self._prepared_at = 0.0
        self.has_functions = False
        cloudpickle.dumps = self._noted

    def prepare(self, texts: Iterable[str]) -> None:
        """Begin to import for workers where the program's files may need one."""
        if any(word in text for text in texts for word in _WORDS):
            self._prepared_at = self._clock.seconds()
            self._nursery = subprocess.Popen(
                [sys.executable, "-m", "runner.worker_nursery", SOCKET],
                stdin=subprocess.DEVNULL,
            )

    def wait_until_idle(self) -> None:
        """Return once nothing in the box works on rows; at once without functions.

        A worker starts with the first row that it gets, so there may be none yet. The
        Java machine is watched too: while it stands in line for a core, the workers
        that it feeds look idle.
        """
        if self.has_functions:
            self._wait_for_imports()
            _wait_until_idle(self._workers, self._clock)

    def are_importing(self) -> bool:
        """Tell whether no worker can have begun, so that none looks idle for it."""
        return (
            self.has_functions
            and self._has_nursery()
            and not _READY.exists()
            and self._clock.seconds() - self._prepared_at < IMPORT_SECONDS
        )

    def _wait_for_imports(self) -> None:
        while self.are_importing():
            time.sleep(_LOOK_SECONDS)

    def _has_nursery(self) -> bool:
        return self._nursery is not None and self._nursery.poll() is None

    def _workers(self, others: list[str]) -> list[str]:
        """Return the workers among the processes of the box.

        Flink's scripts are among them: each waits, idle, for the nursery's fork, or
        has become a worker itself where the nursery did not answer.
        """
        nursery = str(self._nursery.pid) if self._nursery is not None else ""
        return [
            pid
            for pid in others
            if pid != nursery and _executable(_PROC / pid) == _PYTHON
        ]

    def _noted(self, *arguments: Any, **options: Any) -> Any:
        self.has_functions = True
        return self._pickle(*arguments, **options)


def _wait_until_idle(
    workers_of: Callable[[list[str]], list[str]], clock: FairClock
) -> None:
    deadline = clock.seconds() + IDLE_SECONDS
    looks, before = 0, -1
    while looks < _LOOKS and clock.seconds() < deadline:
        others = _others()
        workers = workers_of(others)
        if not workers:
            time.sleep(_LOOK_SECONDS)
            continue
        used = sum(_ticks(pid) for pid in workers)
        is_still = used == before and not any(_is_runnable(pid) for pid in others)
        looks, before = looks + 1 if is_still else 0, used
        time.sleep(_LOOK_SECONDS)


def _others() -> list[str]:
    """Return every process of the box but this one."""
    own = str(os.getpid())
    return [
        entry.name
        for entry in _PROC.iterdir()
        if entry.name.isdigit() and entry.name != own
    ]


def _executable(entry: Path) -> str:
    # A worker's short name is that of the script it began as.
    try:
        return str((entry / "exe").readlink())
    except OSError:
        return ""


def _ticks(pid: str) -> int:
    fields = _stat(_PROC / pid / "stat")
    return int(fields[11]) + int(fields[12]) if fields else 0


def _is_runnable(pid: str) -> bool:
    try:
        threads = list((_PROC / pid / "task").iterdir())
    except OSError:
        return False
    return any(_stat(thread / "stat")[:1] == [b"R"] for thread in threads)


def _stat(path: Path) -> list[bytes]:
    """Return the fields after the name, from the state on; none where it has ended."""
    try:
        text = path.read_bytes()
    except OSError:
        return []
    return text[text.rindex(b")") + 2 :].split()
