"""The folded output equals the oracle's, in full or where an aspect is concerned."""

from curriculum.specs import Check
from grading.compare import compare_tables
from grading.evidence import Evidence
from grading.verdict import CheckCode, CheckResult

SAMPLES = 3


def rows_equal(check: Check, evidence: Evidence) -> CheckResult:
    """Compare by key; rows that cannot be read fail the check and are quoted."""
    only = evidence.expected_with(check.aspect) if check.aspect else None
    diff = compare_tables(
        evidence.expected, evidence.actual, evidence.output, only_expected=only
    )
    undecodable = evidence.changelog.undecodable
    if undecodable and check.aspect is None:
        code = CheckCode.UNDECODABLE_ROWS
    elif diff.is_empty:
        code = CheckCode.ROWS_EQUAL
    elif not evidence.actual:
        code = CheckCode.NO_ROWS
    else:
        code = CheckCode.ROWS_DIFFER
    passed = code is CheckCode.ROWS_EQUAL
    return CheckResult(
        check_id=check.id,
        passed=passed,
        points=check.points if passed else 0,
        max_points=check.points,
        code=code,
        diff=None if diff.is_empty else diff,
        rows=len(evidence.actual),
        samples=undecodable[:SAMPLES],
    )
