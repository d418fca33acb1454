"""The probes hold in a real box, and they are real: outside a jail they succeed."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab_protocol.messages import Ending, EndRule, RunOutcome
from sandbox import selfcheck
from sandbox.errors import SandboxUnavailable
from sandbox.pool import SlotPool
from sandbox.protections import CANARY
from sandbox.settings import CellSettings


@pytest.mark.flink
def test_every_attempt_from_inside_a_box_is_denied(pool: SlotPool) -> None:
    findings = selfcheck.prove_jail(pool)
    assert len(findings) == 36
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
            **selfcheck.limits_to_find(SilentPool.cell),
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


class SilentPool:
    """A pool of one slot whose boxes never answer a probe."""

    @contextmanager
    def reserve(self, is_cancelled: object) -> Iterator["SilentPool"]:
        yield self

    without: frozenset[str] = frozenset()
    cell = CellSettings(runtime="/nowhere", folders={})

    def run(self, request: object, **_: object) -> RunOutcome:
        return RunOutcome("", Ending.COMPLETED, EndRule.BOX_EXITED, {})


def test_a_probe_that_did_not_run_is_a_leak() -> None:
    with pytest.raises(SandboxUnavailable, match="probe_ran"):
        selfcheck.require_proof(SilentPool())  # type: ignore[arg-type]
