"""What grading says: a verdict made of one result for each named check."""

from dataclasses import dataclass
from enum import StrEnum

from grading.compare import TableDiff
from lab_protocol.messages import Ending


class Result(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NONE = "none"


class CheckCode(StrEnum):
    """Why a check passed or failed; the words for it are the front door's."""

    ROWS_EQUAL = "rows-equal"
    ROWS_DIFFER = "rows-differ"
    NO_ROWS = "no-rows"
    UNDECODABLE_ROWS = "undecodable-rows"
    APPEND_ONLY = "append-only"
    NOT_APPEND_ONLY = "not-append-only"
    NOT_REACHED = "not-reached"


class SummaryCode(StrEnum):
    """The one sentence of a verdict."""

    ALL_CHECKS_PASSED = "all-checks-passed"
    ROWS_DIFFER = "rows-differ"
    NO_ROWS = "no-rows"
    LEARNER_ERROR = "learner-error"
    TIME_LIMIT = "time-limit"
    MEMORY_LIMIT = "memory-limit"
    OUTPUT_LIMIT = "output-limit"
    CANCELLED = "cancelled"
    PLATFORM_FAULT = "platform-fault"
    NOT_GRADED = "not-graded"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's word. ``diff`` is there where rows were compared."""

    check_id: str
    passed: bool
    points: int
    max_points: int
    code: CheckCode
    diff: TableDiff | None = None
    rows: int = 0
    samples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of grading one run; immutable and free of wording."""

    result: Result
    ending: Ending
    summary: SummaryCode
    checks: tuple[CheckResult, ...]
    misconception: str | None = None

    @property
    def points(self) -> int:
        """Points of the passed checks."""
        return sum(check.points for check in self.checks)

    @property
    def max_points(self) -> int:
        """The most points the lab gives."""
        return sum(check.max_points for check in self.checks)
