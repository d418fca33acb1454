"""A retract output takes away only rows that are there.

A ``-U`` or ``-D`` without its row is what a non-deterministic column (NOW(), UUID())
or a key that changed on the way leaves behind: the reader's table keeps the old row.
"""

from collections.abc import Mapping

from curriculum.specs import Check
from grading.checks.result import conclude, quote
from grading.evidence import Evidence
from grading.verdict import CheckCode, CheckResult


def retractions(check: Check, outputs: Mapping[str, Evidence]) -> CheckResult:
    """Fold the bag and name the changes that had nothing to take away."""
    evidence = outputs[check.output]
    orphans = evidence.changelog.orphans
    columns = [column.name for column in evidence.output.columns]
    if not evidence.changelog.changes:
        code = CheckCode.NO_ROWS
    elif orphans:
        code = CheckCode.ORPHAN_RETRACTIONS
    else:
        code = CheckCode.RETRACTIONS
    return conclude(
        check,
        code,
        passed=code is CheckCode.RETRACTIONS,
        rows=len(evidence.changelog.changes),
        samples=quote((change.row for change in orphans), columns),
    )
