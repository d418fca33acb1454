"""How a child of the worker gives up what it does not need.

Under root a child becomes an ordinary user first: limits such as RLIMIT_NPROC do not
bind root, and root of the host must not be root of anything a student can touch.
"""

import os

from sandbox.errors import SandboxUnavailable


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


def may_return_to_normal_niceness() -> list[str]:
    """Return the prefix by which children may take their own niceness back to 0.

    Only root can grant it; empty for an ordinary user, whose boxes then start with a
    full share of the processor.
    """
    return ["prlimit", "--nice=20:20", "--"] if os.geteuid() == 0 else []


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
    if "Operation not permitted" in said or "Permission denied" in said:
        return SandboxUnavailable(
            "no_user_namespaces",
            "this system refuses unprivileged user namespaces",
            "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0 "
            "kernel.unprivileged_userns_clone=1",
        )
    return SandboxUnavailable("cell_start", f"a cell could not start: {said[-300:]}")
