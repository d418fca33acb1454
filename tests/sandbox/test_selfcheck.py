"""The probes hold in a real box, and they are real: outside a jail they succeed."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from lab_protocol.messages import Ending, EndRule, RunOutcome
from sandbox import selfcheck
from sandbox.breaches import BREACHES, breach
from sandbox.errors import SandboxUnavailable
from sandbox.pool import SlotPool
from sandbox.protections import CANARY
from sandbox.settings import CellSettings


@pytest.mark.flink
def test_every_attempt_from_inside_a_box_is_denied(pool: SlotPool) -> None:
    findings = selfcheck.prove_jail(pool)
    assert {finding.name for finding in findings} == set(BREACHES)
    assert [finding for finding in findings if not finding.is_denied] == []


def test_the_same_attempts_succeed_without_a_jail(tmp_path: Path) -> None:
    program = tmp_path / "probe.py"
    program.write_text(
        Path(selfcheck.__file__).with_name("probe_program.py").read_text()
    )
    canary = tmp_path / "canary"
    canary.touch()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        targets = {
            "port": listener.getsockname()[1],
            "file": str(canary),
            "runtime": str(tmp_path),
            "canary": CANARY,
            **selfcheck.limits_to_find(AnsweringPool.cell),
            "read_topic": "in",
            "write_topic": "out",
        }
        (tmp_path / "targets.json").write_text(json.dumps(targets))
        done = subprocess.run(
            [sys.executable, str(program)],
            capture_output=True,
            text=True,
            check=True,
            env={**os.environ, "POTOK_AGENT": CANARY},
            timeout=60,
        )
    answers = json.loads(done.stdout)
    assert set(answers) == set(BREACHES)
    # Whether the test's own machine has a way out, or lets this user open raw sockets
    # and write to /, is not what is tested.
    certain = {
        "host_loopback",
        "host_file",
        "root_folder",
        "environment",
        "processes",
        "privileges",
        "write_runtime",
        "call_unshare",
        "call_i386",
        "fill_shared_memory",
        "bounded_tmp",
        "process_limits",
        "agent_environment",
    }
    assert {name for name in certain if answers[name] is True} == set()


class AnsweringPool:
    """A pool whose boxes end as they are told to."""

    without: frozenset[str] = frozenset()
    cell = CellSettings(runtime="/nowhere", folders={})

    def __init__(
        self, said: str = "", ending: Ending = Ending.COMPLETED, stderr: str = ""
    ) -> None:
        self.outcome = RunOutcome(
            "", ending, EndRule.BOX_EXITED, {}, stdout=said, stderr=stderr
        )

    def run(self, request: object, **_: object) -> RunOutcome:
        return self.outcome


def refusal(pool: AnsweringPool) -> str:
    with pytest.raises(SandboxUnavailable) as refused:
        selfcheck.require_proof(pool)  # type: ignore[arg-type]
    return str(refused.value)


def test_a_probe_that_did_not_run_is_a_leak() -> None:
    assert "does not refuse probe_ran: the proof itself" in refusal(AnsweringPool())


def test_all_that_was_not_refused_is_named_with_what_mends_it() -> None:
    answers = dict.fromkeys(BREACHES, True) | {
        "call_bpf": "result 0, errno 0",
        "root_folder": ["home"],
    }
    text = refusal(AnsweringPool(json.dumps(answers)))
    assert text.startswith("jail_leaks: the jail does not refuse ")
    assert "call_bpf" in text
    assert "root_folder" in text
    assert f"Repair: {breach('root_folder').repair}" in text


def test_many_leaks_leave_room_for_the_meaning_and_the_repair() -> None:
    answers = dict.fromkeys(BREACHES, True) | {
        name: "result 0" for name in BREACHES if name.startswith("call_")
    }
    told = refusal(AnsweringPool(json.dumps(answers)))[:300]
    assert "more: the box may make system calls" in told
    assert breach("call_bpf").repair in told


def test_a_missing_probe_is_a_leak() -> None:
    answers = dict.fromkeys(list(BREACHES)[1:], True)
    assert "probe_count" in refusal(AnsweringPool(json.dumps(answers)))


@pytest.mark.parametrize(
    ("said", "repair"),
    [
        (
            "unshare: unshare failed: Operation not permitted",
            "apparmor_restrict_unprivileged_userns=0",
        ),
        (
            "bwrap: No permissions to create new namespace, likely because the kernel",
            "unprivileged_userns_clone=1",
        ),
        (
            "unshare: unshare failed: No space left on device",
            "user.max_user_namespaces=15000",
        ),
        (
            "bwrap: Creating new namespace failed: nesting depth or"
            " /proc/sys/user/max_*_namespaces exceeded (ENOSPC)",
            "user.max_user_namespaces=15000",
        ),
    ],
)
def test_a_box_that_cannot_be_made_tells_the_switch(said: str, repair: str) -> None:
    pool = AnsweringPool(ending=Ending.PLATFORM_FAULT, stderr=said)
    text = refusal(pool)
    assert text.startswith("no_user_namespaces: ")
    assert repair in text
