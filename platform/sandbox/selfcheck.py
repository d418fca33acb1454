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
from typing import Any

from lab_protocol.messages import Ending, Language, Limits, RunRequest, Topic
from sandbox.breaches import BREACHES, breach
from sandbox.cell.scratch import INODES
from sandbox.errors import SandboxUnavailable
from sandbox.pool import SlotPool
from sandbox.privileges import explain_refusal
from sandbox.protections import CANARY
from sandbox.seccomp import DENIED_CALLS
from sandbox.settings import CellSettings

_PROGRAM = Path(__file__).with_name("probe_program.py")
_INPUT = "probe_in"
_OUTPUT = "probe_out"
_SEEN_CHARACTERS = 80
_NAMED = 4
PROBES = len(BREACHES)


@dataclass(frozen=True, slots=True)
class Finding:
    """One attempt; ``seen`` is what it found where it was not denied."""

    name: str
    is_denied: bool
    seen: str = ""


def prove_jail(pool: SlotPool) -> list[Finding]:
    """Run every probe in one box of ``pool``; one finding each, never an empty list.

    SandboxUnavailable where no box could be made.
    """
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        tempfile.NamedTemporaryFile(prefix="potok-canary-") as canary,
    ):
        Path(canary.name).chmod(0o644)
        targets = {
            "port": listener.getsockname()[1],
            "file": canary.name,
            "runtime": "/rt/app",
            "canary": CANARY,
            **limits_to_find(pool.cell),
            "read_topic": _INPUT,
            "write_topic": _OUTPUT,
        }
        files = {
            "probe.py": _PROGRAM.read_text("utf-8"),
            "targets.json": json.dumps(targets),
        }
        return _probe_box(pool, files)


def limits_to_find(cell: CellSettings) -> dict[str, Any]:
    """Return the calls that the probe must find denied and the limits it may have."""
    return {
        "calls": DENIED_CALLS,
        "scratch_bytes": cell.scratch_bytes,
        "scratch_inodes": INODES,
        "limits": {
            "data": cell.box_data_bytes,
            "tasks": cell.box_tasks,
            "descriptors": cell.box_files,
            "file": cell.scratch_bytes,
            "core": 0,
        },
    }


def require_proof(pool: SlotPool) -> None:
    """Raise SandboxUnavailable naming every attempt that was not denied.

    A pool of which a test has left a protection out is refused before it is asked.
    """
    if pool.without:
        names = ", ".join(sorted(pool.without))
        raise SandboxUnavailable("jail_leaks", f"protections are left out: {names}")
    leaks = [finding for finding in prove_jail(pool) if not finding.is_denied]
    if leaks:
        # An open filter leaks some forty calls; a sign of life stores 300 characters.
        names = ", ".join(leak.name for leak in leaks[:_NAMED])
        if len(leaks) > _NAMED:
            names += f" and {len(leaks) - _NAMED} more"
        first = leaks[0]
        found = breach(first.name)
        raise SandboxUnavailable(
            "jail_leaks",
            f"the jail does not refuse {names}: {found.meaning}"
            f" ({first.seen[:_SEEN_CHARACTERS]})",
            found.repair,
        )


def _probe_box(pool: SlotPool, files: dict[str, str]) -> list[Finding]:
    outcome = pool.run(
        _request(files, "probe.py"),
        on_progress=lambda progress: None,
        is_cancelled=lambda: False,
    )
    if outcome.ending is Ending.PLATFORM_FAULT:
        raise explain_refusal(f"{outcome.detail} {outcome.stderr}".strip())
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
    if len(findings) != PROBES:
        findings.append(
            Finding("probe_count", is_denied=False, seen=str(len(findings)))
        )
    return findings


def _request(files: dict[str, str], entry: str) -> RunRequest:
    return RunRequest(
        run_id=f"probe-{uuid.uuid4()}",
        language=Language.PYFLINK,
        files=files,
        entry=entry,
        inputs=(Topic(_INPUT),),
        outputs=(Topic(_OUTPUT),),
        stages=(),
        closing=(),
        limits=Limits(wall_seconds=25.0),
    )
