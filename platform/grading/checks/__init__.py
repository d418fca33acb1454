"""The kinds of checks, one a file: functions from Evidence to CheckResult."""

from collections.abc import Callable

from curriculum.specs import Check
from grading.checks.append_only import append_only
from grading.checks.rows_equal import rows_equal
from grading.evidence import Evidence
from grading.verdict import CheckResult

KINDS: dict[str, Callable[[Check, Evidence], CheckResult]] = {
    "rows_equal": rows_equal,
    "append_only": append_only,
}
