"""With its protection left out an attack gets through: the deny tests can fail."""

from collections.abc import Callable

import pytest

from tests.attacks import report
from tests.attacks.corpus import RUNS_ALL, attack
from tests.attacks.sabotage import CASES, Sabotage

pytestmark = [pytest.mark.flink, pytest.mark.timeout(200)]


def name_of(case: Sabotage) -> str:
    program = case.program.removeprefix("attack")
    return f"{'+'.join(case.without)}-{case.number:02d}{program}"


@pytest.mark.parametrize(
    "case", [case for case in CASES if case.in_slot and RUNS_ALL], ids=name_of
)
def test_support_an_attack_gets_through_without(
    open_scene: Callable[..., object], case: Sabotage
) -> None:
    hostile = attack(case.number).form(case.program)
    with open_scene(*case.without) as scene:
        trial = scene.bare(hostile, case.program)
        seen = [*trial.wrong, *scene.traces(seconds=1.0)]
    assert any(case.word in line for line in seen), (
        seen,
        trial.ending,
        trial.outcome.stdout[-600:],
    )
    told = sorted(seen, key=lambda line: case.word not in line)
    report.note_sabotage(case.without, hostile, told, program=case.program)
