"""The system-call filter of both jails, assembled to classic BPF by hand.

A deny list for x86-64: the JVM, Beam and numpy use several hundred calls, so an allow
list would break with every upgrade; what is denied is what reaches other processes,
kernel attack surface or shared kernel objects and what no lab needs. Denied calls
answer EPERM, so that a program can report them; ``clone3`` answers ENOSYS, because its
flags lie in memory where a filter cannot look, and glibc then falls back to ``clone``.
Calls of foreign architectures (i386, x32) are killed: their numbers mean other things.
"""

import errno
import struct

AUDIT_ARCH_X86_64 = 0xC000003E
X32_BIT = 0x40000000

_LOAD_WORD = 0x20
_JUMP_EQUAL = 0x15
_JUMP_GREATER_OR_EQUAL = 0x35
_JUMP_ANY_BIT = 0x45
_RETURN = 0x06

_ALLOW = 0x7FFF0000
_KILL_PROCESS = 0x80000000
_DENY = 0x00050000 | errno.EPERM
_MISSING = 0x00050000 | errno.ENOSYS

_OFFSET_NUMBER = 0
_OFFSET_ARCH = 4
_OFFSET_ARGUMENTS = 16

DENIED_CALLS = {
    "ptrace": 101,
    "process_vm_readv": 310,
    "process_vm_writev": 311,
    "process_madvise": 440,
    "process_mrelease": 448,
    "kcmp": 312,
    "pidfd_getfd": 438,
    "add_key": 248,
    "request_key": 249,
    "keyctl": 250,
    "io_uring_setup": 425,
    "io_uring_enter": 426,
    "io_uring_register": 427,
    "userfaultfd": 323,
    "bpf": 321,
    "perf_event_open": 298,
    "mount": 165,
    "umount2": 166,
    "pivot_root": 155,
    "open_tree": 428,
    "move_mount": 429,
    "fsopen": 430,
    "fsconfig": 431,
    "fsmount": 432,
    "fspick": 433,
    "mount_setattr": 442,
    "statmount": 457,
    "listmount": 458,
    "chroot": 161,
    "unshare": 272,
    "setns": 308,
    "kexec_load": 246,
    "kexec_file_load": 320,
    "init_module": 175,
    "delete_module": 176,
    "finit_module": 313,
    "create_module": 174,
    "query_module": 178,
    "get_kernel_syms": 177,
    "swapon": 167,
    "swapoff": 168,
    "reboot": 169,
    "name_to_handle_at": 303,
    "open_by_handle_at": 304,
    "quotactl": 179,
    "quotactl_fd": 443,
    "acct": 163,
    "syslog": 103,
    "iopl": 172,
    "ioperm": 173,
    "modify_ldt": 154,
    "personality": 135,
    "settimeofday": 164,
    "clock_settime": 227,
    "clock_adjtime": 305,
    "adjtimex": 159,
    "sethostname": 170,
    "setdomainname": 171,
    "vhangup": 153,
    "fanotify_init": 300,
    "fanotify_mark": 301,
    "lookup_dcookie": 212,
    "nfsservctl": 180,
    "uselib": 134,
    "_sysctl": 156,
    "ustat": 136,
    "mbind": 237,
    "set_mempolicy": 238,
    "get_mempolicy": 239,
    "set_mempolicy_home_node": 450,
    "migrate_pages": 256,
    "move_pages": 279,
    # Memory that is in no process and no folder: a watchdog over both cannot count it.
    "memfd_create": 319,
    "memfd_secret": 447,
    "vmsplice": 278,
    "mknod": 133,
    "mknodat": 259,
}

_CALL_CLONE = 56
_CALL_CLONE3 = 435
_CALL_IOCTL = 16
_CALL_SOCKET = 41
_CALL_SOCKETPAIR = 53
_CALL_SHMGET = 29
# A detached segment is in no process either. A namespace holds 4096 of them.
SEGMENT_BYTES = 64 * 1024

# NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET; NEWTIME shares its bit
# with the exit signal and is reachable through unshare and clone3 only.
_CLONE_NAMESPACES = 0x7E020000

_IOCTLS = {"TIOCSTI": 0x5412, "TIOCLINUX": 0x541C}

