"""An append output was only ever appended to: no tombstone, no key twice.

A window aggregate without ``window_end`` in its GROUP BY emits updates, which a plain
Kafka sink refuses but an upsert sink hides; this check sees them in the topic.
"""

from collections import Counter

from curriculum.specs import Check
from grading.changelog import row_key
from grading.evidence import Evidence
from grading.verdict import CheckCode, CheckResult

SAMPLES = 3


def append_only(check: Check, evidence: Evidence) -> CheckResult:
    """Count keys that came more often than the oracle's rows of that key."""
    output = evidence.output
    allowed = Counter(row_key(row, output) for row in evidence.expected)
    seen = Counter(row_key(change.row, output) for change in evidence.changelog.changes)
    repeated = [key for key, count in seen.items() if count > max(allowed[key], 1)]
    if not evidence.changelog.changes:
        code = CheckCode.NO_ROWS
    elif repeated or evidence.changelog.tombstones:
        code = CheckCode.NOT_APPEND_ONLY
    else:
        code = CheckCode.APPEND_ONLY
    passed = code is CheckCode.APPEND_ONLY
    return CheckResult(
        check_id=check.id,
        passed=passed,
        points=check.points if passed else 0,
        max_points=check.points,
        code=code,
        rows=len(evidence.changelog.changes),
        samples=tuple(
            ", ".join(str(part) for part in key) for key in repeated[:SAMPLES]
        ),
    )
