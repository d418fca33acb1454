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
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from curriculum.catalogue import Catalogue
from lab_protocol.messages import Ending, Phase
from submissions import verdicts
from submissions.alerts import AlertCode, raise_alert
from submissions.models import Run, Submission, SubmissionQuerySet, Verdict
from submissions.turns import ALL_LANES, LANE_OF_KIND, Lane, in_turn, pause_after
from submissions.verdicts import FinalWord

CLAIM_CANDIDATES = 8
CLAIM_ROUNDS = 3
# In lengths of a lease; workers of one site may be told different ones.
FAR_LEASES = 10
# What is written of a try whose worker ended under it.
WORKER_ENDED = ("lease-expired", "worker-gone")
# What is written of a search that others were waiting for.
GAVE_WAY = "gave-way"


@dataclass(frozen=True, slots=True)
class Lease:
    """A worker's right to one try; worth nothing once the token is not in the row."""

    submission_id: int
    run_id: int
    token: UUID
    number: int
    lane: Lane = Lane.SUBMIT


class LeaseLost(Exception):
    """The lease has expired and the submission belongs to somebody else."""


def claim_next(*, worker: str, lanes: tuple[Lane, ...] = ALL_LANES) -> Lease | None:
    """Lease the next waiting submission of ``lanes`` to ``worker``, or return None."""
    for _ in range(CLAIM_ROUNDS):
        candidates = list(in_turn(lanes).values_list("pk", "kind")[:CLAIM_CANDIDATES])
        for submission_id, kind in candidates:
            lane = LANE_OF_KIND[Submission.Kind(kind)]
            if lease := _claim(submission_id, lane, worker):
                return lease
        if len(candidates) < CLAIM_CANDIDATES:
            break
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


def advance(
    lease: Lease,
    *,
    phase: Phase,
    rows_in: int = 0,
    rows_out: int = 0,
    rows_so_far: dict[str, Any] | None = None,
) -> None:
    """Write where the run is; rows that are not given stay. Raise LeaseLost."""
    rows = {} if rows_so_far is None else {"rows_so_far": rows_so_far}
    changed = _held(lease).update(
        state=phase.value,
        rows_in=rows_in,
        rows_out=rows_out,
        lease_until=_lease_end(),
        **rows,
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
    return verdicts.write_verdict(
        submission, word, run_id=lease.run_id, catalogue=catalogue
    )


@transaction.atomic
def hand_back(lease: Lease, *, detail: str, max_tries: int | None = None) -> bool:
    """End a try as a platform fault: back to the queue, or final after the last try.

    Returns whether it will be tried again. Raise LeaseLost.
    """
    submission = _submission_of(lease)
    limit = settings.LAB_MAX_TRIES if max_tries is None else max_tries
    cancelled = submission.cancel_requested_at is not None
    again = submission.tries < limit and not cancelled
    columns = (
        _waiting_columns(submission.tries)
        if again
        else _final_columns(cancelled=cancelled)
    )
    if not _held(lease).update(**columns):
        raise LeaseLost
    _end_by_fault(lease.run_id, detail)
    if again:
        return True
    word = verdicts.cancelled() if cancelled else verdicts.platform_fault(detail)
    verdicts.write_verdict(submission, word, run_id=lease.run_id)
    if not cancelled:
        _alert_of(submission, detail)
    return False


def save_progress(lease: Lease, *, progress: dict[str, Any]) -> None:
    """Store how far a search has come. Raise LeaseLost."""
    if not _held(lease).update(progress=progress, lease_until=_lease_end()):
        raise LeaseLost


@transaction.atomic
def give_way(lease: Lease) -> None:
    """Put a search back to the queue with its progress; it costs no try and no pause.

    Raise LeaseLost.
    """
    submission = _submission_of(lease)
    columns = _waiting_columns(submission.tries) | {
        "not_before": None,
        "tries": F("tries") - 1,
    }
    if not _held(lease).update(**columns):
        raise LeaseLost
    Run.objects.filter(pk=lease.run_id).update(
        ended_at=Now(), ending=Ending.CANCELLED.value, detail=GAVE_WAY
    )


def record_control(
    lease: Lease, *, token: UUID, ending: Ending, detail: str, report: dict[str, Any]
) -> None:
    """Store a finished control run beside the try it was made for."""
    run = Run.objects.only("worker").get(pk=lease.run_id)
    Run.objects.create(
        submission_id=lease.submission_id,
        kind=Run.Kind.CONTROL,
        number=_next_number(lease.submission_id),
        token=token,
        worker=run.worker,
        ended_at=Now(),
        ending=ending.value,
        detail=detail[:200],
        report=report,
    )


def cancel_waiting(*, submission: Submission) -> bool:
    """Cancel a submission that no worker has yet; say whether it was one."""
    with transaction.atomic():
        changed = (
            Submission.objects.waiting()
            .filter(pk=submission.pk)
            .update(**_final_columns(cancelled=True), cancel_requested_at=Now())
        )
        if changed:
            verdicts.write_verdict(submission, verdicts.cancelled())
    return bool(changed)


def request_cancel(*, submission: Submission) -> None:
    """Ask the worker that has it to stop; it looks with every heartbeat."""
    Submission.objects.under_way().filter(
        pk=submission.pk, cancel_requested_at=None
    ).update(cancel_requested_at=Now())


def reap() -> list[int]:
    """Take back every expired lease; return the submissions' ids.

    Safe to run anywhere and at any time: each row changes by its own conditional
    UPDATE, and the ended try is written with it. A lease that ends farther away than
    any is given for is of before the clock was set back: a worker that lived would have
    renewed it.
    """
    far = timedelta(seconds=FAR_LEASES * settings.LAB_LEASE_SECONDS)
    expired = Run.objects.filter(
        Q(submission__lease_until__lt=Now())
        | Q(submission__lease_until__gt=Now() + far)
    )
    return _take_back(expired, detail="lease-expired")


def take_back_from(*, worker: str) -> list[int]:
    """Take back all that ``worker`` holds; only for one that is provably gone."""
    return _take_back(Run.objects.filter(worker=worker), detail="worker-gone")


def _take_back(runs: QuerySet[Run], *, detail: str) -> list[int]:
    reaped = []
    for lease in _leases_of(runs):
        try:
            hand_back(lease, detail=detail)
        except LeaseLost:
            continue  # renewed or taken back in between
        reaped.append(lease.submission_id)
    return reaped


def _claim(submission_id: int, lane: Lane, worker: str) -> Lease | None:
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
                    not_before=None,
                    rows_in=0,
                    rows_out=0,
                    rows_so_far={},
                )
            )
            if not changed:
                return None
            number = _next_number(submission_id)
            run = Run.objects.create(
                submission_id=submission_id, number=number, token=token, worker=worker
            )
    except IntegrityError:
        return None  # another worker took one of the same person at this moment
    return Lease(submission_id, run.pk, token, number, lane)


