"""Cohorts as their instructors see them: the matrix, one student, the list.

The screen and the CSV are made from the same :class:`CohortMatrix`. What is locked or
completed is ``progress.access``'s word; this module adds the tries. Each function
takes a fixed number of queries, whatever the size of the cohort.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Exists, Max, OuterRef, Q, QuerySet
from django.db.models.functions import Greatest

from accounts.access import reviewable_cohorts
from accounts.models import Cohort, Enrolment, User
from curriculum.catalogue import Catalogue, Lab, Lesson
from progress.access import CourseMap, LabEntry, LabState, LessonEntry, LessonState
from progress.access import build_course_map
from progress.models import Achievement
from progress.selectors import ledgers
from submissions.models import Submission, Verdict
from submissions.selectors import AttemptRow, attempt_rows


class CellState(StrEnum):
    """What one cell of the matrix says, for a lesson or a lab."""

    LOCKED = "locked"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    TRIED = "tried"
    PASSED = "passed"
    COMPLETED = "completed"


class Sort(StrEnum):
    """Orders of the matrix's rows; a minus turns them round."""

    NAME = "name"
    NAME_DOWN = "-name"
    PROGRESS = "progress"
    PROGRESS_DOWN = "-progress"
    SEEN = "seen"
    SEEN_DOWN = "-seen"


@dataclass(frozen=True, slots=True)
class MatrixFilters:
    """Which students are shown and in which order.

    ``state`` alone selects students with any such cell; with ``item`` (the id of a
    column) those whose cell of that column has it. Empty means no restriction.
    """

    text: str = ""
    item: str = ""
    state: CellState | None = None
    sort: Sort = Sort.NAME


@dataclass(frozen=True, slots=True)
class Column:
    """A lesson, or a lab behind its lesson."""

    lesson: Lesson
    lab: Lab | None = None

    @property
    def id(self) -> str:
        """The id of the lab, or of the lesson; they share no ids."""
        return self.lab.id if self.lab else self.lesson.id


@dataclass(frozen=True, slots=True)
class Cell:
    """``tries`` counts submits that a verdict was reached on; 0 for lessons."""

    state: CellState
    tries: int = 0


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One student. ``last_seen`` is the latest submit or step in the ledger."""

    student: User
    cells: tuple[Cell, ...]
    completed: int
    passed: int
    last_seen: datetime | None

    @property
    def progress(self) -> tuple[int, int]:
        """What students are compared by: lessons completed, then labs passed."""
        return self.completed, self.passed


@dataclass(frozen=True, slots=True)
class CohortMatrix:
    """Students × (lessons and labs), filtered and ordered. ``total`` counts all."""

    cohort: Cohort
    columns: tuple[Column, ...]
    rows: tuple[MatrixRow, ...]
    total: int
    lesson_count: int


@dataclass(frozen=True, slots=True)
class CohortLine:
    """A line of the list of cohorts."""

    cohort: Cohort
    students: int
    instructors: int
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class LabRecord:
    """A lab as one student has it, with the submits, newest first."""

    entry: LabEntry
    cell: Cell
    attempts: tuple[AttemptRow, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of a student's timeline: a submit or a step in the ledger."""

    at: datetime
    attempt: AttemptRow | None = None
    lab: Lab | None = None
    achievement: Achievement | None = None
    lesson: Lesson | None = None


@dataclass(frozen=True, slots=True)
class StudentRecord:
    """All an instructor may see of one student."""

    student: User
    course: CourseMap
    lessons: tuple[tuple[LessonEntry, tuple[LabRecord, ...]], ...]
    timeline: tuple[Moment, ...]
    last_seen: datetime | None


def cohort_lines(*, user: User) -> list[CohortLine]:
    """Return the cohorts that ``user`` may review. Two queries."""
    role = Enrolment.Role
    cohorts = list(
        Cohort.objects.filter(pk__in=reviewable_cohorts(user))
        .annotate(
            students=Count(
                "enrolments", filter=Q(enrolments__role=role.STUDENT), distinct=True
            ),
            instructors=Count(
                "enrolments", filter=Q(enrolments__role=role.INSTRUCTOR), distinct=True
            ),
        )
        .order_by("title", "pk")
    )
    seen = dict(
        Submission.objects.attempts()
        .filter(
            user__enrolments__role=role.STUDENT, user__enrolments__cohort__in=cohorts
        )
        .values_list("user__enrolments__cohort")
        .annotate(at=Max("created_at"))
        .order_by()
    )
    return [
        CohortLine(
            cohort=cohort,
            students=cohort.students,
            instructors=cohort.instructors,
            last_seen=seen.get(cohort.pk),
        )
        for cohort in cohorts
    ]
