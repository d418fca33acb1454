"""How a child of the worker gives up what it does not need.

Under root a child becomes an ordinary user first: limits such as RLIMIT_NPROC do not
bind root, and root of the host must not be root of anything a student can touch.
"""

import os
from pathlib import Path

from sandbox.errors import SandboxUnavailable

_CAP_SYS_NICE = 23
_FORBIDDEN = (
    "Operation not permitted",
    "Permission denied",
    "No permissions to create new namespace",
)


def as_ordinary_user(uid: int) -> list[str]:
    """Return the command prefix that drops to ``uid``; empty for an ordinary user."""
    if os.geteuid() != 0:
        return ["setpriv", "--no-new-privs", "--"]
    return [
        "setpriv",
        f"--reuid={uid}",
        f"--regid={uid}",
        "--clear-groups",
        "--inh-caps=-all",
        "--bounding-set=-all",
        "--no-new-privs",
        "--",
    ]


def may_renice() -> bool:
    """Tell whether this process may take the niceness of others back: CAP_SYS_NICE."""
    status = Path("/proc/self/status").read_text(encoding="ascii", errors="replace")
    line = next(line for line in status.splitlines() if line.startswith("CapEff:"))
    return bool(int(line.split()[1], 16) >> _CAP_SYS_NICE & 1)


def own_count() -> list[str]:
    """Return the command prefix after which RLIMIT_NPROC counts only what follows.

    The kernel counts processes for each user in each user namespace: without one, an
    ordinary user's Java machines elsewhere would be in the sum of every jail.
    """
    return ["unshare", "--user", "--map-root-user", "--"]


def own_namespaces() -> list[str]:
    """Return the command prefix for a private network, pid, mount and IPC world.

    The child is process 1 of its pid namespace: when it ends, the kernel ends all
    others in it. ``--kill-child`` ties it to the life of unshare itself.
    """
    return [
        "unshare",
        "--user",
        "--map-root-user",
        "--net",
        "--ipc",
        "--uts",
        "--pid",
        "--fork",
        "--kill-child=KILL",
        "--mount-proc",
        "--",
    ]


def explain_refusal(said: str) -> SandboxUnavailable:
    """Turn what unshare or bwrap said into the repair for this system."""
    if any(word in said for word in _FORBIDDEN):
        return SandboxUnavailable(
            "no_user_namespaces",
            "this system refuses unprivileged user namespaces",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 "
            "kernel.unprivileged_userns_clone=1",
        )
    # unshare says of a limit what of a full disk would be said.
    if "max_*_namespaces" in said or (
        "unshare" in said and "No space left on device" in said
    ):
        return SandboxUnavailable(
            "no_user_namespaces",
            "this system allows no further user namespace",
            "sysctl -w user.max_user_namespaces=15000",
        )
    return SandboxUnavailable("cell_start", f"a cell could not start: {said[-300:]}")
