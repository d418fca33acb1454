"""A curve of the checks met from attempt to attempt, as points of an SVG."""

from collections.abc import Sequence
from dataclasses import dataclass

from submissions.own_work import WorkRow

WIDTH, HEIGHT, EDGE = 240, 48, 6


@dataclass(frozen=True, slots=True)
class Sparkline:
    """``points`` is the ``points`` of a polyline; ``marks`` its corners."""

    points: str
    marks: tuple[tuple[float, float], ...]
    values: tuple[str, ...]
    width: int = WIDTH
    height: int = HEIGHT


def sparkline(rows: Sequence[WorkRow]) -> Sparkline | None:
    """Draw the share of checks met, oldest first; None for fewer than two points."""
    if len(rows) < 2:
        return None
    step = (WIDTH - 2 * EDGE) / (len(rows) - 1)
    marks = tuple(
        (
            round(EDGE + number * step, 1),
            round(HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * row.passed / row.checks, 1),
        )
        for number, row in enumerate(rows)
    )
    return Sparkline(
        points=" ".join(f"{x},{y}" for x, y in marks),
        marks=marks,
        values=tuple(f"{row.passed}/{row.checks}" for row in rows),
    )
