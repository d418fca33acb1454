"""Twelve weeks of activity as squares of an SVG and as a table of weeks."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from submissions.own_work import ActiveDay

STEP, SQUARE = 16, 13
# Where the next darker square begins: things sent in or achieved on one day.
LEVELS = (1, 3, 6)


@dataclass(frozen=True, slots=True)
class Square:
    x: int
    y: int
    level: int


@dataclass(frozen=True, slots=True)
class Week:
    """A week from Monday; ``days`` is how many of its days had any activity."""

    begins: date
    days: int
    count: int


@dataclass(frozen=True, slots=True)
class ActivityStrip:
    squares: tuple[Square, ...]
    weeks: tuple[Week, ...]
    active_days: int
    width: int
    height: int
    square: int = SQUARE


def activity_strip(days: Sequence[ActiveDay]) -> ActivityStrip:
    """Draw ``days``, which begin with a Monday; a column is a week."""
    starts = range(0, len(days), 7)
    weeks = tuple(
        Week(
            begins=days[start].day,
            days=sum(item.count > 0 for item in days[start : start + 7]),
            count=sum(item.count for item in days[start : start + 7]),
        )
        for start in starts
    )
    return ActivityStrip(
        squares=tuple(
            Square(
                x=number // 7 * STEP,
                y=number % 7 * STEP,
                level=sum(item.count >= least for least in LEVELS),
            )
            for number, item in enumerate(days)
        ),
        weeks=weeks,
        active_days=sum(week.days for week in weeks),
        width=len(starts) * STEP,
        height=7 * STEP,
    )
