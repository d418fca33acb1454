"""Proof, at a worker's start, that the jail holds: attempts from inside must fail.

Fails closed: a probe that did not run, or answered anything but ``true``, is a finding
that is not denied, and a worker with one of those takes no work.
"""

import json
import socket
import tempfile
import uuid
from dataclasses import dataclass
from pathlib import Path

from lab_protocol.messages import Ending, Language, Limits, RunRequest, Topic
from sandbox.errors import SandboxUnavailable
from sandbox.pool import SlotPool
from sandbox.slot import Slot

_PROGRAM = Path(__file__).with_name("probe_program.py")
_INPUT = "probe_in"
_OUTPUT = "probe_out"
_PROBES = 19

_WRITE_INPUT = f"""
CREATE TABLE sink (v STRING) WITH (
  'connector' = 'kafka', 'topic' = '{_INPUT}', 'format' = 'json',
  'properties.bootstrap.servers' = 'localhost:9092');
INSERT INTO sink VALUES ('x');
"""  # noqa: S608 (Flink SQL of constants)


@dataclass(frozen=True, slots=True)
class Finding:
    """One attempt; ``seen`` is what it found where it was not denied."""

    name: str
    is_denied: bool
    seen: str = ""


def prove_jail(pool: SlotPool) -> list[Finding]:
    """Run every probe in a box of ``pool``; one finding each, never an empty list."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        tempfile.NamedTemporaryFile(prefix="potok-canary-") as canary,
    ):
        Path(canary.name).chmod(0o644)
        targets = {
            "port": listener.getsockname()[1],
            "file": canary.name,
            "runtime": "/rt/app",
        }
        files = {
            "probe.py": _PROGRAM.read_text("utf-8"),
            "targets.json": json.dumps(targets),
        }
        # Both in one slot: a spare cell meanwhile warms up for the first student.
        with pool.reserve(lambda: False) as slot:
            if slot is None:
                raise SandboxUnavailable("pool_stopped", "no slot for the proof")
            return [*_probe_box(slot, files), _probe_broker(slot)]


def require_proof(pool: SlotPool) -> None:
    """Raise SandboxUnavailable naming every attempt that was not denied.

    A pool of which a test has left a protection out is refused before it is asked.
    """
    if pool.without:
        names = ", ".join(sorted(pool.without))
        raise SandboxUnavailable("jail_leaks", f"protections are left out: {names}")
    leaks = [finding for finding in prove_jail(pool) if not finding.is_denied]
    if leaks:
        names = ", ".join(f"{leak.name} ({leak.seen})" for leak in leaks)
        raise SandboxUnavailable("jail_leaks", f"the jail does not hold: {names}")


def _probe_box(slot: Slot, files: dict[str, str]) -> list[Finding]:
    outcome = slot.run(
        _request(Language.PYFLINK, files, "probe.py"),
        on_progress=lambda progress: None,
        is_cancelled=lambda: False,
    )
    try:
        answers = json.loads(outcome.stdout)
    except ValueError:
        answers = None
    if outcome.ending is not Ending.COMPLETED or not isinstance(answers, dict):
        seen = f"{outcome.ending} {outcome.detail} {outcome.stdout[-300:]}"
        return [Finding("probe_ran", is_denied=False, seen=seen)]
    findings = [
        Finding(
            name, is_denied=answer is True, seen="" if answer is True else str(answer)
        )
        for name, answer in answers.items()
    ]
    if len(findings) != _PROBES:
        findings.append(
            Finding("probe_count", is_denied=False, seen=str(len(findings)))
        )
    return findings


def _probe_broker(slot: Slot) -> Finding:
    """Try to write into an input topic, which the access list forbids."""
    outcome = slot.run(
        _request(Language.SQL, {"probe.sql": _WRITE_INPUT}, "probe.sql"),
        on_progress=lambda progress: None,
        is_cancelled=lambda: False,
    )
    said = "" if outcome.error is None else outcome.error.message + outcome.error.kind
    denied = outcome.ending is Ending.LEARNER_ERROR and "authoriz" in said.lower()
    return Finding(
        "write_input_topic", denied, "" if denied else f"{outcome.ending} {said}"
    )


def _request(language: Language, files: dict[str, str], entry: str) -> RunRequest:
    return RunRequest(
        run_id=f"probe-{uuid.uuid4()}",
        language=language,
        files=files,
        entry=entry,
        inputs=(Topic(_INPUT),),
        outputs=(Topic(_OUTPUT),),
        stages=(),
        closing=(),
        limits=Limits(wall_seconds=25.0),
    )
