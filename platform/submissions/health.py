"""The state of the engine as staff see it: queue, workers, endings, what is stuck."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db.models import Count, F, Min, Q
from django.db.models.functions import Now

from submissions.engine import STARTING
from submissions.models import Alert, Run, Submission, Verdict, WorkerSign
from submissions.turns import LANE_OF_KIND, Lane
from submissions.waiting import SILENCE

# A submission that waited this long while somebody was ready has been passed over.
PASSED_OVER = timedelta(minutes=10)
# A lease that ran out this many lease times ago was taken back by nobody.
FORGOTTEN_LEASES = 3


class Condition(StrEnum):
    """Whether labs can run, in one word; all but the first two say why they cannot."""

    WELL = "well"
    MATTERS = "matters"
    NO_WORKER = "no-worker"
    STARTING = "starting"
    DRAINING = "draining"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class LaneState:
    """One lane: how many wait, how many run, how long the oldest has waited."""

    lane: Lane
    waiting: int
    under_way: int
    oldest_seconds: int | None


@dataclass(frozen=True, slots=True)
class Stuck:
    """A submission that does not move; ``why`` is passed-over or lease-forgotten."""

    submission: Submission
    why: str


@dataclass(frozen=True, slots=True)
class RunTimes:
    """The six moments of a run; None where it never came to that.

    ``sent`` is when its submission was stored, so that a second try shows the whole
    wait.
    """

    run: Run
    sent: datetime
    leased: datetime
    preparing: datetime | None
    running: datetime | None
    checking: datetime | None
    ended: datetime | None

    def seconds(self) -> dict[str, float | None]:
        """Return how long each stretch took, named by the moment that ends it."""
        moments = {
            "leased": self.leased,
            "preparing": self.preparing,
            "running": self.running,
            "checking": self.checking,
            "ended": self.ended,
        }
        stretches: dict[str, float | None] = {}
        before = self.sent
        for name, moment in moments.items():
            stretches[name] = (
                None if moment is None else round((moment - before).total_seconds(), 3)
            )
            before = moment or before
        return stretches


def lanes() -> list[LaneState]:
    """Return the state of every lane, the quickest first. One query."""
    rows = (
        Submission.objects.open()
        .values("kind")
        .annotate(
            waiting=Count("pk", filter=Q(state=Submission.State.QUEUED)),
            running=Count("pk", filter=~Q(state=Submission.State.QUEUED)),
            oldest=Now() - Min("created_at", filter=Q(state=Submission.State.QUEUED)),
        )
    )
    states = []
    for lane in Lane:
        own = [r for r in rows if LANE_OF_KIND[Submission.Kind(r["kind"])] is lane]
        ages = [r["oldest"] for r in own if r["oldest"] is not None]
        states.append(
            LaneState(
                lane=lane,
                waiting=sum(r["waiting"] for r in own),
                under_way=sum(r["running"] for r in own),
                oldest_seconds=(int(max(ages).total_seconds()) if ages else None),
            )
        )
    return states


def endings(*, hours: int = 24) -> Counter[str]:
    """Return how many verdicts of the last hours have each ending, without demo data.

    A regrade's verdict is counted once, not again as the next one of its original.
    """
    rows = (
        Verdict.objects.filter(
            created_at__gt=Now() - timedelta(hours=hours),
            submission__is_demo=False,
        )
        .filter(Q(run=None) | Q(run__submission=F("submission")))
        .values_list("ending")
        .annotate(count=Count("pk"))
        .order_by("ending")
    )
    return Counter(dict(rows))


def stuck() -> list[Stuck]:
    """Return what should have moved by itself and has not."""
    forgotten = timedelta(seconds=FORGOTTEN_LEASES * settings.LAB_LEASE_SECONDS)
    held = Submission.objects.under_way().filter(lease_until__lt=Now() - forgotten)
    found = [Stuck(row, "lease-forgotten") for row in held.defer("files")]
    if any(sign.ready for sign in workers()):
        # A background row may rightly wait for hours.
        personal = [
            k for k, lane in LANE_OF_KIND.items() if lane is not Lane.BACKGROUND
        ]
        waiting = Submission.objects.waiting().filter(
            kind__in=personal, created_at__lt=Now() - PASSED_OVER
        )
        found += [Stuck(row, "passed-over") for row in waiting.defer("files")]
    return found


def workers() -> list[WorkerSign]:
    """Return the workers that have signed lately, by name."""
    return list(WorkerSign.objects.filter(seen_at__gt=Now() - SILENCE).order_by("name"))


def silent_workers() -> list[WorkerSign]:
    """Return the workers of the last day that went silent without signing off."""
    return list(
        WorkerSign.objects.filter(seen_at__lte=Now() - SILENCE).order_by("name")
    )


def condition(signs: list[WorkerSign], *, open_matters: int) -> Condition:
    """Say whether labs can run, from the workers that answer and what stands open.

    Of several workers that cannot, a refusal is told first: it needs somebody's hand.
    """
    if any(sign.ready for sign in signs):
        return Condition.MATTERS if open_matters else Condition.WELL
    if not signs:
        return Condition.NO_WORKER
    if any(sign.detail not in ("", STARTING) for sign in signs):
        return Condition.REFUSED
    if all(sign.draining for sign in signs):
        return Condition.DRAINING
    return Condition.STARTING


def standing_alerts() -> list[Alert]:
    """Return the alerts that nobody has cleared, the latest first."""
    return list(
        Alert.objects.filter(cleared_at=None)
        .select_related("submission")
        .defer("submission__files")
    )


def run_times(*, limit: int = 50) -> list[RunTimes]:
    """Return the moments of the latest tries, newest first."""
    runs = (
        Run.objects.tries()
        .select_related("submission")
        .defer("report", "submission__files")
        .order_by("-pk")[:limit]
    )
    return [times_of(run) for run in runs]


def times_of(run: Run) -> RunTimes:
    """Return the six moments of one run."""
    return RunTimes(
        run=run,
        sent=run.submission.created_at,
        leased=run.leased_at,
        preparing=run.preparing_at,
        running=run.running_at,
        checking=run.checking_at,
        ended=run.ended_at,
    )
