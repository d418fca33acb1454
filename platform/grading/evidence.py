"""What a check looks at: one output as it came and as it should have come."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from curriculum.specs import LabSpec, Output
from grading.changelog import Changelog, Row, read_changelog, read_expected
from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.messages import RunOutcome


@dataclass(frozen=True, slots=True)
class Evidence:
    """One output: its contract, its changelog, its fold, and the oracle's rows.

    ``stages`` names the stages in order; ``states`` are the rows that should be there
    after each of them, empty where the oracle was not asked or does not say.
    """

    name: str
    output: Output
    changelog: Changelog
    actual: list[Row]
    expected: list[Row]
    oracle: tuple[ExpectedRow, ...]
    stages: tuple[str, ...] = ()
    states: Mapping[str, list[Row]] = field(default_factory=dict)

    def expected_with(self, aspect: str) -> frozenset[int]:
        """Return the numbers of the expected rows that carry ``aspect``."""
        return frozenset(
            number for number, row in enumerate(self.oracle) if aspect in row.aspects
        )

    def state_after(self, stage: str) -> list[Row]:
        """Return the rows expected after ``stage``.

        Raises ValueError where the oracle does not say: the lab's fault.
        """
        if stage not in self.states:
            raise ValueError(
                f"the oracle's expected_after says nothing of stage {stage!r}"
                f" and output {self.name!r}"
            )
        return self.states[stage]


def collect_evidence(
    *, lab: LabSpec, build: LabBuild, outcome: RunOutcome
) -> dict[str, Evidence]:
    """Return every output's evidence. Raises ValueError on the lab's own faults."""
    result = {}
    for name, output in lab.outputs.items():
        if name not in build.expected:
            raise ValueError(f"the oracle of {lab.id} says nothing of output {name!r}")
        oracle = build.expected[name]
        changelog = read_changelog(outcome.records.get(output.topic, ()), output)
        result[name] = Evidence(
            name=name,
            output=output,
            changelog=changelog,
            actual=changelog.fold(),
            expected=read_expected(oracle, output),
            oracle=oracle,
            stages=tuple(stage.name for stage in build.stages),
            states={
                stage: read_expected(outputs[name], output)
                for stage, outputs in build.after.items()
                if name in outputs
            },
        )
    return result
