"""The kinds of checks, one a file: functions from evidence to CheckResult.

docs/grading.md describes each with an example for authors.
"""

from collections.abc import Callable, Mapping

from curriculum.specs import Check
from grading.checks.advances import advances
from grading.checks.append_only import append_only
from grading.checks.counted_once import counted_once
from grading.checks.deletes_gone import deletes_gone
from grading.checks.late_events import late_events
from grading.checks.retractions import retractions
from grading.checks.rows_equal import rows_equal
from grading.checks.upsert_keys import upsert_keys
from grading.evidence import Evidence
from grading.verdict import CheckResult

KINDS: dict[str, Callable[[Check, Mapping[str, Evidence]], CheckResult]] = {
    "rows_equal": rows_equal,
    "append_only": append_only,
    "upsert_keys": upsert_keys,
    "retractions": retractions,
    "late_events": late_events,
    "advances": advances,
    "counted_once": counted_once,
    "deletes_gone": deletes_gone,
}
