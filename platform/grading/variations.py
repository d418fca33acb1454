"""Judge a program on the same workload in another form.

The relation (same rows in another order of events, rows shifted by a whole window) is
in the lab's own code: the oracle reads the varied stream as it reads any other.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from curriculum.specs import Check, LabSpec, Variation
from grading.checks import KINDS
from grading.evidence import collect_evidence
from grading.verdict import CheckCode, CheckResult
from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, RunOutcome


@dataclass(frozen=True, slots=True)
class VariedRun:
    """A program's run on a varied stream, and what the lab's code says of it."""

    build: LabBuild
    outcome: RunOutcome


def judge_variation(
    variation: Variation, run: VariedRun, *, lab: LabSpec
) -> CheckResult:
    """Return one result: the lab's own checks on the varied stream, all together.

    It shows the rows of the first check that fails. Raises ValueError on a fault of
    the lab itself.
    """
    if run.outcome.ending is not Ending.COMPLETED:
        return _result(variation, CheckCode.VARIATION_STOPPED)
    evidence = collect_evidence(lab=lab, build=run.build, outcome=run.outcome)
    failed = [
        result
        for check in lab.checks
        if not (result := KINDS[check.kind](check, evidence)).passed
    ]
    if not failed:
        return _result(variation, CheckCode.VARIATION_HOLDS, passed=True)
    # A check with rows to show says more than one without.
    shown = next((result for result in failed if result.diff), failed[0])
    return _result(variation, CheckCode.VARIATION_DIFFERS, shown=shown)


def not_reached(items: Iterable[Check | Variation]) -> tuple[CheckResult, ...]:
    """Return a result for each check or variation that nothing was there to judge."""
    return tuple(
        CheckResult(
            check_id=item.id,
            output=item.output if isinstance(item, Check) else "",
            passed=False,
            points=0,
            max_points=item.points,
            code=CheckCode.NOT_REACHED,
            variation=item.id if isinstance(item, Variation) else "",
        )
        for item in items
    )


def _result(
    variation: Variation,
    code: CheckCode,
    *,
    passed: bool = False,
    shown: CheckResult | None = None,
) -> CheckResult:
    return CheckResult(
        check_id=variation.id,
        output=shown.output if shown else "",
        passed=passed,
        points=variation.points if passed else 0,
        max_points=variation.points,
        code=code,
        diff=shown.diff if shown else None,
        rows=shown.rows if shown else 0,
        samples=shown.samples if shown else (),
        numbered=shown.numbered if shown else False,
        variation=variation.id,
    )
