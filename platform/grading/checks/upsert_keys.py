"""An upsert topic can be read by whoever comes later: every record has its key.

Kafka's compaction and every upsert reader go by the record's key. A record without
one, or with a key that lacks a column, is a row that nobody can ever update or delete;
a key that is gone in the source must have its tombstone.
"""

from collections.abc import Mapping

from curriculum.specs import Check
from grading.changelog import row_key
from grading.checks.result import SAMPLES, conclude, quote
from grading.evidence import Evidence
from grading.verdict import CheckCode, CheckResult


def upsert_keys(check: Check, outputs: Mapping[str, Evidence]) -> CheckResult:
    """Look at the keys of all records, then for keys that should have a tombstone."""
    evidence = outputs[check.output]
    output, log = evidence.output, evidence.changelog
    expected = {row_key(row, output) for row in evidence.expected}
    alive = [row for row in evidence.actual if row_key(row, output) not in expected]
    samples: tuple[str, ...] = ()
    if not log.changes and not log.undecodable:
        code = CheckCode.NO_ROWS
    elif log.keyless:
        code, samples = CheckCode.KEY_MISSING, log.keyless[:SAMPLES]
    elif alive:
        code, samples = CheckCode.TOMBSTONE_MISSING, quote(alive, output.key)
    else:
        code = CheckCode.UPSERT_KEYS
    return conclude(
        check,
        code,
        passed=code is CheckCode.UPSERT_KEYS,
        rows=len(log.changes),
        samples=samples,
    )
