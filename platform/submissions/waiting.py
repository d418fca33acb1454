"""How long a waiting submission waits: its place, and an estimate that can be kept to.

The estimate is an interval, not a number: with ``n`` slots whose runs take between
``low`` and ``high`` seconds, the ``c``-th slot to fall free does so between ``(c - 1)
// n`` times ``low`` and ``ceil(c / n)`` times ``high``. What comes in meanwhile in a
quicker lane is not foreseen.
"""

import math
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from statistics import quantiles

from django.db.models import QuerySet, Sum
from django.db.models.functions import Now

from curriculum.catalogue import UnknownItem
from curriculum.models import Release
from curriculum.releases import catalogue_of
from lab_protocol.messages import Ending, Limits
from submissions.models import Run, Submission, WorkerSign
from submissions.turns import LANE_OF_KIND, in_turn

# A worker signs every few seconds; after this long without one nobody is there.
SILENCE = timedelta(seconds=30)
# Endings whose length says how long a run takes.
UNMEASURED = {Ending.PLATFORM_FAULT, Ending.CANCELLED}
MEASURED = [ending for ending in Ending if ending not in UNMEASURED]
LATEST_RUNS = 100
ALL_LABS = ""
FEWEST_RUNS = 8
# Without enough runs: nothing warm is quicker, and a cold start takes about this long.
QUICKEST_SECONDS = 2.0
COLD_START_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class PlaceInLine:
    """``position`` counts from 1; the seconds are until the verdict, whole, low ≤ high.

    They are None while no worker is ready: then nobody can say.
    """

    position: int
    ready_slots: int
    seconds_low: int | None
    seconds_high: int | None


@dataclass(frozen=True, slots=True)
class Duration:
    """Seconds that nine of ten runs stay above and below."""

    low: float
    high: float


def place_in_line(submission: Submission) -> PlaceInLine | None:
    """Return where a waiting submission stands; None once it waits no more."""
    if submission.state != Submission.State.QUEUED:
        return None
    position = _position(submission)
    signs = _ready_signs().order_by("-seen_at").values_list("slots", "durations")
    slots = sum(count for count, _ in signs)
    if not slots:
        return PlaceInLine(position, 0, None, None)
    known = {lab: Duration(*ends) for lab, ends in signs[0][1].items()}
    of_all = known.get(ALL_LABS)
    own = known.get(submission.lab) or of_all or _by_limit(submission)
    of_all = of_all or own
    lane = LANE_OF_KIND[Submission.Kind(submission.kind)]
    open_to_lane = max(1, slots - lane)
    ahead = Submission.objects.under_way().count() + position
    low = max(0, (ahead - slots - 1) // slots) * of_all.low + own.low
    high = max(0, math.ceil((ahead - open_to_lane) / open_to_lane)) * of_all.high
    return PlaceInLine(
        position, slots, math.floor(low) or 1, math.ceil(high + own.high)
    )


def ready_slots() -> int:
    """Return how many slots the workers that answer have; 0 where nobody answers."""
    return _ready_signs().aggregate(slots=Sum("slots"))["slots"] or 0


def measured_durations() -> dict[str, tuple[float, float]]:
    """Return low and high seconds of a run by lab, and of all as ``ALL_LABS``.

    Read by a worker every few seconds and left in its sign: a page that polls each
    second must not read a hundred runs each time (17 ms a poll on SQLite instead of 3,
    because a row's report lies before the columns that were added later).
    """
    by_lab: dict[str, list[float]] = defaultdict(list)
    for lab, seconds in _latest_runs():
        by_lab[lab].append(seconds)
        by_lab[ALL_LABS].append(seconds)
    return {
        lab: _tenths(seconds)
        for lab, seconds in by_lab.items()
        if len(seconds) >= FEWEST_RUNS
    }


def _ready_signs() -> QuerySet[WorkerSign]:
    return WorkerSign.objects.filter(ready=True, seen_at__gt=Now() - SILENCE)


def _position(submission: Submission) -> int:
    waiting = list(in_turn().values_list("pk", flat=True))
    # Behind everybody when the person's other submission is under way.
    return (
        waiting.index(submission.pk) + 1
        if submission.pk in waiting
        else len(waiting) + 1
    )


def _latest_runs() -> list[tuple[str, float]]:
    """Return lab and seconds, from lease to end, of this site's latest own runs."""
    rows = (
        Run.objects.tries()
        .filter(ending__in=MEASURED, submission__is_demo=False)
        # A search runs its program up to 25 times within one try.
        .exclude(submission__kind=Submission.Kind.SHRINK)
        .order_by("-pk")
        .values_list("submission__lab", "leased_at", "ended_at")[:LATEST_RUNS]
    )
    return [
        (lab, max(0.0, (ended - leased).total_seconds()))
        for lab, leased, ended in rows
        if ended is not None
    ]


def _tenths(seconds: list[float]) -> tuple[float, float]:
    tenths = quantiles(seconds, n=10, method="inclusive")
    return round(tenths[0], 3), round(tenths[-1], 3)


def _by_limit(submission: Submission) -> Duration:
    """Return what the lab's own limit allows, for a lab that has hardly been run."""
    try:
        lab = catalogue_of(submission.release_id).lab(submission.lab)
        limit = lab.spec.limits.wall_seconds
    except (Release.DoesNotExist, UnknownItem):
        limit = Limits().wall_seconds
    return Duration(QUICKEST_SECONDS, limit + COLD_START_SECONDS)
