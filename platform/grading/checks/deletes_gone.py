"""What the source deleted is gone from the output.

A key counts as deleted if the oracle had it after an earlier stage and has it no more
at the end. Only output that keeps state (upsert, retract) can lose a row.
"""

from collections.abc import Mapping

from curriculum.specs import Check
from grading.changelog import row_key
from grading.checks.result import conclude, quote
from grading.evidence import Evidence
from grading.verdict import CheckCode, CheckResult


def deletes_gone(check: Check, outputs: Mapping[str, Evidence]) -> CheckResult:
    """Look in the folded output for keys that should be gone.

    Raises ValueError where the oracle has no states by stage: the lab's fault.
    """
    evidence = outputs[check.output]
    output = evidence.output
    left = {row_key(row, output) for row in evidence.expected}
    gone = {
        row_key(row, output)
        for stage in evidence.stages
        for row in evidence.state_after(stage)
    } - left
    alive = [row for row in evidence.actual if row_key(row, output) in gone]
    if not evidence.changelog.changes:
        code = CheckCode.NO_ROWS
    elif alive:
        code = CheckCode.DELETED_ROWS_LEFT
    else:
        code = CheckCode.DELETES_GONE
    return conclude(
        check,
        code,
        passed=code is CheckCode.DELETES_GONE,
        rows=len(evidence.actual),
        samples=quote(alive, output.key),
    )
