"""Where a person should go on: one exact item, and why."""

from dataclasses import dataclass

from accounts.models import User
from curriculum.catalogue import Lab, UnknownItem
from progress.access import CourseMap, LabState, LessonEntry, LessonState
from progress.reading import Place, last_position
from submissions.models import Draft, Submission, Verdict
from submissions.selectors import current_verdict


@dataclass(frozen=True, slots=True)
class NextItem:
    """A lesson to read, or one of its labs to work in where ``lab`` is set.

    ``begun`` says whether the person has been there before, ``place`` where in the
    lesson, if that is known.
    """

    entry: LessonEntry
    lab: Lab | None
    begun: bool
    place: Place | None = None


def next_item(*, user: User, course: CourseMap, language: str) -> NextItem | None:
    """Return what to continue with; None when everything is done or locked.

    The latest of two wins: the lab with the last unsent text, if it is open and not
    passed, and the section read last, if its lesson is open and not read to its end.
    Then the first lesson that is not completed.
    """
    reading = _reading(user, course, language)
    open_labs = {
        lab.lab.id: (entry, lab.lab)
        for entry in course.lessons
        for lab in entry.labs
        if lab.state is LabState.OPEN
    }
    draft = (
        Draft.objects.filter(user=user, lab__in=open_labs)
        .order_by("-updated_at")
        .only("lab", "updated_at")
        .first()
    )
    if draft is not None and (
        reading is None
        or reading.place is None
        or reading.place.seen_at < draft.updated_at
    ):
        entry, lab = open_labs[draft.lab]
        return NextItem(entry, lab, begun=True)
    if reading is not None:
        return reading
    entry_up = course.next_up
    if entry_up is None:
        return None
    if entry_up.is_read:
        for item in entry_up.labs:
            if item.state is LabState.OPEN:
                return NextItem(entry_up, item.lab, begun=False)
    return NextItem(entry_up, None, begun=entry_up.state is LessonState.IN_PROGRESS)


def _reading(user: User, course: CourseMap, language: str) -> NextItem | None:
    """Return the lesson read last with the place in it; None where it has been read."""
    place = last_position(user, course.catalogue, language)
    if place is None:
        return None
    entry = course.lesson(place.lesson.id)
    if not entry.is_open or entry.is_read or entry.state is LessonState.COMPLETED:
        return None
    return NextItem(entry, None, begun=True, place=place)


@dataclass(frozen=True, slots=True)
class NextStep:
    """What follows a pass: another lab of the lesson, else the next open lesson."""

    lesson: LessonEntry
    lab: Lab | None
    next: LessonEntry | None


def next_step(course: CourseMap, submission: Submission) -> NextStep | None:
    """Return what to do after a passed submit; None after anything else."""
    verdict = current_verdict(submission)
    if verdict is None or verdict.result != Verdict.Result.PASSED:
        return None
    try:
        lesson, _entry = course.lab(submission.lab)
    except UnknownItem:
        return None
    other = next((lab.lab for lab in lesson.labs if lab.state is LabState.OPEN), None)
    return NextStep(lesson, other, course.next_up if other is None else None)