# AF_UNIX, AF_INET, AF_INET6: everything else (NETLINK, PACKET, VSOCK, ALG, ...) is
# refused. The JVM asks for no other family; getifaddrs() in glibc wants NETLINK and
# falls back to an empty answer, which all labs were run with.
_SOCKET_FAMILIES = (1, 2, 10)
_SOCK_RAW = 3
_SOCK_TYPE_MASK = 0xF


def filter_program() -> bytes:
    """Return the filter as an array of ``struct sock_filter`` for bwrap's --seccomp."""
    code: list[bytes] = [
        _load(_OFFSET_ARCH),
        _jump(_JUMP_EQUAL, AUDIT_ARCH_X86_64, when_true=1, when_false=0),
        _give(_KILL_PROCESS),
        _load(_OFFSET_NUMBER),
        _jump(_JUMP_GREATER_OR_EQUAL, X32_BIT, when_true=0, when_false=1),
        _give(_KILL_PROCESS),
    ]
    for number in DENIED_CALLS.values():
        code += [_jump(_JUMP_EQUAL, number, when_true=0, when_false=1), _give(_DENY)]
    code += [
        _jump(_JUMP_EQUAL, _CALL_CLONE3, when_true=0, when_false=1),
        _give(_MISSING),
    ]
    code += _guard(_CALL_CLONE, _clone_body())
    code += _guard(_CALL_IOCTL, _ioctl_body())
    code += _guard(_CALL_SOCKET, _socket_body())
    code += _guard(_CALL_SOCKETPAIR, _socket_body())
    code += _guard(_CALL_SHMGET, _segment_body())
    code.append(_give(_ALLOW))
    return b"".join(code)


def _guard(number: int, body: list[bytes]) -> list[bytes]:
    """Return ``body`` behind a test for the call; the body must end in a return."""
    return [_jump(_JUMP_EQUAL, number, when_true=0, when_false=len(body)), *body]


def _clone_body() -> list[bytes]:
    return [
        _load(_OFFSET_ARGUMENTS),
        _jump(_JUMP_ANY_BIT, _CLONE_NAMESPACES, when_true=0, when_false=1),
        _give(_DENY),
        _give(_ALLOW),
    ]


def _ioctl_body() -> list[bytes]:
    body = [_load(_OFFSET_ARGUMENTS + 8)]
    for request in _IOCTLS.values():
        body += [_jump(_JUMP_EQUAL, request, when_true=0, when_false=1), _give(_DENY)]
    return [*body, _give(_ALLOW)]


def _segment_body() -> list[bytes]:
    size = _OFFSET_ARGUMENTS + 8
    return [
        _load(size + 4),
        _jump(_JUMP_EQUAL, 0, when_true=1, when_false=0),
        _give(_DENY),
        _load(size),
        _jump(_JUMP_GREATER_OR_EQUAL, SEGMENT_BYTES + 1, when_true=0, when_false=1),
        _give(_DENY),
        _give(_ALLOW),
    ]


def _socket_body() -> list[bytes]:
    remaining = len(_SOCKET_FAMILIES)
    body = [_load(_OFFSET_ARGUMENTS)]
    for family in _SOCKET_FAMILIES:
        # A known family jumps over the remaining tests and over the denial.
        body.append(_jump(_JUMP_EQUAL, family, when_true=remaining, when_false=0))
        remaining -= 1
    return [
        *body,
        _give(_DENY),
        _load(_OFFSET_ARGUMENTS + 8),
        struct.pack("=HBBI", 0x54, 0, 0, _SOCK_TYPE_MASK),  # A &= mask
        _jump(_JUMP_EQUAL, _SOCK_RAW, when_true=0, when_false=1),
        _give(_DENY),
        _give(_ALLOW),
    ]


def _load(offset: int) -> bytes:
    return struct.pack("=HBBI", _LOAD_WORD, 0, 0, offset)


def _jump(kind: int, operand: int, *, when_true: int, when_false: int) -> bytes:
    return struct.pack("=HBBI", kind, when_true, when_false, operand)


def _give(action: int) -> bytes:
    return struct.pack("=HBBI", _RETURN, 0, 0, action)
