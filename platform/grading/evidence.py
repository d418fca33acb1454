"""What a check looks at: one output as it came and as it should have come."""

from dataclasses import dataclass

from curriculum.specs import LabSpec, Output
from grading.changelog import Changelog, Row, read_changelog, read_expected
from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.messages import RunOutcome


@dataclass(frozen=True, slots=True)
class Evidence:
    """One output: its contract, its changelog, its fold, and the oracle's rows."""

    output: Output
    changelog: Changelog
    actual: list[Row]
    expected: list[Row]
    oracle: tuple[ExpectedRow, ...]

    def expected_with(self, aspect: str) -> frozenset[int]:
        """Return the numbers of the expected rows that carry ``aspect``."""
        return frozenset(
            number for number, row in enumerate(self.oracle) if aspect in row.aspects
        )


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
            output=output,
            changelog=changelog,
            actual=changelog.fold(),
            expected=read_expected(oracle, output),
            oracle=oracle,
        )
    return result
