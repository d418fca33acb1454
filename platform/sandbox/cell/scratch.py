"""The box's writable folders: tmpfs of the agent's, bounded in bytes and in inodes.

bubblewrap's own tmpfs has a size but no cap on inodes (3 million empty files fitted
into 16 MiB, each about 1 KiB of kernel memory that no other limit sees). So the agent
mounts them in its mount namespace and the box gets them bound in. They outlive the box
until :meth:`Scratch.remove`, so that result files can be collected from the dead.
"""

import contextlib
import ctypes
import os
from pathlib import Path

from sandbox.jail import Mount
from sandbox.protections import Protection

MIB = 1024 * 1024
INODES = 20_000
_SHARED_BYTES = 16 * MIB
_SHARED_INODES = 1000
# Left out in a test, a cap is this many times as high: an attack shows that it goes
# through, and the machine still has an end in sight.
_SABOTAGE = 8

_MS_NOSUID = 2
_MS_NODEV = 4
_MNT_DETACH = 2


class Scratch:
    """The folders /tmp, /work and /dev/shm of one box."""

    def __init__(
        self, folder: Path, *, size: int, without: frozenset[Protection] = frozenset()
    ) -> None:
        """Mount the folders below ``folder``, which must not exist yet."""
        folder.mkdir(mode=0o700)
        self._folder = folder
        bytes_factor = _SABOTAGE if Protection.SCRATCH_BYTES in without else 1
        inode_factor = _SABOTAGE if Protection.SCRATCH_INODES in without else 1
        self._targets = {"tmp": "/tmp", "work": "/work", "shm": "/dev/shm"}  # noqa: S108
        for name in self._targets:
            is_shared = name == "shm"
            (folder / name).mkdir()
            mount_tmpfs(
                folder / name,
                size=(_SHARED_BYTES if is_shared else size) * bytes_factor,
                inodes=(_SHARED_INODES if is_shared else INODES) * inode_factor,
            )

    @property
    def work(self) -> Path:
        """The box's /work as the agent sees it; hostile while the box lives."""
        return self._folder / "work"

    def mounts(self) -> tuple[Mount, ...]:
        """Return where the box sees the folders."""
        return tuple(
            Mount(self._folder / name, target, writable=True)
            for name, target in self._targets.items()
        )

    def exhausted(self) -> str:
        """Return ``files`` or ``scratch`` where a folder is full, else nothing."""
        for name in self._targets:
            try:
                state = os.statvfs(self._folder / name)
            except OSError:
                continue
            if state.f_ffree == 0:
                return "files"
            if state.f_bavail * state.f_frsize < MIB:
                return "scratch"
        return ""

    def used_bytes(self) -> int:
        """Return the memory that the folders' files hold; no process maps most of it.

        What is mapped counts here and for its process: too much, never too little.
        """
        used = 0
        for name in self._targets:
            with contextlib.suppress(OSError):
                state = os.statvfs(self._folder / name)
                used += (state.f_blocks - state.f_bfree) * state.f_frsize
        return used

    def remove(self) -> None:
        """Give the memory back; the box must be dead. Safe to call twice."""
        for name in self._targets:
            if (self._folder / name).is_dir():
                unmount(self._folder / name)
                (self._folder / name).rmdir()
        if self._folder.is_dir():
            self._folder.rmdir()


def mount_tmpfs(folder: Path, *, size: int, inodes: int) -> None:
    """Mount an empty tmpfs over ``folder``; OSError when the kernel refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={size},nr_inodes={inodes},mode=700".encode()
    flags = _MS_NOSUID | _MS_NODEV
    if libc.mount(b"cell", os.fsencode(folder), b"tmpfs", flags, options) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount tmpfs: {os.strerror(code)}")


def unmount(folder: Path) -> None:
    """Take the mount away with all in it; no path inside is ever followed."""
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.umount2(os.fsencode(folder), _MNT_DETACH) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"umount: {os.strerror(code)}")
