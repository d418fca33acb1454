"""The filter's own logic, run by a small interpreter of classic BPF."""

import errno
import struct

import pytest

from sandbox import seccomp

ALLOW = 0x7FFF0000
KILL = 0x80000000
EPERM = 0x00050000 | errno.EPERM
ENOSYS = 0x00050000 | errno.ENOSYS
X86_64 = 0xC000003E


def verdict(number: int, *arguments: int, arch: int = X86_64) -> int:
    """Return what the filter answers to a system call."""
    data = struct.pack("=IIQ6Q", number, arch, 0, *(*arguments, *[0] * 6)[:6])
    program = seccomp.filter_program()
    code = [
        struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)
    ]
    accumulator = position = 0
    while True:
        operation, when_true, when_false, operand = code[position]
        position += 1
        if operation == 0x20:
            accumulator = struct.unpack_from("=I", data, operand)[0]
        elif operation == 0x54:
            accumulator &= operand
        elif operation == 0x06:
            return operand
        else:
            holds = {
                0x15: accumulator == operand,
                0x35: accumulator >= operand,
                0x45: bool(accumulator & operand),
            }[operation]
            position += when_true if holds else when_false


@pytest.mark.parametrize("name", sorted(seccomp.DENIED_CALLS))
def test_every_listed_call_is_refused(name: str) -> None:
    assert verdict(seccomp.DENIED_CALLS[name]) == EPERM


@pytest.mark.parametrize(
    ("number", "arguments", "expected"),
    [
        (0, (), ALLOW),  # read
        (59, (), ALLOW),  # execve
        (56, (0x3D0F00,), ALLOW),  # clone for a thread
        (56, (0x11,), ALLOW),  # clone for a fork
        (56, (0x10000000,), EPERM),  # clone with NEWUSER
        (56, (0x00020011,), EPERM),  # clone with NEWNS
        (435, (), ENOSYS),  # clone3
        (16, (0, 0x5401), ALLOW),  # ioctl TCGETS
        (16, (0, 0x5412), EPERM),  # ioctl TIOCSTI
        (16, (0, 0x541C), EPERM),  # ioctl TIOCLINUX
        (41, (1, 1), ALLOW),  # socket UNIX, STREAM
        (41, (2, 1), ALLOW),  # socket INET, STREAM
        (41, (10, 0x80801), ALLOW),  # socket INET6, STREAM with flags
        (41, (2, 3), EPERM),  # socket INET, RAW
        (41, (2, 0x80003), EPERM),  # socket INET, RAW with flags
        (41, (16, 3), EPERM),  # socket NETLINK
        (41, (17, 3), EPERM),  # socket PACKET
        (41, (40, 1), EPERM),  # socket VSOCK
        (53, (1, 1), ALLOW),  # socketpair UNIX
        (53, (16, 1), EPERM),
        (29, (0, 64), ALLOW),  # shmget
        (29, (0, 65_536), ALLOW),
        (29, (0, 65_537), EPERM),
        (29, (0, 1 << 32), EPERM),
        (0x40000000 + 101, (), KILL),  # ptrace by its x32 number
    ],
)
def test_calls_are_judged_by_their_arguments(
    number: int, arguments: tuple[int, ...], expected: int
) -> None:
    assert verdict(number, *arguments) == expected


def test_another_architecture_is_killed() -> None:
    assert verdict(26, arch=0x40000003) == KILL
