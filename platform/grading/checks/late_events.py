"""Late events are not in the rows they would have belonged to, and not lost either.

The oracle tags the rows that a late event would have changed (``late`` unless the
check names another aspect). With ``side`` the late events themselves must stand in
that output, each once; without it they are dropped.
"""

from collections.abc import Mapping

from curriculum.specs import Check
from grading.checks.result import conclude
from grading.compare import compare_tables
from grading.evidence import Evidence
from grading.stages import first_wrong
from grading.verdict import CheckCode, CheckResult

ASPECT = "late"


def late_events(check: Check, outputs: Mapping[str, Evidence]) -> CheckResult:
    """Compare the tagged rows, then the side output."""
    evidence = outputs[check.output]
    tagged = evidence.expected_with(check.aspect or ASPECT)
    diff = compare_tables(
        evidence.expected, evidence.actual, evidence.output, only_expected=tagged
    )
    code = CheckCode.LATE_DROPPED if check.side is None else CheckCode.LATE_ROUTED
    shown = evidence
    if not evidence.actual:
        code = CheckCode.NO_ROWS
    elif not diff.is_empty:
        code = CheckCode.LATE_COUNTED
    elif check.side is not None:
        shown = outputs[check.side]
        diff = compare_tables(shown.expected, shown.actual, shown.output)
        if not diff.is_empty:
            code = CheckCode.LATE_NOT_ROUTED
    return conclude(
        check.model_copy(update={"output": shown.name}),
        code,
        passed=code in {CheckCode.LATE_DROPPED, CheckCode.LATE_ROUTED},
        diff=diff,
        rows=len(evidence.actual),
        first_wrong=first_wrong(shown, diff),
    )
