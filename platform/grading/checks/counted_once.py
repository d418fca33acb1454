"""An event that the connector sent twice counts once.

After a restart Debezium repeats what it had not yet noted as sent. The oracle tags the
rows that the repeated events are part of (``duplicate`` unless the check names another
aspect); those rows must be right, and none of them may stand there twice.
"""

from collections import Counter
from collections.abc import Mapping

from curriculum.specs import Check
from grading.changelog import row_key
from grading.checks.result import conclude
from grading.compare import compare_tables
from grading.evidence import Evidence
from grading.stages import first_wrong
from grading.verdict import CheckCode, CheckResult

ASPECT = "duplicate"


def counted_once(check: Check, outputs: Mapping[str, Evidence]) -> CheckResult:
    """Compare the tagged rows; a key that came too often says so by its own code."""
    evidence = outputs[check.output]
    output = evidence.output
    tagged = evidence.expected_with(check.aspect or ASPECT)
    diff = compare_tables(
        evidence.expected, evidence.actual, output, only_expected=tagged
    )
    wanted = Counter(row_key(row, output) for row in evidence.expected)
    found = Counter(row_key(row, output) for row in evidence.actual)
    keys = {row_key(evidence.expected[number], output) for number in tagged}
    if not evidence.actual:
        code = CheckCode.NO_ROWS
    elif any(found[key] > wanted[key] for key in keys):
        code = CheckCode.ROWS_TWICE
    elif not diff.is_empty:
        code = CheckCode.COUNTED_TWICE
    else:
        code = CheckCode.COUNTED_ONCE
    return conclude(
        check,
        code,
        passed=code is CheckCode.COUNTED_ONCE,
        diff=diff,
        rows=len(evidence.actual),
        first_wrong=first_wrong(evidence, diff),
    )
