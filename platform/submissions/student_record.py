"""One student as an instructor of the cohort sees them: lessons, labs, timeline.

Submits only: runs and drafts are a student's own.
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Prefetch
from django.db.models.fields.json import KT

from accounts.models import Cohort, Enrolment, User
from curriculum.catalogue import Catalogue, Lab, Lesson, UnknownItem
from progress.access import LabEntry, LessonEntry, build_course_map
from progress.models import Achievement
from progress.selectors import ledgers
from submissions.cohorts import Cell, CellState, cells_of, lab_in
from submissions.models import Submission, Verdict


@dataclass(frozen=True, slots=True)
class Attempt:
    """A submit; ``number`` counts a lab's from 1, ``misconception`` the known
    mistake it made, if any.

    ``verdict`` comes without its report and is None while the attempt is open.
    """

    submission: Submission
    number: int
    lab: Lab | None
    verdict: Verdict | None
    misconception: str


@dataclass(frozen=True, slots=True)
class LabRecord:
    """A lab as one student has it, with the submits, newest first."""

    entry: LabEntry
    cell: Cell
    attempts: tuple[Attempt, ...]


@dataclass(frozen=True, slots=True)
class LessonRecord:
    """A lesson as one student has it."""

    entry: LessonEntry
    cell: Cell
    labs: tuple[LabRecord, ...]


@dataclass(frozen=True, slots=True)
class Moment:
    """A point of a timeline: a submit, or a step in the ledger and what it is about."""

    at: datetime
    attempt: Attempt | None = None
    achievement: Achievement | None = None
    subject: Lesson | Lab | None = None


@dataclass(frozen=True, slots=True)
class StudentRecord:
    """All that an instructor may see of one student; the timeline is newest first."""

    student: User
    lessons: tuple[LessonRecord, ...]
    timeline: tuple[Moment, ...]
    completed: int
    passed: int
    last_seen: datetime | None


def student_record(
    *, cohort: Cohort, username: str, catalogue: Catalogue
) -> StudentRecord:
    """Return what is known of one student of ``cohort``; raise User.DoesNotExist."""
    student = User.objects.get(
        username=username,
        enrolments__cohort=cohort,
        enrolments__role=Enrolment.Role.STUDENT,
    )
    course = build_course_map(catalogue, ledgers([student.pk])[student.pk])
    attempts = _attempts(student, catalogue)
    of_lab: defaultdict[str, list[Attempt]] = defaultdict(list)
    tries: defaultdict[str, int] = defaultdict(int)
    for attempt in attempts:
        if attempt.lab is not None:
            of_lab[attempt.lab.id].append(attempt)
            tries[attempt.lab.id] += _counts(attempt)
    lessons = []
    for entry in course.lessons:
        lesson_cell, *lab_cells = cells_of(entry, tries)
        lessons.append(
            LessonRecord(
                entry,
                lesson_cell,
                tuple(
                    LabRecord(lab, cell, tuple(of_lab[lab.lab.id]))
                    for lab, cell in zip(entry.labs, lab_cells, strict=True)
                ),
            )
        )
    timeline = _timeline(student, attempts, catalogue)
    return StudentRecord(
        student=student,
        lessons=tuple(lessons),
        timeline=timeline,
        completed=course.completed_count,
        passed=sum(
            lab.cell.state is CellState.PASSED
            for lesson in lessons
            for lab in lesson.labs
        ),
        last_seen=timeline[0].at if timeline else None,
    )


def _counts(attempt: Attempt) -> bool:
    verdict = attempt.verdict
    return verdict is not None and verdict.result != Verdict.Result.NONE


def _attempts(student: User, catalogue: Catalogue) -> list[Attempt]:
    """Return all submits of a student, newest first, without code and reports."""
    verdicts = (
        Verdict.objects.filter(generation=F("submission__generation"))
        .annotate(misconception=KT("report__misconception"))
        .defer("report")
    )
    rows = (
        Submission.objects.attempts()
        .filter(user=student)
        .defer("files")
        .prefetch_related(Prefetch("verdicts", queryset=verdicts))
        .order_by("created_at", "pk")
    )
    numbers: defaultdict[str, int] = defaultdict(int)
    attempts = []
    for submission in rows:
        numbers[submission.lab] += 1
        verdict = next(iter(submission.verdicts.all()), None)
        lab = lab_in(catalogue, submission.lab)
        attempts.append(
            Attempt(
                submission=submission,
                number=numbers[submission.lab],
                lab=lab,
                verdict=verdict,
                misconception=_misconception(lab, verdict),
            )
        )
    return attempts[::-1]


def _misconception(lab: Lab | None, verdict: Verdict | None) -> str:
    named = getattr(verdict, "misconception", None)
    # SQLite gives a JSON null as the text "null"; no id of the lab is lost by asking.
    known = {item.id for item in lab.spec.misconceptions} if lab else set()
    return named if named in known else ""


def _timeline(
    student: User, attempts: list[Attempt], catalogue: Catalogue
) -> tuple[Moment, ...]:
    moments = [
        Moment(at=attempt.submission.created_at, attempt=attempt)
        for attempt in attempts
    ]
    for achievement in Achievement.objects.standing().filter(user=student):
        kind = Achievement.Kind
        find = lab_in if achievement.kind == kind.LAB_PASSED else _lesson
        moments.append(
            Moment(
                at=achievement.achieved_at,
                achievement=achievement,
                subject=find(catalogue, achievement.item),
            )
        )
    return tuple(sorted(moments, key=lambda moment: moment.at, reverse=True))


def _lesson(catalogue: Catalogue, lesson_id: str) -> Lesson | None:
    try:
        return catalogue.lesson(lesson_id)
    except UnknownItem:
        return None
