"""What grading says: a verdict made of one result for each named check."""

from dataclasses import dataclass
from enum import StrEnum

from grading.compare import TableDiff
from grading.stages import StagePoint
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
    STATE_EQUAL = "state-equal"
    STATE_DIFFERS = "state-differs"
    UPSERT_KEYS = "upsert-keys"
    KEY_MISSING = "key-missing"
    TOMBSTONE_MISSING = "tombstone-missing"
    RETRACTIONS = "retractions"
    ORPHAN_RETRACTIONS = "orphan-retractions"
    LATE_DROPPED = "late-dropped"
    LATE_ROUTED = "late-routed"
    LATE_COUNTED = "late-counted"
    LATE_NOT_ROUTED = "late-not-routed"
    ADVANCES = "advances"
    STANDS_STILL = "stands-still"
    COUNTED_ONCE = "counted-once"
    COUNTED_TWICE = "counted-twice"
    ROWS_TWICE = "rows-twice"
    DELETES_GONE = "deletes-gone"
    DELETED_ROWS_LEFT = "deleted-rows-left"
    VARIATION_HOLDS = "variation-holds"
    VARIATION_DIFFERS = "variation-differs"
    VARIATION_STOPPED = "variation-stopped"
    NOT_REACHED = "not-reached"


class SummaryCode(StrEnum):
    """The one sentence of a verdict."""

    ALL_CHECKS_PASSED = "all-checks-passed"
    ROWS_DIFFER = "rows-differ"
    NO_ROWS = "no-rows"
    VARIATION_DIFFERS = "variation-differs"
    LEARNER_ERROR = "learner-error"
    TIME_LIMIT = "time-limit"
    MEMORY_LIMIT = "memory-limit"
    OUTPUT_LIMIT = "output-limit"
    CANCELLED = "cancelled"
    PLATFORM_FAULT = "platform-fault"
    NOT_GRADED = "not-graded"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """One check's word on ``output``. ``diff`` is there where rows differ.

    ``numbered``: the diff's numbers of expected rows are those of the oracle's final
    rows, and lead to events. ``variation`` is the id of the varied stream that was
    judged, empty for the stream itself.
    """

    check_id: str
    output: str
    passed: bool
    points: int
    max_points: int
    code: CheckCode
    diff: TableDiff | None = None
    rows: int = 0
    samples: tuple[str, ...] = ()
    numbered: bool = True
    first_wrong: StagePoint | None = None
    variation: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The outcome of grading one run; immutable and free of wording."""

    result: Result
    ending: Ending
    summary: SummaryCode
    checks: tuple[CheckResult, ...]
    misconception: str | None = None

    @property
    def first_wrong(self) -> StagePoint | None:
        """The earliest stage after which an output of a failed check was wrong."""
        points = [
            check.first_wrong
            for check in self.checks
            if not check.passed and not check.variation and check.first_wrong
        ]
        return min(points, key=lambda point: point.number, default=None)

    @property
    def points(self) -> int:
        """Points of the passed checks."""
        return sum(check.points for check in self.checks)

    @property
    def max_points(self) -> int:
        """The most points the lab gives."""
        return sum(check.max_points for check in self.checks)
