"""A worker without a database: ``worker_alone.py ORDERS`` runs plain programs in slots.

ORDERS is JSON: ``settings`` of a cell, ``requests``, the text of ``agent``
(plain_alone.py), ``uid`` of the slot, the agent's ``environment``, ``with_groups``
False for a worker that does not look for control groups, ``leftovers`` for one that
finds what another has left, ``blind`` to leave the watchdog out, and ``user``, to which
the worker drops first; it then gets a group as an administrator would give it, marked
as delegated where ``marked``. Prints one line of JSON after the word ``answer:``, so
that a console can carry it.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab_protocol.messages import RunOutcome
from lab_protocol.wire import decode, encode
from sandbox.cgroups import AGENT_GROUP, NO_GROUPS, Groups, entering, open_groups
from sandbox.privileges import as_ordinary_user, own_namespaces
from sandbox.settings import CellSettings

TOP = Path("/sys/fs/cgroup")


def main() -> None:
    """Do as ORDERS say."""
    orders = json.loads(sys.argv[1])
    if orders["user"] and os.geteuid() == 0:
        become(orders["user"], marked=orders["marked"])
    said = serve(orders)
    sys.stdout.write(f"\nanswer: {json.dumps(said)}\n")
    sys.stdout.flush()


def become(user: int, *, marked: bool) -> None:
    """Start this program anew as ``user``, in a group of that user's own."""
    (TOP / "cgroup.subtree_control").write_text("+memory +pids")
    own = TOP / f"given-{user}-{marked:d}"
    own.mkdir()
    for name in (".", "cgroup.procs", "cgroup.subtree_control"):
        os.chown(own / name, user, user)
    if marked:
        os.setxattr(own, "user.delegate", b"1")
    command = [*entering(own), *as_ordinary_user(user), *sys.orig_argv]
    os.execvp(command[0], command)  # noqa: S606


def serve(orders: dict[str, Any]) -> dict[str, Any]:
    """Run every request in a slot of its own; what came of it all."""
    # A worker that ended badly, with something of it left.
    lost = leave_something() if orders["leftovers"] else None
    groups = open_groups() if orders["with_groups"] else NO_GROUPS
    said: dict[str, Any] = {
        "user": os.geteuid(),
        "mode": groups.mode,
        "reason": groups.reason,
        "swept": not (TOP / "potok-1-1-1-0").exists(),
        "lost": lost is not None and lost.poll() is None,
        "outcomes": [run(groups, orders, request) for request in orders["requests"]],
    }
    groups.close()
    if groups.folder is not None:
        said["left"] = groups.folder.exists()
    return said


def leave_something() -> "subprocess.Popen[bytes]":
    """Make the groups of two workers that are gone; a process still runs in one."""
    namespace = Path("/proc/self/ns/pid").stat().st_ino
    # Process 1 did not start at tick 987654321.
    for group in (TOP / f"potok-{namespace}-1-987654321-0", TOP / "potok-1-1-1-0"):
        (group / "slot-0").mkdir(parents=True)
    lost = TOP / f"potok-{namespace}-1-987654321-0/slot-0"
    process = subprocess.Popen([*entering(lost), "sleep", "600"])
    while process.pid not in map(int, (lost / "cgroup.procs").read_text().split()):
        time.sleep(0.01)
    return process


def run(groups: Groups, orders: dict[str, Any], request: str) -> dict[str, Any]:
    """Run one request as a slot would."""
    slot = groups.open_slot(0, orders["uid"])
    settings = decode(orders["settings"].encode(), (CellSettings,))
    settings = replace(settings, group="" if slot is None else str(slot))
    done = subprocess.run(
        [
            *([] if slot is None else entering(slot / AGENT_GROUP)),
            *as_ordinary_user(orders["uid"]),
            *own_namespaces(),
            sys.executable,
            "-c",
            orders["agent"],
            encode(settings).decode().strip(),
            request,
            *(["blind"] if orders["blind"] else []),
        ],
        env=orders["environment"],
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )
    left = [] if slot is None else sorted(path.name for path in slot.glob("box-*"))
    if done.returncode != 0:
        return {"ending": "failed", "detail": done.stderr[-2000:], "left": left}
    outcome = decode(done.stdout.encode(), (RunOutcome,))
    return {
        "ending": outcome.ending,
        "detail": outcome.detail,
        "stdout": outcome.stdout,
        "stderr": outcome.stderr,
        "peak": outcome.peak_memory_bytes,
        "cpu": outcome.cpu_seconds,
        "left": left,
        "error": "" if outcome.error is None else outcome.error.kind,
    }


if __name__ == "__main__":
    main()