def _next_number(submission_id: int) -> int:
    return Run.objects.filter(submission_id=submission_id).count() + 1


def _held(lease: Lease) -> SubmissionQuerySet:
    return Submission.objects.under_way().filter(
        pk=lease.submission_id, lease_token=lease.token
    )


def _submission_of(lease: Lease) -> Submission:
    submission = _held(lease).select_related("user").first()
    if submission is None:
        raise LeaseLost
    return submission


def _leases_of(runs: QuerySet[Run]) -> Iterator[Lease]:
    """Yield the standing leases of ``runs``; a try's token is its lease's."""
    held = runs.filter(token=F("submission__lease_token"))
    for run in held.only("submission_id", "token", "number"):
        yield Lease(run.submission_id, run.pk, run.token, run.number)


def _end_by_fault(run_id: int, detail: str) -> None:
    Run.objects.filter(pk=run_id, ended_at=None).update(
        ended_at=Now(), ending=Ending.PLATFORM_FAULT.value, detail=detail[:200]
    )


def _alert_of(submission: Submission, detail: str) -> None:
    """Tell staff why nobody could run it; one that ends workers is named for that."""
    endings = set(submission.runs.tries().values_list("detail", flat=True))
    if endings <= set(WORKER_ENDED):
        code, subject = AlertCode.POISON, str(submission.public_id)
    elif detail.startswith(("author-fault", "lab-fault")):
        code, subject = AlertCode.AUTHOR_FAULT, submission.lab
    elif detail.startswith("control-failed"):
        code, subject = AlertCode.CONTROL_FAILED, submission.lab
    else:
        code, subject = AlertCode.PLATFORM_FAULT, submission.lab
    raise_alert(code, subject=subject, detail=detail, submission=submission)


def _waiting_columns(tries: int) -> dict[str, Any]:
    return {
        "state": Submission.State.QUEUED,
        "lease_token": None,
        "lease_until": None,
        "worker": "",
        "not_before": Now() + pause_after(tries),
    }


def _final_columns(*, cancelled: bool) -> dict[str, Any]:
    state = Submission.State.CANCELLED if cancelled else Submission.State.FINISHED
    return {
        "state": state,
        "lease_token": None,
        "lease_until": None,
        "rows_so_far": {},
        "finished_at": Now(),
    }


def _lease_end() -> Any:
    return Now() + timedelta(seconds=settings.LAB_LEASE_SECONDS)
