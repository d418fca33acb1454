"""Cohorts as their instructors see them: the list and the matrix.

The screen and the CSV are made from the same :class:`CohortMatrix`. What is locked or
completed is ``progress.access``'s word; this module adds the tries. Each function
takes a fixed number of queries, whatever the size of the cohort.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.db.models import Count, Exists, Max, OuterRef, Q

from accounts.access import reviewable_cohorts
from accounts.models import Cohort, Enrolment, User
from curriculum.catalogue import Catalogue, Lab, Lesson, UnknownItem
from progress.access import (
    LabEntry,
    LabState,
    LessonEntry,
    build_course_map,
)
from progress.models import Achievement
from progress.selectors import ledgers
from submissions.models import Submission, Verdict


class CellState(StrEnum):
    """What one cell of the matrix says, for a lesson or a lab."""

    LOCKED = "locked"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    TRIED = "tried"
    PASSED = "passed"
    COMPLETED = "completed"


DONE = frozenset({CellState.PASSED, CellState.COMPLETED})


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

    ``state`` alone selects students with any such cell; with ``item`` (the key of a
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
    def key(self) -> str:
        """The column's name in a URL; a lesson and a lab may share an id."""
        return f"lab.{self.lab.id}" if self.lab else f"lesson.{self.lesson.id}"

    def title(self, language: str) -> str:
        """Return the title of the lab, or of the lesson."""
        return (self.lab or self.lesson).title(language)


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
class Standing:
    """Where a whole cohort is, in numbers of students.

    ``begun`` have been seen at all, ``trying`` have a lab that was
    tried and not passed, ``finished`` have completed every lesson.
    """

    students: int
    begun: int
    trying: int
    finished: int


@dataclass(frozen=True, slots=True)
class CohortMatrix:
    """Students × (lessons and labs), filtered and ordered; ``standing`` is of all.

    ``done`` counts the shown students who passed or completed each column.
    """

    cohort: Cohort
    columns: tuple[Column, ...]
    rows: tuple[MatrixRow, ...]
    done: tuple[int, ...]
    standing: Standing
    lesson_count: int


@dataclass(frozen=True, slots=True)
class CohortLine:
    """A line of the list of cohorts."""

    cohort: Cohort
    students: int
    instructors: int
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


def columns_of(catalogue: Catalogue) -> tuple[Column, ...]:
    """Return a column for each lesson in course order, its labs right behind it."""
    return tuple(
        column
        for lesson in catalogue.lessons
        for column in (
            Column(lesson),
            *(Column(lesson, lab) for lab in catalogue.labs_of(lesson)),
        )
    )


def cohort_matrix(
    *, cohort: Cohort, catalogue: Catalogue, filters: MatrixFilters
) -> CohortMatrix:
    """Return the matrix behind the page and the CSV. Four queries."""
    columns = columns_of(catalogue)
    students = list(
        User.objects.filter(
            enrolments__cohort=cohort, enrolments__role=Enrolment.Role.STUDENT
        ).order_by("username")
    )
    ids = [student.pk for student in students]
    known = ledgers(ids)
    tries, seen = _tries(ids, catalogue)
    for user_id, at in _last_steps(ids):
        seen[user_id] = max(seen.get(user_id, at), at)
    rows = []
    for student in students:
        course = build_course_map(catalogue, known[student.pk])
        cells = tuple(
            cell
            for entry in course.lessons
            for cell in cells_of(entry, tries[student.pk])
        )
        rows.append(
            MatrixRow(
                student=student,
                cells=cells,
                completed=course.completed_count,
                passed=sum(cell.state is CellState.PASSED for cell in cells),
                last_seen=seen.get(student.pk),
            )
        )
    shown = _in_order(_selected(rows, columns, filters), filters.sort)
    return CohortMatrix(
        cohort=cohort,
        columns=columns,
        rows=tuple(shown),
        done=tuple(
            sum(row.cells[place].state in DONE for row in shown)
            for place in range(len(columns))
        ),
        standing=_standing(rows, len(catalogue.lessons)),
        lesson_count=len(catalogue.lessons),
    )


