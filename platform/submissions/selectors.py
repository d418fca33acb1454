"""Reading submissions: a person's own, and those a reviewer may see."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Prefetch, QuerySet
from django.utils import timezone

from accounts.access import reviewable_cohorts
from accounts.models import Enrolment, User
from lab_protocol.messages import Ending
from submissions.models import Draft, Run, Submission, Verdict
from submissions.turns import PERSONAL
from submissions.waiting import PlaceInLine, place_in_line, ready_slots

# A page that shows an old place for longer looks as if it were stuck.
LONGEST_SILENCE = 5


@dataclass(frozen=True, slots=True)
class AttemptRow:
    """One line of an attempt history; ``number`` counts submits of a lab from 1."""

    submission: Submission
    number: int
    verdict: Verdict | None


@dataclass(frozen=True, slots=True)
class LiveStatus:
    """Where an open submission is; ``place`` is known while it waits."""

    state: str
    place: PlaceInLine | None
    seconds_elapsed: int
    rows_in: int
    rows_out: int
    worker_answers: bool
    cancel_requested: bool

    @property
    def ask_again_seconds(self) -> int:
        """In how many whole seconds a page asks anew: 1 to 5.

        Every second once the verdict may come at any moment; before that a quarter of
        the least that is left. Sixty pages that all asked each second took a fifth of
        one core from the runs that they waited for.
        """
        if self.place is None:
            return 1
        if self.place.seconds_low is None:
            return LONGEST_SILENCE
        return max(1, min(LONGEST_SILENCE, self.place.seconds_low // 4))


def own_submission(*, user: User, public_id: UUID) -> Submission:
    """Return a person's own run or submit; raise Submission.DoesNotExist."""
    return with_verdict(Submission.objects.filter(user=user, kind__in=PERSONAL)).get(
        public_id=public_id
    )


def reviewable_submission(*, user: User, public_id: UUID) -> Submission:
    """Return a submit that ``user`` may review; raise Submission.DoesNotExist."""
    taught = Enrolment.objects.students().filter(
        user=OuterRef("user"), cohort__in=reviewable_cohorts(user)
    )
    return with_verdict(Submission.objects.attempts().filter(Exists(taught))).get(
        public_id=public_id
    )


def current_verdict(submission: Submission) -> Verdict | None:
    """Return the verdict of the submission's present generation, if it has one."""
    return next(
        (
            verdict
            for verdict in submission.verdicts.all()
            if verdict.generation == submission.generation
        ),
        None,
    )


def last_run(submission: Submission) -> Run | None:
    """Return the latest try, or None while it has never been claimed."""
    return submission.runs.tries().order_by("-number").first()


def attempts(*, user: User, lab_id: str) -> list[AttemptRow]:
    """Return a person's submits of a lab, newest first. Two queries."""
    rows = list(
        with_verdict(Submission.objects.attempts().filter(user=user, lab=lab_id))
        .defer("files")
        .order_by("created_at", "pk")
    )
    return [
        AttemptRow(submission, number, current_verdict(submission))
        for number, submission in enumerate(rows, start=1)
    ][::-1]


def attempt_number(submission: Submission) -> int:
    """Return which submit of its lab this is for its user, from 1."""
    return (
        Submission.objects.attempts()
        .filter(
            user=submission.user_id,
            lab=submission.lab,
            created_at__lte=submission.created_at,
            pk__lte=submission.pk,
        )
        .count()
    )


def used_attempts(*, user: User, lab_id: str) -> int:
    """Return how many submits count against a limit: not the platform's faults.

    One that was cancelled does not count either; one that is still open does.
    """
    # A subquery: conditions of one exclude() over many rows may each be met by
    # another row, here by the verdict of a former generation.
    free = Verdict.objects.filter(
        submission=OuterRef("pk"),
        generation=OuterRef("generation"),
        result=Verdict.Result.NONE,
        ending__in=[Ending.PLATFORM_FAULT, Ending.CANCELLED],
    )
    rows = Submission.objects.attempts().filter(user=user, lab=lab_id)
    return rows.filter(~Exists(free)).count()


def recent_attempts(*, user: User, limit: int = 5) -> list[Submission]:
    """Return a person's latest final submits, newest first, with their verdicts."""
    return list(
        with_verdict(
            Submission.objects.attempts().filter(
                user=user, state__in=Submission.FINAL_STATES
            )
        ).defer("files")[:limit]
    )


def regraded_since(*, user: User, since: datetime, limit: int = 5) -> list[Submission]:
    """Return a person's submits that were judged anew after ``since``.

    First verdicts are not among them: who sent something in finds those in the list of
    recent attempts, and mostly has watched them come.
    """
    newer = Verdict.objects.filter(
        submission=OuterRef("pk"),
        generation=OuterRef("generation"),
        created_at__gt=since,
    )
    rows = Submission.objects.attempts().filter(user=user, generation__gt=1)
    return list(with_verdict(rows.filter(Exists(newer))).defer("files")[:limit])


def open_submissions(*, user: User) -> list[Submission]:
    """Return what a person has waiting or under way, oldest first."""
    return list(
        Submission.objects.open()
        .filter(user=user, kind__in=PERSONAL)
        .defer("files")
        .order_by("created_at", "pk")
    )


def latest_submission(*, user: User, lab_id: str) -> Submission | None:
    """Return a person's newest run or submit of a lab, with its verdict."""
    return with_verdict(
        Submission.objects.filter(user=user, lab=lab_id, kind__in=PERSONAL)
    ).first()


def live_status(submission: Submission) -> LiveStatus:
    """Return where ``submission`` is by its row, so that it survives any restart."""
    return LiveStatus(
        state=submission.state,
        place=place_in_line(submission),
        seconds_elapsed=_elapsed(submission.created_at, submission.finished_at),
        rows_in=submission.rows_in,
        rows_out=submission.rows_out,
        worker_answers=workers_answering(),
        cancel_requested=submission.cancel_requested_at is not None,
    )


def workers_answering() -> bool:
    """Say whether any worker that can run labs has signed lately."""
    return ready_slots() > 0


def with_verdict(rows: QuerySet[Submission]) -> QuerySet[Submission]:
    """Return ``rows`` with their users and the verdicts that stand."""
    current = Verdict.objects.filter(generation=F("submission__generation"))
    return rows.select_related("user").prefetch_related(
        Prefetch("verdicts", queryset=current)
    )


def draft_of(*, user: User, lab_id: str, language: str) -> Draft | None:
    """Return a person's draft, if there is one."""
    return Draft.objects.filter(user=user, lab=lab_id, language=language).first()


def _elapsed(since: datetime, until: datetime | None) -> int:
    return max(0, int(((until or timezone.now()) - since).total_seconds()))
