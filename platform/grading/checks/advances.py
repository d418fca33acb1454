"""The output goes on although a partition is idle: its rows came at all.

Without an idle timeout the watermark of a source is held back by its quietest
partition, and windows never close. The check asks for rows, not for their values, so
that a wrong sum is not reported as a standstill.
"""

from collections.abc import Mapping

from curriculum.specs import Check
from grading.changelog import row_key
from grading.checks.result import conclude, quote
from grading.evidence import Evidence
from grading.verdict import CheckCode, CheckResult


def advances(check: Check, outputs: Mapping[str, Evidence]) -> CheckResult:
    """Count the keys that should have come, all or those of an aspect, and did not."""
    evidence = outputs[check.output]
    output = evidence.output
    tagged = evidence.expected_with(check.aspect) if check.aspect else None
    due = [
        row
        for number, row in enumerate(evidence.expected)
        if tagged is None or number in tagged
    ]
    came = {row_key(change.row, output) for change in evidence.changelog.changes}
    missing = [row for row in due if row_key(row, output) not in came]
    code = CheckCode.STANDS_STILL if missing else CheckCode.ADVANCES
    return conclude(
        check,
        code,
        passed=not missing,
        rows=len(evidence.changelog.changes),
        samples=quote(missing, output.key),
    )
