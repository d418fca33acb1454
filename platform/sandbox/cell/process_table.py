"""What the kernel says about the processes of a jail, read from /proc outside it."""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")
_COMPILERS = (b"C1 Compiler", b"C2 Compiler")


@dataclass(frozen=True, slots=True)
class Usage:
    """Use of a process tree at one moment.

    ``cpu_seconds`` never falls: what processes used that have ended is kept.
    ``memory_bytes`` is resident memory, in which shared pages count once for each
    process that maps them, or the proportional share where that was worth reading.
    ``refused`` names the limit that the kernel itself had to enforce, if any.
    """

    cpu_seconds: float
    memory_bytes: int
    tasks: int
    processes: int
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Standing:
    """Seconds that living threads ran so far, and stood in line for a core."""

    ran: float
    waited: float


@dataclass(frozen=True, slots=True)
class _Entry:
    parent: int
    cpu: float
    resident: int
    threads: int


def descendants(root: int) -> list[int]:
    """Return the living processes below ``root``, without ``root`` itself."""
    return _below(_entries(), root)


def command_name(pid: int) -> str:
    """Return the short name of a process, empty when it is gone."""
    try:
        return (_PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


class TreeMeter:
    """Measures the tree below one process again and again."""

    def __init__(self, root: int, *, precise_above: int) -> None:
        """Read proportional memory only where resident memory exceeds the given.

        The proportional figure walks all page tables (3 ms for a Java machine), the
        resident one is free and never smaller.
        """
        self._root = root
        self.precise_above = precise_above
        self._cpu = 0.0
        self._compilers: dict[str, bool] = {}

    def measure(self) -> Usage:
        """Return the use of the tree now."""
        entries = _entries()
        tree = _below(entries, self._root)
        # Orphans are reaped by process 1 of the jail, so what ended counts as some
        # living process's children; the maximum bridges the moment in between.
        self._cpu = max(self._cpu, sum(entries[pid].cpu for pid in tree))
        memory = sum(entries[pid].resident for pid in tree)
        if memory > self.precise_above:
            memory = sum(_proportional(pid, entries[pid].resident) for pid in tree)
        return Usage(
            cpu_seconds=self._cpu,
            memory_bytes=memory,
            tasks=sum(entries[pid].threads for pid in tree),
            processes=len(tree),
        )

    def standing(self, *, with_root: bool = False) -> Standing:
        """Return how long the tree's living threads have run, and stood in line.

        Without the threads of the Java machine that compile: no row waits for them.
        0 where the kernel does not account for it.
        """
        ran = waited = 0
        for pid in [*descendants(self._root), *([self._root] if with_root else ())]:
            try:
                threads = list((_PROC / str(pid) / "task").iterdir())
            except OSError:
                continue
            for thread in threads:
                if not self._compiles(thread):
                    had, missed = _schedule(thread)
                    ran, waited = ran + had, waited + missed
        return Standing(ran / 1e9, waited / 1e9)

    def _compiles(self, thread: Path) -> bool:
        known = self._compilers.get(thread.name)
        if known is None:
            with contextlib.suppress(OSError):
                known = (thread / "comm").read_bytes().startswith(_COMPILERS)
            self._compilers[thread.name] = known = bool(known)
        return known


def _schedule(thread: Path) -> tuple[int, int]:
    """Return nanoseconds that a thread ran, and was able to run and had no core."""
    try:
        ran, waited, *_ = (thread / "schedstat").read_bytes().split()
    except (OSError, ValueError):
        return 0, 0
    return int(ran), int(waited)


def _below(entries: dict[int, _Entry], root: int) -> list[int]:
    children: dict[int, list[int]] = {}
    for pid, entry in entries.items():
        children.setdefault(entry.parent, []).append(pid)
    found: list[int] = []
    pending = [root]
    while pending:
        below = children.get(pending.pop(), [])
        found += below
        pending += below
    return found


def _entries() -> dict[int, _Entry]:
    entries = {}
    for folder in _PROC.iterdir():
        if folder.name.isdigit() and (entry := _entry(folder)):
            entries[int(folder.name)] = entry
    return entries


def _entry(folder: Path) -> _Entry | None:
    try:
        text = (folder / "stat").read_bytes()
    except OSError:
        return None
    # The name in parentheses may hold anything, blanks and parentheses included.
    fields = text[text.rindex(b")") + 2 :].split()
    return _Entry(
        parent=int(fields[1]),
        cpu=sum(int(field) for field in fields[11:15]) / _TICKS,
        threads=int(fields[17]),
        resident=int(fields[21]) * _PAGE,
    )


def _proportional(pid: int, resident: int) -> int:
    try:
        text = (_PROC / str(pid) / "smaps_rollup").read_text()
    except OSError:
        return resident
    for line in text.splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return resident
