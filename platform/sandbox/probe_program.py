"""Tries to get out of the box and prints, as JSON, what came of each attempt.

Sent into a box as a student's file by ``sandbox.selfcheck``. The first line of
``targets.json`` beside it names the host's canaries. Each entry is ``true`` where the
attempt was refused; anything else says what it found. Standard library only; run
outside a jail, most attempts succeed, which is how tests know that they are real.
"""

import ctypes
import json
import os
import pathlib
import resource
import socket
import stat
import struct
import subprocess
import sys
from collections.abc import Callable, Iterable
from typing import Any

# True, or what was found instead.
Answer = Any

ALLOWED_NAMES = {
    "PATH", "LC_ALL", "TZ", "JAVA_HOME", "HOME", "USER", "TMPDIR", "LD_LIBRARY_PATH",
    "PYTHONPATH", "PYTHONUTF8", "PYTHONDONTWRITEBYTECODE", "PYTHONUNBUFFERED",
    "FLINK_CONF_DIR", "MALLOC_ARENA_MAX", "PWD", "PYFLINK_GATEWAY_PORT",
    "FLINK_HOME", "LC_CTYPE",
}  # fmt: skip
ALLOWED_ROOT = {
    "bin", "dev", "etc", "lib", "lib64", "proc", "rt", "tmp", "usr", "work",
}  # fmt: skip
ALLOWED_COMMANDS = {"bwrap", "python3.12", "java"}
# What the filter looks into: arguments that it must refuse, and no kernel would take.
# CLONE_NEWNS with CLONE_FS; a new namespace behind a pointer; more shared memory than
# there is, of a key that nobody has made; TIOCSTI and TIOCLINUX.
GUARDED_CALLS = {
    "clone": (56, (0x20200, 0, 0), 1),
    "clone3": (435, (-1, 0, 0), 38),
    "shmget": (29, (-1, 1 << 60, 0), 1),
    "ioctl_tiocsti": (16, (-1, 0x5412, 0), 1),
    "ioctl_tioclinux": (16, (-1, 0x541C, 0), 1),
}
PROC = pathlib.Path("/proc")
CLIENT_PORT = 9092
OTHER_DOORS = {"controller": 9093, "agent": 9094}
NOT_AUTHORIZED = 29

# getpid() by its number for i386, as machine code, and by its number for x32: the
# filter must not let another architecture's numbers pass.
FOREIGN_CALLS = {
    "i386": (
        "import ctypes, mmap\n"
        "page = mmap.mmap(-1, 4096, prot=7)\n"
        "page.write(bytes.fromhex('b814000000cd80c3'))\n"
        "start = ctypes.addressof(ctypes.c_char.from_buffer(page))\n"
        "ctypes.CFUNCTYPE(ctypes.c_int)(start)()\n"
    ),
    "x32": "import ctypes\nctypes.CDLL(None).syscall(0x40000000 + 39)\n",
}


def refuses_connection(host: str, port: int) -> Answer:
    """Return True when no TCP connection comes about."""
    try:
        socket.create_connection((host, port), timeout=0.4).close()
    except OSError:
        return True
    return f"connected to {host}:{port}"


def refuses_writing(path: str) -> Answer:
    """Return True when no file can be made there."""
    try:
        pathlib.Path(path).write_text("x")
    except OSError:
        return True
    pathlib.Path(path).unlink()
    return f"wrote {path}"


def refuses_call(
    number: int, arguments: tuple[int, ...] = (-1, -1, 0, 0, 0), refusal: int = 1
) -> Answer:
    """Return True when the system call ends with ``refusal``, EPERM by default.

    Harmless where the call is allowed: -1 is no request, path or flag of any of them
    (0 is one: ptrace would make this very process traced, and stop it). Nor is it a
    length: with 0 root outside of a jail took the machine its name (sethostname).
    """
    libc = ctypes.CDLL(None, use_errno=True)
    result = libc.syscall(number, *(ctypes.c_long(value) for value in arguments))
    if result < 0 and ctypes.get_errno() == refusal:
        return True
    return f"result {result}, errno {ctypes.get_errno()}"


def refuses_family(family: int) -> Answer:
    """Return True when no socket of that family can be made."""
    try:
        socket.socket(family, socket.SOCK_RAW).close()
    except OSError as error:
        return True if error.errno == 1 else f"errno {error.errno}"
    return f"family {family} opened"


def only(found: Iterable[str], allowed: set[str]) -> Answer:
    """Return True when nothing but the allowed was found."""
    return sorted(set(found) - set(allowed)) or True


def interfaces() -> list[str]:
    """Return the names of the network interfaces."""
    lines = (PROC / "net/dev").read_text().splitlines()[2:]
    return [line.split(":")[0].strip() for line in lines]


def commands() -> list[str]:
    """Return the short names of all processes that can be seen."""
    names = []
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                names.append((folder / "comm").read_text().strip())
            except OSError:
                continue
    return names


