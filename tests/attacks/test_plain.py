"""What the agent's watch holds, and what gets through without it, in a plain box.

No Flink and no Kafka: a box of plain Python is watched by the same rules.
"""

import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from lab_protocol.messages import Language, RunOutcome, RunRequest
from lab_protocol.wire import decode, encode
from sandbox.privileges import as_ordinary_user, own_namespaces
from sandbox.protections import Protection
from sandbox.settings import SandboxSettings
from sandbox.slot import agent_environment
from tests.attacks import report
from tests.attacks.corpus import RUNS_ALL, Attack, attack
from tests.attacks.harness import is_allowed, told
from tests.attacks.sabotage import CASES, Sabotage

pytestmark = pytest.mark.flink  # needs the runtime image

PROGRAM = Path(__file__).parents[1] / "sandbox" / "plain_alone.py"
WATCHED = {
    Protection.SAID_BYTES,
    Protection.WALL_LIMIT,
    Protection.CPU_LIMIT,
    Protection.TASK_WATCHDOG,
    Protection.MEMORY_WATCHDOG,
}
SABOTAGE = [case for case in CASES if WATCHED.issuperset(case.without) and RUNS_ALL]


def run(settings: SandboxSettings, hostile: Attack, *without: Protection) -> RunOutcome:
    request = RunRequest(
        run_id="run-1",
        language=Language.PYTHON,
        files={"job.py": hostile.programs["attack"]},
        entry="job.py",
        inputs=(),
        outputs=(),
        stages=(),
        closing=(),
        limits=hostile.limits,
    )
    cell = replace(settings.cell(), without=without)
    words = [encode(message).decode().strip() for message in (cell, request)]
    done = subprocess.run(
        [
            *as_ordinary_user(settings.first_uid + 72),
            *own_namespaces(),
            str(settings.image.python),
            "-c",
            PROGRAM.read_text("utf-8"),
            *words,
        ],
        capture_output=True,
        check=True,
        env=agent_environment(settings.image),
        cwd="/",
        timeout=90,
    )
    return decode(done.stdout, (RunOutcome,))


@pytest.mark.parametrize(
    "case", SABOTAGE, ids=lambda case: f"{'+'.join(case.without)}-{case.number:02d}"
)
def test_deny_until_the_watch_is_left_out(
    settings: SandboxSettings, case: Sabotage
) -> None:
    hostile = attack(case.number)
    held = run(settings, hostile)
    assert is_allowed(held, hostile.bare), held
    assert told(held) == []
    free = run(settings, hostile, *case.without)
    ended = "" if is_allowed(free, hostile.bare) else f"ending {free.ending}"
    seen = [line for line in (*told(free), ended) if line]
    assert any(case.word in line for line in seen), free
    report.note_sabotage(
        case.without, hostile, sorted(seen, key=lambda line: case.word not in line)
    )