def cohort_of_student(*, user: User, student: User) -> Cohort | None:
    """Return a cohort in which ``user`` may review ``student``, if there is one."""
    return (
        reviewable_cohorts(user)
        .filter(
            pk__in=Enrolment.objects.students().filter(user=student).values("cohort")
        )
        .order_by("title", "pk")
        .first()
    )


def _tries(
    ids: list[int], catalogue: Catalogue
) -> tuple[defaultdict[int, defaultdict[str, int]], dict[int, datetime]]:
    """Return tries by student and lab, and the time of each student's last submit."""
    tries: defaultdict[int, defaultdict[str, int]] = defaultdict(
        lambda: defaultdict(int)
    )
    seen: dict[int, datetime] = {}
    # A cancelled submit and a fault of the platform cost no try.
    counting = Verdict.objects.filter(
        submission=OuterRef("pk"), generation=OuterRef("generation")
    ).exclude(result=Verdict.Result.NONE)
    rows = (
        Submission.objects.attempts()
        .filter(user__in=ids)
        .annotate(is_graded=Exists(counting))
        .values_list("user", "lab")
        .annotate(tries=Count("pk", filter=Q(is_graded=True)), at=Max("created_at"))
        .order_by()
    )
    for user_id, lab_id, count, at in rows:
        seen[user_id] = max(seen.get(user_id, at), at)
        lab = lab_in(catalogue, lab_id)
        if lab is not None:
            tries[user_id][lab.id] += count
    return tries, seen


def _last_steps(ids: list[int]) -> Iterable[tuple[int, datetime]]:
    return (
        Achievement.objects.filter(user__in=ids)
        .values_list("user")
        .annotate(at=Max("achieved_at"))
        .order_by()
    )


def cells_of(entry: LessonEntry, tries: dict[str, int]) -> list[Cell]:
    """Return the lesson's cell and one for each of its labs."""
    return [
        Cell(CellState(entry.state)),
        *(_lab_cell(lab, tries.get(lab.lab.id, 0)) for lab in entry.labs),
    ]


def _lab_cell(entry: LabEntry, tries: int) -> Cell:
    if entry.state is LabState.OPEN and tries:
        return Cell(CellState.TRIED, tries)
    return Cell(CellState(entry.state), tries)


def _standing(rows: list[MatrixRow], lesson_count: int) -> Standing:
    return Standing(
        students=len(rows),
        begun=sum(row.last_seen is not None for row in rows),
        trying=sum(
            any(cell.state is CellState.TRIED for cell in row.cells) for row in rows
        ),
        finished=sum(row.completed == lesson_count for row in rows),
    )


def _selected(
    rows: list[MatrixRow], columns: tuple[Column, ...], filters: MatrixFilters
) -> list[MatrixRow]:
    places = [
        place
        for place, column in enumerate(columns)
        if filters.item in ("", column.key)
    ]
    wanted = filters.text.strip().casefold()
    return [
        row
        for row in rows
        if (not wanted or wanted in _searched(row.student))
        and (
            filters.state is None
            or any(row.cells[place].state is filters.state for place in places)
        )
    ]


def _searched(student: User) -> str:
    return f"{student.username} {student.get_full_name()} {student.email}".casefold()


def _in_order(rows: list[MatrixRow], sort: Sort) -> list[MatrixRow]:
    """Order rows, which come by name; those never seen go last either way."""
    down = sort.startswith("-")
    if sort in (Sort.NAME, Sort.NAME_DOWN):
        return rows[::-1] if down else rows
    if sort in (Sort.PROGRESS, Sort.PROGRESS_DOWN):
        return sorted(rows, key=lambda row: row.progress, reverse=down)
    seen = [(row.last_seen, row) for row in rows if row.last_seen is not None]
    seen.sort(key=lambda pair: pair[0], reverse=down)
    return [row for _, row in seen] + [row for row in rows if row.last_seen is None]


def lab_in(catalogue: Catalogue, lab_id: str) -> Lab | None:
    """Return a lab by its id or alias; None where it has left the course since."""
    try:
        return catalogue.lab(lab_id)
    except UnknownItem:
        return None
