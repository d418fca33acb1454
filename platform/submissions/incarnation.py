"""Which process a worker is, so that another one can prove that it is gone.

A pid alone is given out again; together with the moment the process started and the
kernel and pid namespace it was counted in, it names one process for ever.
"""

import os
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")
# Ended, and only waiting for its parent to ask: nothing of it runs any more.
_DEAD = ("Z", "X")


@dataclass(frozen=True, slots=True)
class Incarnation:
    """``host`` is the kernel's boot and pid namespace, ``started`` in clock ticks."""

    host: str
    pid: int
    started: int


@dataclass(frozen=True, slots=True)
class _Stat:
    state: str
    started: int


def this_process() -> Incarnation:
    """Return who this process is. Raises OSError where /proc is not Linux's."""
    pid = os.getpid()
    found = _stat(pid)
    if found is None:
        raise OSError("/proc/self/stat cannot be read")
    return Incarnation(_host(), pid, found.started)


def is_gone(other: Incarnation) -> bool:
    """Say whether ``other`` has certainly ended.

    False for one of another boot or pid namespace: its processes cannot be seen from
    here, so that they may live.
    """
    if other.host != _host():
        return False
    found = _stat(other.pid)
    if found is not None:
        return found.started != other.started or found.state in _DEAD
    try:
        # Answers also for a process that a hidepid mount of /proc does not show.
        os.kill(other.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _host() -> str:
    boot = (_PROC / "sys/kernel/random/boot_id").read_text("ascii").strip()
    return f"{boot}/{(_PROC / 'self/ns/pid').stat().st_ino}"


def _stat(pid: int) -> _Stat | None:
    """Read fields 3 and 22 of ``stat``; the name before may hold blanks, brackets."""
    try:
        text = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()
    return _Stat(state=fields[0], started=int(fields[19]))
