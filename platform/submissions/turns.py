"""Whose turn it is: lanes, fairness between people, and slots kept free for the quick.

A submit goes before a run, both before work that nobody waits for at the screen. In the
first two lanes a person has at most two submissions, so age alone is fair there. In
the background lane one person may have hundreds (a regrade of a whole lab), so each
row gets a turn when it is stored: one after the person's last, but never before the
turn that is being served (start-time fair queueing). People then alternate however
many rows each of them has.
"""

from collections import Counter
from datetime import timedelta
from enum import IntEnum

from django.conf import settings
from django.db.models import (
    Case,
    Exists,
    IntegerField,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    When,
)
from django.db.models.functions import Now

from submissions.models import Submission


class Lane(IntEnum):
    """Lanes by urgency; the lower number goes first."""

    SUBMIT = 0
    RUN = 1
    BACKGROUND = 2


ALL_LANES = tuple(Lane)
PERSONAL = (Submission.Kind.RUN, Submission.Kind.SUBMIT)
BACKGROUND = (Submission.Kind.REGRADE, Submission.Kind.SHRINK)
LANE_OF_KIND = {
    Submission.Kind.SUBMIT: Lane.SUBMIT,
    Submission.Kind.RUN: Lane.RUN,
    Submission.Kind.REGRADE: Lane.BACKGROUND,
    Submission.Kind.SHRINK: Lane.BACKGROUND,
}
LANE = Case(
    *(When(kind=kind, then=lane.value) for kind, lane in LANE_OF_KIND.items()),
    output_field=IntegerField(),
)


def in_line() -> QuerySet[Submission]:
    """Return all that waits, in turn."""
    return Submission.objects.waiting().order_by(LANE, "turn", "created_at", "pk")


def in_turn(lanes: tuple[Lane, ...] = ALL_LANES) -> QuerySet[Submission]:
    """Return what may be claimed now from ``lanes``, in the order of claiming.

    A person who has one under way lets others go first, and a submission that met a
    platform fault keeps its pause. An end of it farther away than any pause lasts is of
    before the clock was set back, and counts as passed.
    """
    busy = Submission.objects.under_way().filter(
        user=OuterRef("user"), kind__in=PERSONAL
    )
    kinds = [kind for kind, lane in LANE_OF_KIND.items() if lane in lanes]
    return (
        in_line()
        .filter(kind__in=kinds)
        .filter(
            Q(not_before=None)
            | Q(not_before__lte=Now())
            | Q(not_before__gt=Now() + pause_after(settings.LAB_MAX_TRIES))
        )
        .exclude(Exists(busy), kind__in=PERSONAL)
    )


def is_somebody_waiting() -> bool:
    """Say whether a run or a submit could be claimed now: background work gives way."""
    return in_turn((Lane.SUBMIT, Lane.RUN)).exists()


def pause_after(tries: int) -> timedelta:
    """Return how long a submission pauses whose ``tries``-th try the platform failed.

    Each is followed by twice the last pause.
    """
    return timedelta(seconds=settings.LAB_RETRY_SECONDS * 2 ** (tries - 1))


def background_turn(user_id: int) -> int:
    """Return the turn of one more background submission of a person."""
    rows = Submission.objects.open().filter(kind__in=BACKGROUND)
    last = rows.filter(user=user_id).aggregate(last=Max("turn"))["last"]
    served = rows.aggregate(served=Min("turn"))["served"] or 0
    return served if last is None else max(last + 1, served)


class SlotShares:
    """How a worker's slots are shared out to lanes. Not safe for threads.

    Lane ``k`` and the slower ones together hold at most ``n - k`` of ``n`` slots: of
    two, one is always left for a submit; of three, one for a submit and one more for a
    submit or a run. A single slot serves whoever is next.
    """

    def __init__(self, slots: int) -> None:
        self.slots = slots
        self._held: Counter[Lane] = Counter()

    def open_lanes(self) -> tuple[Lane, ...]:
        """Return the lanes from which one more may be taken now."""
        return tuple(
            lane
            for lane in Lane
            if all(self._has_room(quicker) for quicker in Lane if quicker <= lane)
        )

    def take(self, lane: Lane) -> None:
        """Note that a slot serves ``lane``."""
        self._held[lane] += 1

    def give_back(self, lane: Lane) -> None:
        """Note that it is free again."""
        self._held[lane] -= 1

    def _has_room(self, lane: Lane) -> bool:
        held = sum(self._held[slower] for slower in Lane if slower >= lane)
        return held < max(1, self.slots - lane)