def no_privileges() -> Answer:
    """Return True when the process has no capability and cannot gain one."""
    status = dict(
        line.split(":\t", 1)
        for line in (PROC / "self/status").read_text().splitlines()
        if ":\t" in line
    )
    wanted = {"CapEff": "0" * 16, "CapBnd": "0" * 16, "NoNewPrivs": "1", "Seccomp": "2"}
    wrong = {name: status[name] for name in wanted if status[name] != wanted[name]}
    if int(status["Uid"].split()[0]) == 0:
        wrong["Uid"] = status["Uid"]
    return wrong or True


def refuses_foreign_call(program: str) -> Answer:
    """Return True when a process that makes the call is ended for it (SIGSYS)."""
    command = [sys.executable or "/rt/py/bin/python3.12", "-I", "-S", "-c", program]
    quiet = subprocess.DEVNULL
    try:
        code = subprocess.call(command, stdout=quiet, stderr=quiet, timeout=5)
    except subprocess.TimeoutExpired:
        return "did not end"
    return code == -31 or f"ended with {code}"


def refuses_filling(folder: str, size: int, files: int) -> Answer:
    """Return True when neither ``size`` bytes nor ``files`` files fit; tidies up."""
    place = pathlib.Path(folder)
    large = place / "probe-large"
    try:
        with large.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        return f"{size} bytes fitted into {folder}"
    except OSError:
        pass
    finally:
        large.unlink(missing_ok=True)
    made = []
    try:
        for number in range(files):
            path = place / f"probe-{number}"
            path.touch()
            made.append(path)
        return f"{files} files fitted into {folder}"
    except OSError:
        return True
    finally:
        for path in made:
            path.unlink()


def is_bounded(folder: str, size: int, files: int) -> Answer:
    """Return True when the folder's file system has no room for more than the given."""
    state = os.statvfs(folder)
    room = state.f_blocks * state.f_frsize
    if room <= size and 0 < state.f_files <= files:
        return True
    return f"{folder} has {room} bytes and {state.f_files} inodes"


def process_limits(expected: dict[str, int]) -> Answer:
    """Return True when no limit of this process is above the expected."""
    kinds = {
        "data": resource.RLIMIT_DATA,
        "tasks": resource.RLIMIT_NPROC,
        "descriptors": resource.RLIMIT_NOFILE,
        "file": resource.RLIMIT_FSIZE,
        "core": resource.RLIMIT_CORE,
    }
    found = {name: resource.getrlimit(kind)[1] for name, kind in kinds.items()}
    wrong = {
        name: value
        for name, value in found.items()
        if value == resource.RLIM_INFINITY or value > expected[name]
    }
    return wrong or True


def foreign_files() -> Answer:
    """Return True when no descriptor leads to a file outside of the box's folders."""
    own = ("/rt/", "/work", "/tmp", "/proc", "/dev/null", "/dev/urandom")  # noqa: S108
    found = []
    for entry in (PROC / "self/fd").iterdir():
        try:
            target = str(entry.readlink())
            opened = os.fstat(int(entry.name))
        except OSError:
            continue
        if not (stat.S_ISREG(opened.st_mode) or target.startswith("/")):
            continue
        # The name alone says nothing: a host's folder may be called /work as well.
        if not (target.startswith(own) and is_here(target, opened)):
            found.append(target)
    return found or True


def is_here(name: str, opened: os.stat_result) -> bool:
    """Return whether the opened file is what the box has under that name."""
    if name.endswith(" (deleted)"):
        name = os.path.dirname(name)  # noqa: PTH120 (a name, not a file)
        return os.stat(name).st_dev == opened.st_dev  # noqa: PTH116
    try:
        return os.path.samestat(os.stat(name), opened)  # noqa: PTH116
    except OSError:
        return name.startswith("/proc/")


def secrets_in_proc(token: str) -> Answer:
    """Return True when no process shows the agent's environment."""
    found = []
    for folder in PROC.iterdir():
        if folder.name.isdigit():
            try:
                if token in (folder / "environ").read_text("utf-8", "replace"):
                    found.append(folder.name)
            except OSError:
                continue
    return found or True


def ask_broker(port: int, api: int, version: int, body: bytes) -> bytes:
    """Send one request of Kafka's protocol; the answer, empty when there is none."""
    request = struct.pack(">hhih", api, version, 1, -1) + body
    with socket.create_connection(("127.0.0.1", port), timeout=3) as line:
        line.sendall(struct.pack(">i", len(request)) + request)
        size = line.recv(4, socket.MSG_WAITALL)
        if len(size) < 4:
            return b""
        return line.recv(struct.unpack(">i", size)[0], socket.MSG_WAITALL)


def text(value: str) -> bytes:
    """Return a string as Kafka's protocol has it."""
    return struct.pack(">h", len(value)) + value.encode()


