"""Takes result files out of a folder that a hostile program has written.

Only after the box is dead, and even then nothing in the folder is trusted: a name may
be a link to the expected rows, a pipe that never ends, a device, or be exchanged for
one of these while it is looked at. The kernel resolves the name in one step beneath
the folder (openat2(2)), and everything else is asked of the open file, never of its
name.
"""

import ctypes
import errno
import os
import stat
import struct
from collections.abc import Iterable
from enum import StrEnum
from pathlib import Path

from sandbox.protections import Protection

_CALL_OPENAT2 = 437
_RESOLVE_NO_XDEV = 0x01
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_NO_SYMLINKS = 0x04
_RESOLVE_BENEATH = 0x08
_RESOLVE = (
    _RESOLVE_NO_XDEV | _RESOLVE_NO_MAGICLINKS | _RESOLVE_NO_SYMLINKS | _RESOLVE_BENEATH
)
# Not blocking: opening a pipe without a writer would wait for ever.
_FLAGS = os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CHUNK = 256 * 1024


class Refusal(StrEnum):
    """Why a file was not taken; always the program's doing, never the platform's."""

    MISSING = "missing"
    NOT_A_REGULAR_FILE = "not_a_regular_file"
    LINKED = "linked"
    UNREADABLE = "unreadable"
    TOO_LARGE = "too_large"


def collect(
    folder: Path,
    names: Iterable[str],
    *,
    max_bytes: int,
    without: frozenset[Protection] = frozenset(),
) -> dict[str, bytes | Refusal]:
    """Return each file's bytes, or why it was refused.

    ``names`` are relative to ``folder`` and may have folders in them. ``max_bytes``
    bounds all files together. Raises OSError when ``folder`` itself cannot be opened.
    """
    found: dict[str, bytes | Refusal] = {}
    left = max_bytes
    place = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for name in names:
            taken = _take(place, name, left, without)
            if isinstance(taken, bytes):
                left -= len(taken)
            found[name] = taken
    finally:
        os.close(place)
    return found


def _take(
    place: int, name: str, limit: int, without: frozenset[Protection]
) -> bytes | Refusal:
    is_careful = Protection.BENEATH_ONLY_COLLECTION not in without
    try:
        if is_careful:
            descriptor = _open_beneath(place, name)
        else:
            descriptor = os.open(name, _FLAGS, dir_fd=place)
    except OSError as error:
        return _refusal(error.errno)
    try:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            return Refusal.NOT_A_REGULAR_FILE
        if is_careful and state.st_nlink != 1:
            return Refusal.LINKED
        if state.st_size > limit:
            return Refusal.TOO_LARGE
        return _read(descriptor, limit)
    except OSError:
        return Refusal.UNREADABLE
    finally:
        os.close(descriptor)


def _read(descriptor: int, limit: int) -> bytes | Refusal:
    """Read to the end; the size that was told is not believed."""
    chunks: list[bytes] = []
    total = 0
    while chunk := os.read(descriptor, _CHUNK):
        total += len(chunk)
        if total > limit:
            return Refusal.TOO_LARGE
        chunks.append(chunk)
    return b"".join(chunks)


def _open_beneath(place: int, name: str) -> int:
    libc = ctypes.CDLL(None, use_errno=True)
    how = struct.pack("=QQQ", _FLAGS, 0, _RESOLVE)
    descriptor = libc.syscall(
        ctypes.c_long(_CALL_OPENAT2),
        ctypes.c_int(place),
        ctypes.c_char_p(os.fsencode(name)),
        ctypes.c_char_p(how),
        ctypes.c_size_t(len(how)),
    )
    if descriptor < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), name)
    return int(descriptor)


def _refusal(code: int | None) -> Refusal:
    if code == errno.ENOENT:
        return Refusal.MISSING
    if code == errno.ENOSYS:
        raise OSError(code, "this kernel has no openat2 (5.6 or later has)")
    if code == errno.EACCES:
        return Refusal.UNREADABLE
    # ELOOP: a link; EXDEV: out of the folder; ENXIO: a socket; ENOTDIR: no folder.
    return Refusal.NOT_A_REGULAR_FILE
