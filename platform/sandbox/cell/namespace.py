"""What the agent does to its own namespaces before anything else."""

import fcntl
import socket
import struct
from pathlib import Path

from sandbox.cell.scratch import mount_tmpfs

# A private tmpfs over a folder that every Linux has and no part of the image lies in.
# All that a cell writes is in it and goes with the mount namespace.
CELL_FOLDER = Path("/dev/shm")  # noqa: S108

_INODES = 20_000
_SIOCGIFFLAGS = 0x8913
_SIOCSIFADDR = 0x8916
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1
_SECOND_ADDRESS = "127.0.0.2"


def enter(*, size: int) -> None:
    """Bring the loopback up and mount the cell's own folder of ``size`` bytes."""
    raise_loopback()
    mount_tmpfs(CELL_FOLDER, size=size, inodes=_INODES)


def raise_loopback() -> None:
    """Bring the loopback interface of a new network namespace up."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        request = struct.pack("16sh14x", b"lo", 0)
        answer = fcntl.ioctl(link, _SIOCGIFFLAGS, request)
        flags = struct.unpack("16sh14x", answer)[1] | _IFF_UP
        fcntl.ioctl(link, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags))
        # librdkafka resolves with AI_ADDRCONFIG, and glibc then finds no IPv4 address
        # at all (not even a numeric one) while 127.0.0.1 is the only one configured.
        add_address(_SECOND_ADDRESS, label="lo:1")


def add_address(address: str, *, label: str) -> None:
    """Give the loopback one more IPv4 address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as link:
        numbers = socket.inet_aton(address)
        request = struct.pack("=16sHH4s8x", label.encode(), socket.AF_INET, 0, numbers)
        fcntl.ioctl(link, _SIOCSIFADDR, request)
