"""What has changed for a person since the visit before this one."""

from dataclasses import dataclass
from datetime import datetime

from accounts.models import User
from curriculum.catalogue import Catalogue, Lab, UnknownItem
from curriculum.models import Release
from questions.models import Answer
from questions.selectors import unseen_answers
from submissions.models import Submission
from submissions.selectors import regraded_since


@dataclass(frozen=True, slots=True)
class NewVerdict:
    """An attempt that was judged anew meanwhile."""

    submission: Submission
    lab: Lab


@dataclass(frozen=True, slots=True)
class Changes:
    """``course_changed_at`` is None while the course is as it was."""

    answers: list[Answer]
    verdicts: list[NewVerdict]
    course_changed_at: datetime | None

    def __bool__(self) -> bool:
        return bool(self.answers or self.verdicts or self.course_changed_at)


def changes_since(
    *, user: User, catalogue: Catalogue, since: datetime | None
) -> Changes:
    """Return what ``user`` has not seen; on a first visit only answers are news.

    Three queries at most.
    """
    answers = unseen_answers(user)
    if since is None:
        return Changes(answers, [], None)
    verdicts = []
    for submission in regraded_since(user=user, since=since):
        try:
            lab = catalogue.lab(submission.lab)
        except UnknownItem:
            continue
        verdicts.append(NewVerdict(submission, lab))
    changed = (
        Release.objects.active()
        .filter(activated_at__gt=since)
        .values_list("activated_at", flat=True)
        .first()
    )
    return Changes(answers, verdicts, changed)
