"""The folded output equals the oracle's: in full, in an aspect, or after a stage."""

from collections.abc import Mapping

from curriculum.specs import Check
from grading.checks.result import SAMPLES, conclude
from grading.compare import compare_tables
from grading.evidence import Evidence
from grading.stages import first_wrong, rows_after
from grading.verdict import CheckCode, CheckResult


def rows_equal(check: Check, outputs: Mapping[str, Evidence]) -> CheckResult:
    """Compare by key; rows that cannot be read fail the check and are quoted."""
    evidence = outputs[check.output]
    if check.after is not None:
        return _state_equal(check, evidence, check.after)
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
    return conclude(
        check,
        code,
        passed=code is CheckCode.ROWS_EQUAL,
        diff=diff,
        rows=len(evidence.actual),
        samples=undecodable[:SAMPLES],
        first_wrong=first_wrong(evidence, diff),
    )


def _state_equal(check: Check, evidence: Evidence, stage: str) -> CheckResult:
    """Compare the state that the output had after one stage."""
    rows = rows_after(evidence, stage)
    diff = compare_tables(evidence.state_after(stage), rows, evidence.output)
    code = CheckCode.STATE_EQUAL if diff.is_empty else CheckCode.STATE_DIFFERS
    return conclude(
        check,
        code,
        passed=diff.is_empty,
        diff=diff,
        rows=len(rows),
        numbered=False,
        first_wrong=first_wrong(evidence, diff),
    )
