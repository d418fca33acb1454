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
import socket
from collections.abc import Iterable
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
SYSTEM_CALLS = {"ptrace": 101, "mount": 165, "bpf": 321, "keyctl": 250, "unshare": 272}
PROC = pathlib.Path("/proc")


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


def refuses_call(number: int) -> Answer:
    """Return True when the system call is not permitted."""
    libc = ctypes.CDLL(None, use_errno=True)
    # Harmless arguments where the call is allowed: an impossible request, flag 0.
    result = libc.syscall(number, 0, 0, 0, 0, 0)
    if result < 0 and ctypes.get_errno() in (1, 38):
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
        "privileges": no_privileges(),
        "write_root": refuses_writing("/probe"),
        "write_runtime": refuses_writing(targets["runtime"] + "/probe"),
        "raw_socket": refuses_family(socket.AF_INET),
        "netlink_socket": refuses_family(socket.AF_NETLINK),
        "packet_socket": refuses_family(socket.AF_PACKET),
    }
    for name, number in SYSTEM_CALLS.items():
        found[f"call_{name}"] = refuses_call(number)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
