"""Control groups (cgroup v2) of a worker: where the kernel lets it, one for each box.

Below the group that was delegated to the worker lie::

    <delegated>/potok-processes          the worker itself: a group that shares out its
                                         controllers may hold no processes of its own
    <delegated>/potok-<ns>-<pid>-<start>-<n> one pool of a worker
        slot-<n>                         given to the slot's user
            agent                        agent and broker, without limits
            box-<name>                   one box, made by the agent (cell/box_group.py)

"Delegated" is what the kernel's documentation and systemd mean by it: a service with
``Delegate=yes`` (systemd marks its group with the attribute ``user.delegate`` or
``trusted.delegate``), or the root of the hierarchy or of a cgroup namespace, which a
container has for itself. Anybody else's group is left alone, also by root.
"""

import contextlib
import itertools
import os
import re
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

CONTROLLERS = ("memory", "pids")
AGENT_GROUP = "agent"
_PROCESSES_GROUP = "potok-processes"
_WORKER_GROUP = re.compile(r"potok-(\d+)-(\d+)-(\d+)-\d+")
_PROC = Path("/proc")
_MARKS = ("user.delegate", "trusted.delegate")
# A process that was killed leaves its group a moment later.
_LEAVING_SECONDS = 2.0


class LimitMode(StrEnum):
    """What holds the sum of a box's processes to its memory and task limits."""

    CGROUP_V2 = "cgroup_v2"
    WATCHDOG = "watchdog"


