"""Asking for the smallest stream that shows a failed attempt's mistake, and reading it.

The search runs on the lab's public seed, the one of trial runs: the seed of a submit
stays secret. It is a submission of its own whose ``original`` is the attempt.
"""

from dataclasses import dataclass
from uuid import uuid4

from django.db import transaction

from accounts.models import User
from curriculum.catalogue import UnknownItem
from curriculum.models import Release
from curriculum.releases import active_catalogue, catalogue_of
from curriculum.specs import LabSpec
from grading.smallest import Mistake, mistake_in
from lab_protocol.messages import Ending
from progress.selectors import course_map
from submissions.errors import Rejected
from submissions.models import Submission, Verdict
from submissions.selectors import current_verdict, with_verdict
from submissions.services import cancel
from submissions.turns import background_turn
from submissions.wake import wake_workers

# Nothing was found out: these may be asked for again.
WITHOUT_ANSWER = (Ending.PLATFORM_FAULT, Ending.CANCELLED)


@dataclass(frozen=True, slots=True)
class SmallestSearch:
    """The latest search for an attempt; ``verdict`` once it has ended.

    ``left`` of ``total`` events are in the smallest stream so far, after ``runs`` runs;
    both are 0 until the first run has ended.
    """

    submission: Submission
    verdict: Verdict | None
    runs: int
    left: int
    total: int

    @property
    def may_be_asked_again(self) -> bool:
        """Whether it ended without an answer."""
        return self.verdict is not None and self.verdict.ending in WITHOUT_ANSWER


def mistake_of(attempt: Submission | None, lab: LabSpec) -> Mistake | None:
    """Return the mistake of a failed submit that can be looked for, or None."""
    if (
        attempt is None
        or attempt.kind != Submission.Kind.SUBMIT
        or attempt.state != Submission.State.FINISHED
        or attempt.is_demo
    ):
        return None
    verdict = current_verdict(attempt)
    if verdict is None or verdict.result != Verdict.Result.FAILED:
        return None
    return mistake_in(verdict.report, lab)


def can_be_searched(attempt: Submission) -> bool:
    """Say whether ``attempt`` has a mistake that a smaller stream could show."""
    try:
        lab = catalogue_of(attempt.release_id).lab(attempt.lab)
    except (Release.DoesNotExist, UnknownItem):
        return False
    return mistake_of(attempt, lab.spec) is not None


def ask_for_smallest(*, user: User, attempt: Submission) -> Submission:
    """Queue a search for ``attempt``; one that goes on or has an answer is returned.

    Raises ``progress.access`` UnknownItem and Locked, and Rejected: where there is no
    mistake to look for, and while another search of the person goes on. Locks the
    user's row, so that parallel posts are counted.
    """
    course_map(user=user, catalogue=active_catalogue()).require_lab(attempt.lab)
    with transaction.atomic():
        User.objects.select_for_update().get(pk=user.pk)
        known = latest_search(attempt)
        if known is not None and not known.may_be_asked_again:
            return known.submission
        if not can_be_searched(attempt):
            raise Rejected("nothing-to-search", status=409)
        searches = Submission.objects.open().filter(
            user=user, kind=Submission.Kind.SHRINK
        )
        if searches.exists():
            raise Rejected("search-goes-on", status=429)
        lab = catalogue_of(attempt.release_id).lab(attempt.lab)
        search = Submission.objects.create(
            user=user,
            lab=lab.id,
            release_id=attempt.release_id,
            kind=Submission.Kind.SHRINK,
            language=attempt.language,
            files=attempt.files,
            seed=lab.spec.public_seed,
            idempotency_key=uuid4(),
            original=attempt,
            turn=background_turn(user.pk),
        )
        transaction.on_commit(wake_workers, robust=True)
    return search


def cancel_search(*, attempt: Submission) -> None:
    """Take back the search that goes on for ``attempt``, if there is one."""
    for search in attempt.redone.open().filter(kind=Submission.Kind.SHRINK):
        cancel(submission=search)


def latest_search(attempt: Submission) -> SmallestSearch | None:
    """Return the latest search for ``attempt``. Two queries."""
    search = (
        with_verdict(
            # A regrade moves the attempt to another release, with another verdict.
            Submission.objects.filter(
                original=attempt,
                kind=Submission.Kind.SHRINK,
                release=attempt.release_id,
            )
        )
        .defer("files")
        .first()
    )
    if search is None:
        return None
    return SmallestSearch(
        submission=search,
        verdict=current_verdict(search),
        runs=search.progress.get("runs", 0),
        left=search.progress.get("left", 0),
        total=search.progress.get("total", 0),
    )
