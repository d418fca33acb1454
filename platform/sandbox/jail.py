"""The bubblewrap command line: one builder for box, broker and author jail.

What is not listed is not there: a jail begins with an empty root, an empty environment
and no capability, and gets read-only mounts of the runtime image, sized tmpfs folders,
its own user, pid, mount, ipc, uts and cgroup namespaces and the system-call filter.
"""

import os
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sandbox.errors import SandboxUnavailable
from sandbox.protections import Protection

JAIL_UID = 61234

# The loader's path is compiled into every executable; /lib64 and /usr/lib lead to the
# one folder with the copied libraries.
LIBRARY_TARGET = "/lib/x86_64-linux-gnu"


@dataclass(frozen=True, slots=True)
class Mount:
    """A folder or file of the host and where the jail sees it."""

    source: Path
    target: str
    writable: bool = False

    def arguments(self) -> list[str]:
        """Return the words of bubblewrap for this mount."""
        kind = "--bind" if self.writable else "--ro-bind"
        return [kind, str(self.source), self.target]


@dataclass(frozen=True, slots=True)
class Scratch:
    """A memory-backed folder of at most ``size`` bytes, empty at the start.

    For trusted programs only: bubblewrap puts no cap on inodes.
    """

    target: str
    size: int


@dataclass(frozen=True, slots=True)
class Jail:
    """Everything that decides what a jailed program can see and reach.

    ``own_network`` False keeps the network of the caller, which for box and broker
    is the slot's namespace with nothing but a loopback. ``without`` leaves single
    protections out, for tests.
    """

    mounts: Sequence[Mount]
    environment: Mapping[str, str]
    folder: str
    scratch: Sequence[Scratch] = ()
    late_mounts: Sequence[Mount] = ()
    own_network: bool = True
    hostname: str = "lab"
    without: frozenset[Protection] = frozenset()
    links: Mapping[str, str] = field(
        default_factory=lambda: {
            "/lib64": LIBRARY_TARGET,
            "/usr/lib": "/lib",
            "/usr/bin": "/bin",
        }
    )

    def read_by_bubblewrap(self, seccomp_fd: int) -> tuple[int, ...]:
        """Return the descriptors that bubblewrap reads and closes itself.

        Any other inherited descriptor stays open in the jail: a filter that is left
        out, but handed over, would show the program a file of the host.
        """
        return () if Protection.SECCOMP in self.without else (seccomp_fd,)

    def command(self, program: Sequence[str], *, seccomp_fd: int) -> list[str]:
        """Return the whole command; ``seccomp_fd`` must be open and be inherited."""
        arguments = [
            bubblewrap(),
            "--unshare-user",
            "--unshare-uts",
            "--unshare-cgroup-try",
            "--new-session",
            "--uid",
            str(JAIL_UID),
            "--gid",
            str(JAIL_UID),
            "--hostname",
            self.hostname,
        ]
        for protection, words in {
            Protection.OWN_PID_NAMESPACE: ("--unshare-pid",),
            Protection.OWN_IPC_NAMESPACE: ("--unshare-ipc",),
            Protection.DISABLED_USERNS: ("--disable-userns",),
            Protection.CLEAR_ENVIRONMENT: ("--clearenv",),
            Protection.DIE_WITH_PARENT: ("--die-with-parent",),
            Protection.SECCOMP: ("--seccomp", str(seccomp_fd)),
        }.items():
            if protection not in self.without:
                arguments += words
        # Left out, not naming capabilities would not do: bwrap keeps none by itself.
        kept = Protection.CAPABILITIES in self.without
        arguments += ["--cap-add" if kept else "--cap-drop", "ALL"]
        if self.own_network:
            arguments.append("--unshare-net")
        for mount in self.mounts:
            arguments += mount.arguments()
        for link, target in self.links.items():
            arguments += ["--symlink", target, link]
        arguments += ["--proc", "/proc", "--dev", "/dev"]
        for scratch in self.scratch:
            arguments += ["--size", str(scratch.size), "--tmpfs", scratch.target]
        for mount in self.late_mounts:
            arguments += mount.arguments()
        for name, value in self.environment.items():
            arguments += ["--setenv", name, value]
        # The root and /dev are tmpfs of bubblewrap's own without a size: closed last.
        if Protection.READ_ONLY_IMAGE not in self.without:
            arguments += ["--remount-ro", "/dev", "--remount-ro", "/"]
        return [*arguments, "--chdir", self.folder, "--", *program]


def bubblewrap() -> str:
    """Return the path of bwrap, or raise SandboxUnavailable with the repair."""
    path = shutil.which("bwrap", path=os.environ.get("PATH", os.defpath))
    if path is None:
        raise SandboxUnavailable(
            "no_bubblewrap", "bubblewrap is not installed", "apt-get install bubblewrap"
        )
    return path
