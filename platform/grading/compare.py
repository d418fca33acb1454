"""Compare two tables by key: what is missing, unexpected or different.

Order never matters. Several rows of one key compare as a multiset: equal ones pair
off first, what is left over pairs as "different", the rest is missing or unexpected.
Time and memory are linear in the number of rows, but for rows of one key that differ
in doubles: of those MAX_NEAR_TWINS are tried against each other.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from curriculum.specs import Output
from grading.changelog import Key, Row, row_identity, row_key
from grading.values import same

MAX_NEAR_TWINS = 200


class DiffKind(StrEnum):
    MISSING = "missing"
    UNEXPECTED = "unexpected"
    DIFFERENT = "different"


@dataclass(frozen=True, slots=True)
class DiffRow:
    """One key where the tables differ; ``columns`` are those whose values differ.

    ``expected_number`` is the row's place in the expected table, if it stands there.
    """

    kind: DiffKind
    expected: Row | None
    actual: Row | None
    columns: tuple[str, ...]
    expected_number: int | None


@dataclass(frozen=True, slots=True)
class TableDiff:
    """All differences of one output, in the order expected rows first."""

    output: Output
    rows: tuple[DiffRow, ...]
    compared: int

    def count(self, kind: DiffKind) -> int:
        """Return how many rows differ in this way."""
        return sum(row.kind is kind for row in self.rows)

    @property
    def is_empty(self) -> bool:
        """Whether the tables are equal."""
        return not self.rows


def compare_tables(
    expected: Sequence[Row],
    actual: Sequence[Row],
    output: Output,
    *,
    only_expected: frozenset[int] | None = None,
) -> TableDiff:
    """Return where ``actual`` departs from ``expected``.

    With ``only_expected`` (numbers of expected rows) the comparison is narrowed to
    the keys of those rows.
    """
    wanted: dict[Key, list[tuple[int, Row]]] = {}
    for number, row in enumerate(expected):
        wanted.setdefault(row_key(row, output), []).append((number, row))
    found: dict[Key, list[Row]] = {}
    for row in actual:
        found.setdefault(row_key(row, output), []).append(row)
    if only_expected is None:
        keys = list(wanted) + [key for key in found if key not in wanted]
    else:
        keys = [
            key
            for key, rows in wanted.items()
            if any(number in only_expected for number, _ in rows)
        ]
    rows: list[DiffRow] = []
    for key in keys:
        rows += _compare_key(wanted.get(key, []), found.get(key, []), output)
    return TableDiff(output, tuple(rows), compared=len(keys))


def tables_equal(
    expected: Sequence[Row], actual: Sequence[Row], output: Output
) -> bool:
    """Say whether two tables are equal as multisets."""
    return len(expected) == len(actual) and (
        compare_tables(expected, actual, output).is_empty
    )


def _compare_key(
    wanted: list[tuple[int, Row]], found: list[Row], output: Output
) -> list[DiffRow]:
    unmatched, rest = _without_twins(wanted, found, output)
    result = []
    for (number, row), other in zip(unmatched, rest, strict=False):
        columns = _differing(row, other, output)
        result.append(DiffRow(DiffKind.DIFFERENT, row, other, columns, number))
    result += [
        DiffRow(DiffKind.MISSING, row, None, (), number)
        for number, row in unmatched[len(rest) :]
    ]
    result += [
        DiffRow(DiffKind.UNEXPECTED, None, row, (), None)
        for row in rest[len(unmatched) :]
    ]
    return result


def _without_twins(
    wanted: list[tuple[int, Row]], found: list[Row], output: Output
) -> tuple[list[tuple[int, Row]], list[Row]]:
    """Return what is left of both sides when equal rows have paired off."""
    twins: dict[Key, list[int]] = {}
    for place, row in enumerate(found):
        twins.setdefault(row_identity(row, output), []).append(place)
    taken: set[int] = set()
    unmatched = []
    for number, row in wanted:
        places = twins.get(row_identity(row, output))
        if places and not _differing(row, found[places[0]], output):
            taken.add(places.pop(0))
        else:
            unmatched.append((number, row))
    rest = [row for place, row in enumerate(found) if place not in taken]
    if not any(column.type == "double" for column in output.columns):
        return unmatched, rest
    return _without_near_twins(unmatched, rest, output)


def _without_near_twins(
    wanted: list[tuple[int, Row]], found: list[Row], output: Output
) -> tuple[list[tuple[int, Row]], list[Row]]:
    """Pair off rows whose doubles are near; what is beyond the bound stays over."""
    rest = list(found[:MAX_NEAR_TWINS])
    unmatched = []
    for place, (number, row) in enumerate(wanted):
        # Each is tried against each: without the bound 4 000 rows of one key took 12 s
        # of processor time, with it 20 000 take 0.2 s.
        near = () if place >= MAX_NEAR_TWINS else enumerate(rest)
        twin = next(
            (index for index, other in near if not _differing(row, other, output)),
            None,
        )
        if twin is None:
            unmatched.append((number, row))
        else:
            del rest[twin]
    return unmatched, rest + found[MAX_NEAR_TWINS:]


def _differing(expected: Row, actual: Row, output: Output) -> tuple[str, ...]:
    return tuple(
        column.name
        for column in output.columns
        if not same(expected[column.name], actual[column.name])
    )
