"""Each protection, left out alone, makes its own probes of the proof fail.

The jail runs without Java and without a broker, so that all of it costs seconds; what
only a broker can show is left to the corpus of attacks.
"""

import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lab_protocol.wire import encode
from sandbox.privileges import as_ordinary_user, own_namespaces
from sandbox.protections import Protection
from sandbox.settings import SandboxSettings
from sandbox.slot import agent_environment
from tests.sandbox.images import calls_of_the_filter

pytestmark = pytest.mark.flink

PROGRAM = Path(__file__).with_name("jail_alone.py")
UID = 61_391
# What a kernel does not refuse by itself, however it is configured.
CALLS = {"call_ptrace", "call_mount", "call_bpf", "call_keyctl", "call_unshare"}
SHOWN_BY: dict[Protection | None, set[str]] = {
    None: set(),
    Protection.SECCOMP: CALLS
    | {"privileges", "raw_socket", "netlink_socket", "call_i386", "call_x32"},
    # The filter refuses the same calls: only both together would let them through.
    Protection.DISABLED_USERNS: set(),
    Protection.CAPABILITIES: {"privileges"},
    Protection.CLEAR_ENVIRONMENT: {"environment", "agent_environment"},
    Protection.MINIMAL_MOUNTS: {"host_file", "root_folder"},
    Protection.READ_ONLY_IMAGE: {"write_root", "write_runtime"},
    Protection.OWN_PID_NAMESPACE: {"first_process"},
    Protection.OWN_NETWORK: {"outside_network", "metadata_service"},
    Protection.HIDDEN_DESCRIPTORS: {"descriptors"},
    Protection.DATA_LIMIT: {"process_limits"},
    Protection.TASK_LIMIT: {"process_limits"},
    Protection.FILE_DESCRIPTORS: {"process_limits"},
    Protection.FILE_SIZE: {"process_limits"},
    Protection.SCRATCH_BYTES: {"fill_shared_memory", "bounded_tmp", "bounded_work"},
    Protection.SCRATCH_INODES: {"fill_shared_memory", "bounded_tmp", "bounded_work"},
}


@pytest.mark.parametrize("left_out", SHOWN_BY, ids=str)
def test_the_proof_sees_exactly_what_is_left_out(
    settings: SandboxSettings, left_out: Protection | None
) -> None:
    without = frozenset({left_out} if left_out else ())
    told = encode(replace(settings, without=without).cell()).decode().strip()
    done = subprocess.run(
        [
            *as_ordinary_user(UID),
            *own_namespaces(),
            str(settings.image.python),
            "-c",
            PROGRAM.read_text("utf-8"),
            told,
        ],
        env=agent_environment(settings.image),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    answers = json.loads(done.stdout)
    # No broker answers here, so its own probes say nothing.
    leaks = {
        name: answer
        for name, answer in answers.items()
        if answer is not True and not name.startswith("kafka_")
    }
    expected = SHOWN_BY[left_out]
    if left_out is Protection.SECCOMP:
        shown = calls_of_the_filter(settings.image)
        assert shown >= CALLS
        expected |= shown
    assert set(leaks) == expected, leaks
