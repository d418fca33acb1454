"""The one way in which a check puts its word together."""

from collections.abc import Iterable

from curriculum.specs import Check
from grading.changelog import Row
from grading.compare import TableDiff
from grading.stages import StagePoint
from grading.values import printable, show_value
from grading.verdict import CheckCode, CheckResult

SAMPLES = 3


def conclude(
    check: Check,
    code: CheckCode,
    *,
    passed: bool,
    diff: TableDiff | None = None,
    rows: int = 0,
    samples: tuple[str, ...] = (),
    numbered: bool = True,
    first_wrong: StagePoint | None = None,
) -> CheckResult:
    """Return the result: all the points or none.

    ``numbered`` is false where the differences are not between the output's end and
    the oracle's final rows, so that their numbers lead to no events.
    """
    return CheckResult(
        check_id=check.id,
        output=check.output,
        passed=passed,
        points=check.points if passed else 0,
        max_points=check.points,
        code=code,
        diff=None if diff is None or diff.is_empty else diff,
        rows=rows,
        samples=samples,
        numbered=numbered,
        first_wrong=first_wrong,
    )


def quote(rows: Iterable[Row], names: Iterable[str]) -> tuple[str, ...]:
    """Return the first rows as text, of each the columns ``names``."""
    columns = list(names)
    texts = []
    for row in rows:
        parts = (f"{name} = {show_value(row[name])}" for name in columns)
        texts.append(printable(", ".join(parts)))
        if len(texts) == SAMPLES:
            break
    return tuple(texts)
