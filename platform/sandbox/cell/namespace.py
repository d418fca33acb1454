"""What the agent does to its own namespaces before anything else."""

import ctypes
import fcntl
import os
import socket
import struct
from pathlib import Path

# A private tmpfs over a folder that every Linux has and no part of the image lies in.
# All that a cell writes is in it and goes with the mount namespace.
CELL_FOLDER = Path("/dev/shm")  # noqa: S108

_MS_NOSUID = 2
_MS_NODEV = 4
_SIOCGIFFLAGS = 0x8913
_SIOCSIFADDR = 0x8916
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_SECOND_ADDRESS = socket.inet_aton("127.0.0.2")


def enter(*, size: int) -> None:
    """Bring the loopback up and mount the cell's own folder of ``size`` bytes."""
    _loopback_up()
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"size={size},nr_inodes=20000,mode=700".encode()
    flags = _MS_NOSUID | _MS_NODEV
    if libc.mount(b"cell", os.fsencode(CELL_FOLDER), b"tmpfs", flags, options) != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"mount tmpfs: {os.strerror(code)}")


def _loopback_up() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        request = struct.pack("16sh14x", b"lo", 0)
        answer = fcntl.ioctl(link, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sh14x", answer)[1] | _IFF_UP
        fcntl.ioctl(link, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))
        # librdkafka resolves with AI_ADDRCONFIG, and glibc then finds no IPv4 address
        # at all (not even a numeric one) while 127.0.0.1 is the only one configured.
        second = struct.pack("=16sHH4s8x", b"lo:1", socket.AF_INET, 0, _SECOND_ADDRESS)
        fcntl.ioctl(link, _SIOCSIFADDR, second)
