"""Attacks that need neither Flink nor Kafka, in the real jail without them.

A second each, so that all of them run every time; with Flink beside them they run in
``test_box``. The sabotage of their protections is here too.
"""

import json
import subprocess
from pathlib import Path

import pytest

from lab_protocol.messages import Ending, Language
from sandbox.privileges import as_ordinary_user, own_namespaces
from sandbox.protections import CANARY, Protection
from sandbox.settings import SandboxSettings
from sandbox.slot import agent_environment
from tests.attacks import report
from tests.attacks.corpus import Attack, attack, attacks
from tests.attacks.harness import Canaries
from tests.attacks.sabotage import CASES, Sabotage

pytestmark = pytest.mark.flink  # needs the runtime image

PROGRAM = Path(__file__).with_name("jail_only.py")
SECONDS = 30
# What the jail alone bounds; the other endings come from the agent's watch.
OWN_ENDINGS = {
    Ending.COMPLETED,
    Ending.LEARNER_ERROR,
    f"{Ending.OUTPUT_LIMIT}/files",
    f"{Ending.OUTPUT_LIMIT}/scratch",
}


def is_for_a_jail(hostile: Attack) -> bool:
    return (
        hostile.via == "box"
        and hostile.language is Language.PYFLINK
        and "from pyflink" not in hostile.programs["attack"]
        and bool(OWN_ENDINGS & set(hostile.bare))
    )


HOSTILE = [one for one in attacks() if is_for_a_jail(one)]
SABOTAGE = [
    case
    for case in CASES
    if case.program == "attack"
    and (not case.in_slot or is_for_a_jail(attack(case.number)))
]


def run(
    settings: SandboxSettings,
    canaries: Canaries,
    hostile: Attack,
    *without: Protection,
) -> dict[str, object]:
    image = settings.image
    order = {
        "runtime": str(image.runtime.resolve()),
        "folders": image.folders,
        "without": list(without),
        "times": 2 if hostile.twice else 1,
        "seconds": SECONDS,
        "files": {
            "attack.py": hostile.programs["attack"],
            "canaries.json": canaries.targets(),
        },
    }
    done = subprocess.run(
        [
            *as_ordinary_user(settings.first_uid + 70),
            *own_namespaces(),
            str(image.python),
            "-c",
            PROGRAM.read_text("utf-8"),
        ],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=True,
        env=agent_environment(image),
        cwd="/",
        timeout=3 * SECONDS,
    )
    return json.loads(done.stdout)


@pytest.mark.parametrize("hostile", HOSTILE, ids=lambda one: one.slug)
def test_deny_attack_on_the_jail(
    settings: SandboxSettings, canaries: Canaries, hostile: Attack
) -> None:
    told = run(settings, canaries, hostile)
    said = str(told["said"])
    assert "through:" not in said, said
    assert said != "ran too long"
    assert canaries.word not in said
    assert CANARY not in said
    assert canaries.seen == []
    assert told["left"] == 0
    report.note_jail(hostile, "held in the jail alone")


def case_name(case: Sabotage) -> str:
    return f"{'+'.join(case.without)}-{case.number:02d}"


@pytest.mark.parametrize("case", SABOTAGE, ids=case_name)
def test_support_an_attack_gets_out_without(
    settings: SandboxSettings, canaries: Canaries, case: Sabotage
) -> None:
    hostile = attack(case.number)
    said = str(run(settings, canaries, hostile, *case.without)["said"])
    lines = [line for line in said.splitlines() if "through:" in line]
    assert any(case.word in line for line in lines), said
    report.note_sabotage(
        case.without, hostile, sorted(lines, key=lambda line: case.word not in line)
    )
