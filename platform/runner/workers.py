"""Whether Flink's Python workers still have something to do.

A source that has read a stage has only handed it on: its rows, and the watermark behind
them, may wait for a bundle in a Python worker. While stages were fed by the sources'
offsets alone, a correct DataStream program took four late rows as punctual.
"""

import os
import time
from pathlib import Path

_PROC = Path("/proc")
_PYTHON = os.path.realpath("/proc/self/exe")
# A bundle is closed after 20 ms; between two looks nothing may have run or waited.
_LOOKS = 4
_LOOK_SECONDS = 0.015
IDLE_SECONDS = 3.0


def wait_until_idle() -> None:
    """Return once no Python worker runs or waits for a core; at once without one."""
    deadline = time.monotonic() + IDLE_SECONDS
    looks, before = 0, -1
    while looks < _LOOKS and time.monotonic() < deadline:
        workers = _workers()
        if not workers:
            return
        used = sum(_ticks(pid) for pid in workers)
        is_still = used == before and not any(_is_runnable(pid) for pid in workers)
        looks, before = looks + 1 if is_still else 0, used
        time.sleep(_LOOK_SECONDS)


def _workers() -> list[str]:
    """Return the Python processes besides this one.

    Told by the executable: a worker's short name is that of the script it began as.
    """
    own = str(os.getpid())
    return [
        entry.name
        for entry in _PROC.iterdir()
        if entry.name.isdigit() and entry.name != own and _executable(entry) == _PYTHON
    ]


def _executable(entry: Path) -> str:
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