class NoGroups(Exception):
    """Why this worker can have no groups of its own: the watchdog stands in."""


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of one worker; without a ``folder`` there are none, for ``reason``."""

    folder: Path | None
    reason: str = ""

    @property
    def mode(self) -> LimitMode:
        """What limits the boxes of this worker."""
        return LimitMode.WATCHDOG if self.folder is None else LimitMode.CGROUP_V2

    def open_slot(self, number: int, uid: int) -> Path | None:
        """Make the groups of a slot whose agent runs as ``uid``; None without groups.

        Raises OSError where the kernel refuses.
        """
        if self.folder is None:
            return None
        slot = self.folder / f"slot-{number}"
        remove_tree(slot)
        slot.mkdir()
        _share_controllers(slot)
        (slot / AGENT_GROUP).mkdir()
        if os.geteuid() == 0:
            # What delegation takes (cgroup-v2.rst): make groups, move processes. The
            # slot's own limits stay root's.
            for path in (slot, slot / "cgroup.procs", slot / AGENT_GROUP):
                os.chown(path, uid, uid)
            os.chown(slot / AGENT_GROUP / "cgroup.procs", uid, uid)
        return slot

    def close(self) -> None:
        """Remove all groups of this worker; what is left in them is killed."""
        if self.folder is not None:
            remove_tree(self.folder)


NO_GROUPS = Groups(None, "no pool has been started")


def entering(group: Path) -> list[str]:
    """Return the command prefix that moves a child into ``group`` before it begins."""
    return [
        "sh",
        "-c",
        'echo 0 > "$0" && exec "$@"',
        str(group / "cgroup.procs"),
    ]


def open_groups() -> Groups:
    """Find or make this worker's group and sweep those of workers that are gone.

    Moves the processes of the delegated group into a group below it, this one among
    them. Never raises: where no groups can be had, the answer says why.
    """
    try:
        delegated = find_delegated()
        sweep(delegated)
        _prepare(delegated)
        folder = _make_folder(delegated)
        _share_controllers(folder)
    except NoGroups as reason:
        return Groups(None, str(reason))
    except OSError as error:
        return Groups(None, f"the kernel refuses a group: {error}")
    return Groups(folder)


def find_delegated() -> Path:
    """Return the group below which this process may make others; NoGroups says why."""
    path = _own_path()
    group = _folder_of(path)
    held = (group / "cgroup.controllers").read_text("ascii").split()
    missing = [name for name in CONTROLLERS if name not in held]
    if missing:
        raise NoGroups(f"cgroup v2 has no controller {' and '.join(missing)} here")
    parent = group.parent
    if group.name == _PROCESSES_GROUP or _is_marked(parent):
        group = parent
    elif path != "/" and not _is_marked(group):
        raise NoGroups(f"the group {path} is not delegated to the worker")
    if not all(os.access(group / name, os.W_OK) for name in (".", "cgroup.procs")):
        raise NoGroups(f"the group {path} cannot be written")
    return group


def sweep(delegated: Path) -> list[Path]:
    """Remove the groups of workers that have ended; return them.

    A worker of another pid namespace cannot be seen from here: its groups go only
    when nothing is in them.
    """
    removed = []
    for folder in sorted(delegated.glob("potok-*-*-*-*")):
        match = _WORKER_GROUP.fullmatch(folder.name)
        if match is None:
            continue
        namespace, pid, started = (int(number) for number in match.groups())
        if namespace == _pid_namespace():
            is_over = _started(pid) != started
        else:
            is_over = not _is_populated(folder)
        if is_over:
            remove_tree(folder)
            removed.append(folder)
    return removed


def remove_tree(folder: Path) -> None:
    """Kill what is in a group and remove it with all below; none there is no error.

    A group that does not go in time stays; the next worker sweeps it.
    """
    if not folder.is_dir():
        return
    kill_all(folder)
    below = [path for path in folder.rglob("*") if path.is_dir()]
    for group in (*sorted(below, reverse=True), folder):
        remove(group)


def kill_all(group: Path) -> None:
    """Kill everything in ``group`` and below at once (Linux 5.14 and later)."""
    with contextlib.suppress(OSError):
        (group / "cgroup.kill").write_text("1", "ascii")


def remove(group: Path) -> None:
    """Remove an empty group as soon as its last process is out of it."""
    deadline = time.monotonic() + _LEAVING_SECONDS
    while True:
        try:
            group.rmdir()
        except FileNotFoundError:
            return
        except OSError:
            if time.monotonic() > deadline:
                return
            time.sleep(0.002)
        else:
            return


def _own_path() -> str:
    for line in (_PROC / "self/cgroup").read_text("utf-8").splitlines():
        if line.startswith("0::"):
            return line[3:]
    raise NoGroups("this kernel has no cgroup v2")


def _folder_of(path: str) -> Path:
    """Return where the group is mounted; NoGroups where cgroup v2 is not."""
    for line in (_PROC / "self/mountinfo").read_text("utf-8").splitlines():
        fields = line.split()
        kind = fields[fields.index("-") + 1]
        root, point = fields[3], fields[4]
        if kind == "cgroup2" and f"{path}/".startswith(f"{root.rstrip('/')}/"):
            return Path(point, path[len(root.rstrip("/")) :].lstrip("/"))
    raise NoGroups("cgroup v2 is not mounted")


def _is_marked(group: Path) -> bool:
    for mark in _MARKS:
        with contextlib.suppress(OSError):
            if os.getxattr(group, mark) == b"1":
                return True
    return False


def _prepare(delegated: Path) -> None:
    """Let ``delegated`` share out its controllers: no process may be left in it."""
    # Only the root of the whole hierarchy, which may hold processes, has no type.
    if (delegated / "cgroup.type").exists():
        leaf = delegated / _PROCESSES_GROUP
        leaf.mkdir(exist_ok=True)
        while pids := (delegated / "cgroup.procs").read_text("ascii").split():
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    (leaf / "cgroup.procs").write_text(pid, "ascii")
    _share_controllers(delegated)


def _share_controllers(group: Path) -> None:
    words = " ".join(f"+{name}" for name in CONTROLLERS)
    (group / "cgroup.subtree_control").write_text(words, "ascii")


def _is_populated(group: Path) -> bool:
    return "populated 1" in (group / "cgroup.events").read_text("ascii")


def _make_folder(delegated: Path) -> Path:
    """Make a group of this process's own, the name of which tells when it is over."""
    pid = os.getpid()
    name = f"potok-{_pid_namespace()}-{pid}-{_started(pid)}"
    for number in itertools.count():
        folder = delegated / f"{name}-{number}"
        with contextlib.suppress(FileExistsError):
            folder.mkdir()
            return folder
    raise AssertionError("the count has no end")


def _pid_namespace() -> int:
    return (_PROC / "self/ns/pid").stat().st_ino


def _started(pid: int) -> int | None:
    """Return when a process started, in clock ticks since boot; None when gone."""
    try:
        text = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    # The name in parentheses may hold anything, blanks and parentheses included.
    return int(text.rpartition(")")[2].split()[19])
