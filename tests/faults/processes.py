"""Processes as the kernel shows them: families, and whether one of them still lives."""

import os
import signal
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Process:
    """A process and the tick it started at: ids are used again, pairs are not.

    ``parent`` is its parent when it was seen.
    """

    pid: int
    started: int
    parent: int = field(default=0, compare=False)

    def is_alive(self) -> bool:
        """Whether it still runs; a zombie has nothing left but its id."""
        stat = _stat(self.pid)
        return stat is not None and stat[1] == self.started and stat[2] not in "ZX"

    @property
    def command(self) -> str:
        """Return its command line; empty once it has ended."""
        try:
            text = Path(f"/proc/{self.pid}/cmdline").read_bytes()
        except OSError:
            return ""
        return text.replace(b"\0", b" ").decode("utf-8", "replace").strip()

    def kill(self) -> None:
        """End it at once, if it is still the one that was seen."""
        if self.is_alive():
            os.kill(self.pid, signal.SIGKILL)


def family(pid: int) -> list[Process]:
    """Return all descendants of ``pid``, without itself, parents first."""
    children = defaultdict(list)
    for entry in Path("/proc").glob("[0-9]*"):
        number = int(entry.name)
        stat = _stat(number)
        if stat is not None:
            children[stat[0]].append(Process(number, stat[1], stat[0]))
    found = []
    ahead = [pid]
    while ahead:
        for child in children[ahead.pop()]:
            found.append(child)
            ahead.append(child.pid)
    return found


def _stat(pid: int) -> tuple[int, int, str] | None:
    """Return parent, start tick and state letter of a process, or None."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The name in brackets may hold anything, blanks and brackets too.
    fields = text[text.rindex(")") + 2 :].split()
    return int(fields[1]), int(fields[19]), fields[0]
