"""An append output was only ever appended to: no tombstone, no key twice.

A window aggregate without ``window_end`` in its GROUP BY emits updates, which a plain
Kafka sink refuses but an upsert sink hides; this check sees them in the topic.
"""

from collections import Counter
from collections.abc import Mapping

from curriculum.specs import Check
from grading.changelog import row_key
from grading.checks.result import conclude, quote
from grading.evidence import Evidence
from grading.verdict import CheckCode, CheckResult


def append_only(check: Check, outputs: Mapping[str, Evidence]) -> CheckResult:
    """Count keys that came more often than the oracle's rows of that key."""
    evidence = outputs[check.output]
    output, changes = evidence.output, evidence.changelog.changes
    allowed = Counter(row_key(row, output) for row in evidence.expected)
    seen = Counter(row_key(change.row, output) for change in changes)
    rows = {row_key(change.row, output): change.row for change in changes}
    repeated = [
        rows[key] for key, count in seen.items() if count > max(allowed[key], 1)
    ]
    if not changes:
        code = CheckCode.NO_ROWS
    elif repeated or evidence.changelog.tombstones:
        code = CheckCode.NOT_APPEND_ONLY
    else:
        code = CheckCode.APPEND_ONLY
    return conclude(
        check,
        code,
        passed=code is CheckCode.APPEND_ONLY,
        rows=len(changes),
        samples=quote(repeated, output.key),
    )
