"""The state machine: the only code that writes a submission's state.

    queued → leased → preparing → running → checking → finished
       ↑________|___________|__________|_________|       cancelled (from any of them)

Every step of a worker is one conditional UPDATE on the lease's token, with the
database's clock. Zero rows changed means that the lease is lost: somebody else has the
submission, and nothing more may be written. So a worker that slept past its lease
cannot write a second verdict.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Case, Exists, F, IntegerField, OuterRef, QuerySet, When
from django.db.models.functions import Now

from curriculum.catalogue import Catalogue
from lab_protocol.messages import Ending, Phase
from progress.services import record_lab_passed
from submissions.models import Run, Submission, SubmissionQuerySet, Verdict

COUNTING = {Submission.Kind.SUBMIT, Submission.Kind.REGRADE}
PERSONAL = (Submission.Kind.RUN, Submission.Kind.SUBMIT)
# Lanes by kind: a submit goes before a run, both before a regrade.
LANE = Case(
    When(kind=Submission.Kind.SUBMIT, then=0),
    When(kind=Submission.Kind.RUN, then=1),
    default=2,
    output_field=IntegerField(),
)
CLAIM_CANDIDATES = 8


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to one try; worth nothing once the token is not in the row."""

    submission_id: int
    run_id: int
    token: UUID
    number: int


@dataclass(frozen=True, slots=True)
class FinalWord:
    """What a verdict row is made of."""

    result: str
    ending: Ending
    points: int
    max_points: int
    report: dict[str, Any]


class LeaseLost(Exception):
    """The lease has expired and the submission belongs to somebody else."""


def in_turn() -> QuerySet[Submission]:
    """Return waiting submissions in the order in which they are claimed.

    A person who has one under way lets others go first.
    """
    busy = Submission.objects.under_way().filter(
        user=OuterRef("user"), kind__in=PERSONAL
    )
    return (
        Submission.objects.waiting()
        .annotate(lane=LANE)
        .exclude(Exists(busy))
        .order_by("lane", "created_at", "pk")
    )


def claim_next(*, worker: str) -> Lease | None:
    """Lease the next waiting submission to ``worker``, or return None."""
    for submission_id in in_turn().values_list("pk", flat=True)[:CLAIM_CANDIDATES]:
        if lease := _claim(submission_id, worker):
            return lease
    return None


def renew(lease: Lease) -> bool:
    """Extend the lease; return whether the student asked to cancel. Raise LeaseLost."""
    if not _held(lease).update(lease_until=_lease_end()):
        raise LeaseLost
    return bool(
        Submission.objects.filter(
            pk=lease.submission_id, cancel_requested_at__isnull=False
        ).exists()
    )


def advance(lease: Lease, *, phase: Phase, rows_in: int = 0, rows_out: int = 0) -> None:
    """Write where the run is. Raise LeaseLost."""
    changed = _held(lease).update(
        state=phase.value,
        rows_in=rows_in,
        rows_out=rows_out,
        lease_until=_lease_end(),
    )
    if not changed:
        raise LeaseLost
    column = f"{phase.value}_at"
    Run.objects.filter(pk=lease.run_id, **{column: None}).update(**{column: Now()})


@transaction.atomic
def finish(
    lease: Lease,
    *,
    word: FinalWord,
    run_report: dict[str, Any],
    catalogue: Catalogue,
) -> Verdict:
    """Write the verdict, the run's end and the progress, or raise LeaseLost."""
    cancelled = word.ending is Ending.CANCELLED
    submission = _submission_of(lease)
    if not _held(lease).update(**_final_columns(cancelled=cancelled)):
        raise LeaseLost
    Run.objects.filter(pk=lease.run_id).update(
        ended_at=Now(), ending=word.ending.value, report=run_report
    )
    return _write_verdict(submission, word, run_id=lease.run_id, catalogue=catalogue)


@transaction.atomic
def hand_back(lease: Lease, *, detail: str, max_tries: int | None = None) -> bool:
    """End a try as a platform fault: back to the queue, or final after the last try.

    Returns whether it will be tried again. Raise LeaseLost.
    """
    submission = _submission_of(lease)
    limit = settings.LAB_MAX_TRIES if max_tries is None else max_tries
    cancelled = submission.cancel_requested_at is not None
    again = submission.tries < limit and not cancelled
    columns = _waiting_columns() if again else _final_columns(cancelled=cancelled)
    if not _held(lease).update(**columns):
        raise LeaseLost
    _end_by_fault(lease.run_id, detail)
    if not again:
        word = _cancelled() if cancelled else _platform_fault(detail)
        _write_verdict(submission, word, run_id=lease.run_id)
    return again


