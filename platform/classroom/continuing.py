"""Where a person should go on: one exact item, and why."""

from dataclasses import dataclass

from accounts.models import User
from curriculum.catalogue import Lab, UnknownItem
from progress.access import CourseMap, LabState, LessonEntry, LessonState
from submissions.models import Draft, Submission, Verdict
from submissions.selectors import current_verdict


@dataclass(frozen=True, slots=True)
class NextItem:
    """A lesson to read, or one of its labs to work in where ``lab`` is set.

    ``begun`` says whether the person has been there before.
    """

    entry: LessonEntry
    lab: Lab | None
    begun: bool


def next_item(*, user: User, course: CourseMap) -> NextItem | None:
    """Return what to continue with; None when everything is done or locked.

    The lab with the latest unsent text wins, if it is open and not passed; then the
    first lesson that is not completed.
    """
    open_labs = {
        lab.lab.id: (entry, lab.lab)
        for entry in course.lessons
        for lab in entry.labs
        if lab.state is LabState.OPEN
    }
    draft = (
        Draft.objects.filter(user=user, lab__in=open_labs)
        .order_by("-updated_at")
        .only("lab")
        .first()
    )
    if draft is not None:
        entry, lab = open_labs[draft.lab]
        return NextItem(entry, lab, begun=True)
    entry_up = course.next_up
    if entry_up is None:
        return None
    if entry_up.is_read:
        for item in entry_up.labs:
            if item.state is LabState.OPEN:
                return NextItem(entry_up, item.lab, begun=False)
    return NextItem(entry_up, None, begun=entry_up.state is LessonState.IN_PROGRESS)


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