def refuses_request(
    api: int, version: int, body: bytes, where: Callable[[bytes], int]
) -> Answer:
    """Return True when the broker answers that the client may not."""
    try:
        answer = ask_broker(CLIENT_PORT, api, version, body)
        code = struct.unpack_from(">h", answer, where(answer))[0]
    except (OSError, ValueError, struct.error) as error:
        return f"no answer: {error}"
    return code == NOT_AUTHORIZED or f"error code {code}"


def refuses_strangers(port: int) -> Answer:
    """Return True when the port gives nothing to a client without a password."""
    try:
        answer = ask_broker(port, 3, 1, struct.pack(">i", -1))
    except OSError:
        return True
    return f"answered {len(answer)} bytes" if answer else True


def broker_answers(read: str, write: str) -> dict[str, Answer]:
    """Try what the access list of a run forbids; ``read`` is its input topic."""
    one = struct.pack(">i", 1)
    none = struct.pack(">i", 0)

    def after(topic: str, more: int) -> Callable[[bytes], int]:
        return lambda answer: answer.index(text(topic)) + len(text(topic)) + more

    produce = struct.pack(">hhi", -1, 1, 2000) + one + text(read) + one
    fetch = struct.pack(">iiiib", -1, 0, 0, 4096, 0) + one + text(write) + one
    create = one + text("probe_new") + struct.pack(">ih", 1, 1) + none + none
    change = one + b"\x02" + text(read) + one + text("retention.ms") + b"\x00"
    return {
        "kafka_write_input": refuses_request(
            0, 3, produce + struct.pack(">ii", 0, 0), after(read, 8)
        ),
        "kafka_read_output": refuses_request(
            1, 4, fetch + struct.pack(">iqi", 0, 0, 4096), after(write, 8)
        ),
        "kafka_create_topic": refuses_request(
            19, 2, create + struct.pack(">ib", 2000, 0), after("probe_new", 0)
        ),
        "kafka_delete_topic": refuses_request(
            20, 1, one + text(read) + struct.pack(">i", 2000), after(read, 0)
        ),
        "kafka_delete_records": refuses_request(
            21,
            0,
            one + text(read) + one + struct.pack(">iqi", 0, -1, 2000),
            after(read, 16),
        ),
        "kafka_change_topic": refuses_request(
            44, 0, change + text("1000") + b"\x00", lambda answer: 12
        ),
    } | {
        f"kafka_{name}_door": refuses_strangers(port)
        for name, port in OTHER_DOORS.items()
    }


def main() -> None:
    """Make every attempt and print what came of them."""
    here = pathlib.Path(__file__).resolve().parent
    targets = json.loads((here / "targets.json").read_text())
    found = {
        "outside_network": refuses_connection("1.1.1.1", 53),
        "metadata_service": refuses_connection("169.254.169.254", 80),
        "host_loopback": refuses_connection("127.0.0.1", targets["port"]),
        "interfaces": only(interfaces(), {"lo"}),
        "host_file": not pathlib.Path(targets["file"]).exists() or targets["file"],
        "root_folder": only(
            (path.name for path in pathlib.Path("/").iterdir()), ALLOWED_ROOT
        ),
        "environment": only(os.environ, ALLOWED_NAMES),
        "processes": only(commands(), ALLOWED_COMMANDS),
        "first_process": only([(PROC / "1/comm").read_text().strip()], {"bwrap"}),
        "privileges": no_privileges(),
        "write_root": refuses_writing("/probe"),
        "write_runtime": refuses_writing(targets["runtime"] + "/probe"),
        "raw_socket": refuses_family(socket.AF_INET),
        "netlink_socket": refuses_family(socket.AF_NETLINK),
        "packet_socket": refuses_family(socket.AF_PACKET),
    }
    for name, number in targets["calls"].items():
        found[f"call_{name}"] = refuses_call(number)
    for name, (number, arguments, refusal) in GUARDED_CALLS.items():
        found[f"call_{name}"] = refuses_call(number, arguments, refusal)
    for name, program in FOREIGN_CALLS.items():
        found[f"call_{name}"] = refuses_foreign_call(program)
    size, files = targets["scratch_bytes"], targets["scratch_inodes"]
    found["fill_shared_memory"] = refuses_filling("/dev/shm", 17 << 20, 1100)  # noqa: S108
    found["bounded_tmp"] = is_bounded("/tmp", size, files)  # noqa: S108
    found["bounded_work"] = is_bounded("/work", size, files)
    found["process_limits"] = process_limits(targets["limits"])
    found["descriptors"] = foreign_files()
    found["agent_environment"] = secrets_in_proc(targets["canary"])
    found |= broker_answers(targets["read_topic"], targets["write_topic"])
    print(json.dumps(found))


if __name__ == "__main__":
    main()
