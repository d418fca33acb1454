"""The one prerequisite rule: what is open to a person, and what exactly is missing.

Pure: a catalogue and a ledger go in, a course map comes out. Pages, fragments,
services, the cohort matrix and exports all ask here.

A lesson is completed when the ledger says so, or when all its labs are passed; one
without labs when it is marked as read. It is open when all its prerequisites are
completed. What was once open stays open: a release that adds a prerequisite takes
nothing away from those who had begun. Those who teach find every lesson open.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from curriculum.catalogue import Catalogue, Lab, Lesson, UnknownItem


class LessonState(StrEnum):
    LOCKED = "locked"
    OPEN = "open"
    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class LabState(StrEnum):
    LOCKED = "locked"
    OPEN = "open"
    PASSED = "passed"


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ids a person has achieved, by kind; see ``progress.models.Achievement``.

    ``is_exempt`` is set for those who review the work of others: nothing is locked.
    """

    opened: frozenset[str] = frozenset()
    read: frozenset[str] = frozenset()
    passed: frozenset[str] = frozenset()
    completed: frozenset[str] = frozenset()
    is_exempt: bool = False

    def in_present_ids(self, catalogue: Catalogue) -> "Ledger":
        """Return the ledger with renamed lessons and labs under today's ids."""

        def present(
            ids: frozenset[str], find: Callable[[str], Lesson | Lab]
        ) -> set[str]:
            names = set()
            for name in ids:
                try:
                    names.add(find(name).id)
                except UnknownItem:
                    continue  # the release has no such item any more
            return names

        return Ledger(
            opened=frozenset(present(self.opened, catalogue.lesson)),
            read=frozenset(present(self.read, catalogue.lesson)),
            passed=frozenset(present(self.passed, catalogue.lab)),
            completed=frozenset(present(self.completed, catalogue.lesson)),
            is_exempt=self.is_exempt,
        )


@dataclass(frozen=True, slots=True)
class Requirement:
    """A prerequisite that is not completed, and what it still needs itself."""

    lesson: Lesson
    labs: tuple[Lab, ...]
    reading: bool


@dataclass(frozen=True, slots=True)
class LabEntry:
    lab: Lab
    state: LabState


@dataclass(frozen=True, slots=True)
class LessonEntry:
    """A lesson as one person has it; ``missing`` is empty unless it is locked."""

    lesson: Lesson
    state: LessonState
    labs: tuple[LabEntry, ...]
    missing: tuple[Requirement, ...]
    is_read: bool

    @property
    def is_open(self) -> bool:
        """Whether the person may read it and work in its labs."""
        return self.state is not LessonState.LOCKED


class Locked(PermissionError):
    """The lesson, or the lab's lesson, is locked; ``entry`` says what is missing."""

    def __init__(self, entry: LessonEntry, lab: Lab | None = None) -> None:
        super().__init__(f"{entry.lesson.id} is locked")
        self.entry = entry
        self.lab = lab


@dataclass(frozen=True, slots=True)
class CourseMap:
    """All lessons in course order, as one person has them."""

    catalogue: Catalogue
    lessons: tuple[LessonEntry, ...]
    _by_id: dict[str, LessonEntry] = field(repr=False)

    def lesson(self, lesson_id: str) -> LessonEntry:
        """Return the entry of a lesson by its id or an alias, or raise UnknownItem."""
        return self._by_id[self.catalogue.lesson(lesson_id).id]

    def lab(self, lab_id: str) -> tuple[LessonEntry, LabEntry]:
        """Return a lab's entry behind its lesson's, or raise UnknownItem."""
        lab = self.catalogue.lab(lab_id)
        entry = self._by_id[lab.lesson]
        return entry, next(item for item in entry.labs if item.lab.id == lab.id)

    def require_lesson(self, lesson_id: str) -> LessonEntry:
        """Return an open lesson; raise UnknownItem or Locked."""
        entry = self.lesson(lesson_id)
        if not entry.is_open:
            raise Locked(entry)
        return entry

    def require_lab(self, lab_id: str) -> tuple[LessonEntry, LabEntry]:
        """Return a lab of an open lesson; raise UnknownItem or Locked."""
        entry, lab_entry = self.lab(lab_id)
        if not entry.is_open:
            raise Locked(entry, lab_entry.lab)
        return entry, lab_entry

    @property
    def readable(self) -> frozenset[str]:
        """The ids of the lessons whose text, and whose labs' tasks, may be shown.

        Of all others titles and descriptions are public: the course map shows them.
        """
        return frozenset(entry.lesson.id for entry in self.lessons if entry.is_open)

    @property
    def next_up(self) -> LessonEntry | None:
        """The first open lesson that is not completed; None when nothing is left."""
        for entry in self.lessons:
            if entry.is_open and entry.state is not LessonState.COMPLETED:
                return entry
        return None

    @property
    def completed_count(self) -> int:
        """How many lessons are completed."""
        return sum(entry.state is LessonState.COMPLETED for entry in self.lessons)


def is_completed(lesson: Lesson, ledger: Ledger) -> bool:
    """Say whether ``lesson`` counts as completed.

    The ledger's word stands even when a later release asks for more.
    """
    if lesson.id in ledger.completed:
        return True
    if lesson.labs:
        return all(lab_id in ledger.passed for lab_id in lesson.labs)
    return lesson.id in ledger.read


def build_course_map(catalogue: Catalogue, ledger: Ledger) -> CourseMap:
    """Apply the rule to every lesson."""
    ledger = ledger.in_present_ids(catalogue)
    completed = {
        lesson.id for lesson in catalogue.lessons if is_completed(lesson, ledger)
    }
    entries = tuple(
        _entry(lesson, catalogue, ledger, completed) for lesson in catalogue.lessons
    )
    return CourseMap(catalogue, entries, {entry.lesson.id: entry for entry in entries})


def _entry(
    lesson: Lesson, catalogue: Catalogue, ledger: Ledger, completed: set[str]
) -> LessonEntry:
    begun = (
        lesson.id in ledger.opened
        or lesson.id in ledger.read
        or any(lab_id in ledger.passed for lab_id in lesson.labs)
    )
    missing = tuple(
        _requirement(catalogue.lesson(required), catalogue, ledger)
        for required in lesson.prerequisites
        if required not in completed
    )
    if lesson.id in completed:
        state = LessonState.COMPLETED
    elif begun:
        state = LessonState.IN_PROGRESS
    elif missing and not ledger.is_exempt:
        state = LessonState.LOCKED
    else:
        state = LessonState.OPEN
    is_open = state is not LessonState.LOCKED
    return LessonEntry(
        lesson=lesson,
        state=state,
        labs=tuple(
            LabEntry(catalogue.lab(lab_id), _lab_state(lab_id, ledger, is_open=is_open))
            for lab_id in lesson.labs
        ),
        missing=() if is_open else missing,
        is_read=lesson.id in ledger.read,
    )


def _lab_state(lab_id: str, ledger: Ledger, *, is_open: bool) -> LabState:
    if lab_id in ledger.passed:
        return LabState.PASSED
    return LabState.OPEN if is_open else LabState.LOCKED


def _requirement(lesson: Lesson, catalogue: Catalogue, ledger: Ledger) -> Requirement:
    return Requirement(
        lesson=lesson,
        labs=tuple(
            catalogue.lab(lab_id)
            for lab_id in lesson.labs
            if lab_id not in ledger.passed
        ),
        reading=not lesson.labs and lesson.id not in ledger.read,
    )
