"""What each probe of the proof stands for where it was not refused, and what mends it.

For people who run a host: the names are those of ``sandbox.probe_program``.
"""

from dataclasses import dataclass

from sandbox.probe_program import FOREIGN_CALLS, GUARDED_CALLS
from sandbox.seccomp import DENIED_CALLS

_PLACE = "docs/deploy.md, section “Workers and namespaces”"
_REBUILD = "make clean && make run builds the lab image anew"
_PACKAGE = "sudo apt-get install --reinstall bubblewrap util-linux"


@dataclass(frozen=True, slots=True)
class Breach:
    """What a leak lets a program do, and what to type or read."""

    meaning: str
    repair: str


_NETWORK = Breach(
    "the box reaches a network that is not its own",
    f"{_PACKAGE}; in a container see {_PLACE}",
)
_FILES = Breach(
    "the box sees or changes files that are not its own",
    f"{_PACKAGE}, then {_REBUILD}",
)
_ROOM = Breach(
    "the box may use more room than its own",
    f"{_REBUILD}; in a container see {_PLACE}",
)
_PROCESSES = Breach(
    "the box sees processes that are not its own",
    f"{_PACKAGE}; in a container see {_PLACE}",
)
_SECRETS = Breach("the box sees the environment of the agent", _REBUILD)
_CALLS = Breach(
    "the box may make system calls that its filter forbids",
    f"{_REBUILD}; the kernel needs CONFIG_SECCOMP_FILTER",
)
_PRIVILEGES = Breach(
    "the box has a privilege",
    f"{_PACKAGE}, then {_REBUILD}",
)
_BROKER = Breach("the broker's access list does not hold", _REBUILD)
_NO_ANSWER = Breach(
    "the proof itself did not run to its end",
    "free some memory and try again; if it stays so, " + _REBUILD,
)

BREACHES = {
    **dict.fromkeys(
        ("outside_network", "metadata_service", "host_loopback", "interfaces"), _NETWORK
    ),
    **dict.fromkeys(
        ("host_file", "root_folder", "write_root", "write_runtime", "descriptors"),
        _FILES,
    ),
    **dict.fromkeys(
        ("fill_shared_memory", "bounded_tmp", "bounded_work", "process_limits"), _ROOM
    ),
    **dict.fromkeys(("processes", "first_process"), _PROCESSES),
    **dict.fromkeys(("environment", "agent_environment"), _SECRETS),
    **dict.fromkeys(("raw_socket", "netlink_socket", "packet_socket"), _CALLS),
    **dict.fromkeys(
        (f"call_{name}" for name in (*DENIED_CALLS, *GUARDED_CALLS, *FOREIGN_CALLS)),
        _CALLS,
    ),
    "privileges": _PRIVILEGES,
    **dict.fromkeys(
        ("kafka_write_input", "kafka_read_output", "kafka_create_topic"), _BROKER
    ),
    **dict.fromkeys(
        ("kafka_delete_topic", "kafka_delete_records", "kafka_change_topic"), _BROKER
    ),
    **dict.fromkeys(("kafka_controller_door", "kafka_agent_door"), _BROKER),
}


def breach(name: str) -> Breach:
    """Return what a leak of that name stands for."""
    return BREACHES.get(name, _NO_ANSWER)
