"""What the processes under measurement used: CPU with all their children, memory."""

import contextlib
import os
from pathlib import Path

from sandbox.cell.process_table import command_name, descendants
from tests.bench.by_hand import machine_busy_seconds

_GROUP = Path("/sys/fs/cgroup/cpuacct")


class CpuMeter:
    """Core-seconds of some processes and of all that they start from now on.

    A cpuacct group counts children that have ended too. Where none can be made the
    busy time of the whole machine stands in, and ``kind`` says so.
    """

    def __init__(self) -> None:
        self._group = _GROUP / f"potok-bench-{os.getpid()}"
        self.kind = "process group"
        try:
            self._group.mkdir()
        except OSError:
            self.kind = "whole machine"

    def add(self, pid: int) -> None:
        """Count a process that was started a moment ago."""
        if self.kind == "process group":
            (self._group / "cgroup.procs").write_text(str(pid), encoding="ascii")

    def seconds(self) -> float:
        """Return the core-seconds so far."""
        if self.kind == "whole machine":
            return machine_busy_seconds()
        text = (self._group / "cpuacct.usage").read_text(encoding="ascii")
        return int(text) / 1e9

    def close(self) -> None:
        """Give the processes that still live back and remove the group."""
        if self.kind != "process group":
            return
        for pid in (self._group / "cgroup.procs").read_text(encoding="ascii").split():
            with contextlib.suppress(OSError):  # ended meanwhile
                (_GROUP / "cgroup.procs").write_text(pid, encoding="ascii")
        with contextlib.suppress(OSError):
            self._group.rmdir()


def cells_mib(worker: int) -> list[float]:
    """Return the proportional memory of each cell below the worker: all of it."""
    roots = [pid for pid in descendants(worker) if command_name(pid) == "unshare"]
    return [sum(_pss_mib(pid) for pid in descendants(root)) for root in roots]


def peak_mib(root: int) -> float:
    """Return the highest resident memory that a process below ``root`` ever had."""
    return max(_status_mib(pid, "VmHWM") for pid in [root, *descendants(root)])


def _pss_mib(pid: int) -> float:
    try:
        text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    except OSError:
        return 0.0
    lines = [line for line in text.splitlines() if line.startswith("Pss:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0


def _status_mib(pid: int, field: str) -> float:
    text = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if line.startswith(f"{field}:")]
    return int(lines[0].split()[1]) / 1024 if lines else 0.0