def cancel_waiting(*, submission: Submission) -> bool:
    """Cancel a submission that no worker has yet; say whether it was one."""
    with transaction.atomic():
        changed = (
            Submission.objects.waiting()
            .filter(pk=submission.pk)
            .update(**_final_columns(cancelled=True), cancel_requested_at=Now())
        )
        if changed:
            _write_verdict(submission, _cancelled())
    return bool(changed)


def request_cancel(*, submission: Submission) -> None:
    """Ask the worker that has it to stop; it looks with every heartbeat."""
    Submission.objects.under_way().filter(
        pk=submission.pk, cancel_requested_at=None
    ).update(cancel_requested_at=Now())


def reap() -> list[int]:
    """Take back every expired lease; return the submissions' ids.

    Safe to run anywhere and at any time: each row changes by its own conditional
    UPDATE, and the ended try is written with it.
    """
    reaped = []
    for lease in _expired():
        try:
            hand_back(lease, detail="lease-expired")
        except LeaseLost:
            continue  # renewed or taken back in between
        reaped.append(lease.submission_id)
    return reaped


def _claim(submission_id: int, worker: str) -> Lease | None:
    token = uuid4()
    try:
        with transaction.atomic():
            changed = (
                Submission.objects.waiting()
                .filter(pk=submission_id)
                .update(
                    state=Submission.State.LEASED,
                    lease_token=token,
                    lease_until=_lease_end(),
                    worker=worker,
                    tries=F("tries") + 1,
                    rows_in=0,
                    rows_out=0,
                )
            )
            if not changed:
                return None
            number = Run.objects.filter(submission_id=submission_id).count() + 1
            run = Run.objects.create(
                submission_id=submission_id, number=number, token=token, worker=worker
            )
    except IntegrityError:
        return None  # another worker took one of the same person at this moment
    return Lease(submission_id, run.pk, token, number)


def _held(lease: Lease) -> SubmissionQuerySet:
    return Submission.objects.under_way().filter(
        pk=lease.submission_id, lease_token=lease.token
    )


def _submission_of(lease: Lease) -> Submission:
    submission = _held(lease).select_related("user").first()
    if submission is None:
        raise LeaseLost
    return submission


def _expired() -> Iterator[Lease]:
    """Yield the leases that have run out; a try's token is its lease's."""
    runs = Run.objects.filter(
        token=F("submission__lease_token"), submission__lease_until__lt=Now()
    )
    for run in runs.only("submission_id", "token", "number"):
        yield Lease(run.submission_id, run.pk, run.token, run.number)


def _end_by_fault(run_id: int, detail: str) -> None:
    Run.objects.filter(pk=run_id, ended_at=None).update(
        ended_at=Now(), ending=Ending.PLATFORM_FAULT.value, detail=detail[:200]
    )


def _write_verdict(
    submission: Submission,
    word: FinalWord,
    *,
    run_id: int | None = None,
    catalogue: Catalogue | None = None,
) -> Verdict:
    verdict = Verdict.objects.create(
        submission=submission,
        generation=submission.generation,
        run_id=run_id,
        result=word.result,
        ending=word.ending.value,
        points=word.points,
        max_points=word.max_points,
        report=word.report,
    )
    if (
        catalogue is not None
        and word.result == Verdict.Result.PASSED
        and submission.kind in COUNTING
    ):
        record_lab_passed(
            user=submission.user,
            catalogue=catalogue,
            lab_id=submission.lab,
            evidence=str(submission.public_id),
        )
    return verdict


def _platform_fault(detail: str) -> FinalWord:
    report = _bare("platform-fault") | {"detail": detail}
    return FinalWord("none", Ending.PLATFORM_FAULT, 0, 0, report)


def _cancelled() -> FinalWord:
    return FinalWord("none", Ending.CANCELLED, 0, 0, _bare("cancelled"))


def _bare(code: str) -> dict[str, Any]:
    return {
        "version": 1,
        "summary": {"code": code, "params": {}},
        "misconception": None,
        "checks": [],
        "events": {},
    }


def _waiting_columns() -> dict[str, Any]:
    return {
        "state": Submission.State.QUEUED,
        "lease_token": None,
        "lease_until": None,
        "worker": "",
    }


def _final_columns(*, cancelled: bool) -> dict[str, Any]:
    state = Submission.State.CANCELLED if cancelled else Submission.State.FINISHED
    return {
        "state": state,
        "lease_token": None,
        "lease_until": None,
        "finished_at": Now(),
    }


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.LAB_LEASE_SECONDS)
