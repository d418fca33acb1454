"""The control group of one box: limits that the kernel itself holds, for the sum of it.

Made by the agent below the group that the worker gave to its slot (``cgroups.py``).
The box cannot see it: no cgroup file system is mounted in it, and none can be.
"""

import contextlib
from pathlib import Path

from sandbox.cell.faults import CellFault
from sandbox.cgroups import entering, kill_all, remove


class BoxGroup:
    """Memory and tasks of one box, counted and limited by the kernel.

    Memory is that of all processes together, with what they wrote into scratch space,
    the pages of files they read first (given back under pressure, before the limit
    kills) and the kernel's own memory for them.
    """

    def __init__(self, slot: Path, name: str) -> None:
        """Make the group below ``slot``; OSError when the kernel refuses."""
        self._folder = slot / f"box-{name}"
        self._folder.mkdir()
        # All of a box or nothing: a Flink without its task manager would hang.
        self._write("memory.oom.group", "1")
        with contextlib.suppress(FileNotFoundError):  # a kernel without swap
            self._write("memory.swap.max", "0")
        self._refused_before = 0

    def limit(self, *, memory_bytes: int, tasks: int) -> None:
        """Hold the box to this much from now on.

        One task more than ``tasks``: bubblewrap's own process outside of the jail.
        """
        self._write("memory.max", str(memory_bytes))
        self._write("pids.max", str(tasks + 1))
        self._refused_before = self._count("pids.events", "max")

    def entering(self) -> list[str]:
        """Return the command prefix that puts a child in the group before it begins."""
        return entering(self._folder)

    def crossed(self) -> str:
        """Return ``memory`` or ``processes`` where the kernel had to refuse it.

        A box over its memory has been killed as a whole; one over its tasks lives.
        CellFault where it was killed for the memory of others: a host or a container
        that is full counts no ``oom`` in the victim's group.
        """
        if self._count("memory.events", "oom_kill"):
            if not self._count("memory.events", "oom"):
                raise CellFault(
                    "host_memory", "the host had no memory left for the box"
                )
            return "memory"
        if self._count("pids.events", "max") > self._refused_before:
            return "processes"
        return ""

    def cpu_seconds(self) -> float:
        """Return the processor time of all that ever ran in the group."""
        return self._count("cpu.stat", "usage_usec") / 1e6

    def memory_bytes(self) -> int:
        """Return the memory that is charged to the group now."""
        return int((self._folder / "memory.current").read_text("ascii"))

    def kill(self) -> None:
        """Kill everything in the group at once."""
        kill_all(self._folder)

    def remove(self) -> None:
        """Remove the group of a box that is dead. Safe to call twice."""
        remove(self._folder)

    def _write(self, name: str, value: str) -> None:
        (self._folder / name).write_text(value, "ascii")

    def _count(self, name: str, key: str) -> int:
        try:
            lines = (self._folder / name).read_text("ascii").splitlines()
        except FileNotFoundError:  # removed already
            return 0
        return next(
            (int(line.split()[1]) for line in lines if line.startswith(f"{key} ")), 0
        )
