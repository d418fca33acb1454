"""What reached an output topic, as rows with the four row kinds, and its fold.

How records become changes depends on the output's mode:

append   every record is one ``+I``.
upsert   the key decides: first seen ``+I``, seen before ``+U``, a tombstone ``-D``.
retract  the record says so itself. ``debezium-json``: ``c`` and ``r`` add a row, ``d``
         takes one away, ``u`` does both (Flink's own sink writes only c and d).
         ``row-kind``: the field ``row_kind`` holds +I, -U, +U or -D.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from curriculum.specs import Output
from grading.values import Unreadable, Value, identity, printable, read_value
from lab_protocol.author import ExpectedRow
from lab_protocol.messages import Record

MAX_RECORD_BYTES = 64 * 1024
ROW_KIND_FIELD = "row_kind"

type Row = dict[str, Value]
type Key = tuple[Any, ...]


class RowKind(StrEnum):
    INSERT = "+I"
    UPDATE_BEFORE = "-U"
    UPDATE_AFTER = "+U"
    DELETE = "-D"


TAKES_AWAY = {RowKind.UPDATE_BEFORE, RowKind.DELETE}


@dataclass(frozen=True, slots=True)
class Change:
    """One change of an output: its row kind, the row, and after which stage it came.

    For ``-D`` of an upsert output the row holds the key's columns only; the others
    are None.
    """

    kind: RowKind
    row: Row
    stage: int


@dataclass(frozen=True, slots=True)
class Changelog:
    """All changes of one output in topic order, and what is wrong with the records.

    ``undecodable`` quotes records that no one can read, ``keyless`` those of an upsert
    output whose key lacks a column of the primary key. ``orphans`` are changes of a
    retract output that take away a row that was not there.
    """

    output: Output
    changes: tuple[Change, ...]
    undecodable: tuple[str, ...]
    tombstones: int
    keyless: tuple[str, ...] = ()

    def fold(self, *, until_stage: int | None = None) -> list[Row]:
        """Return the table: after all changes, or after those of the first stages."""
        changes = [
            change
            for change in self.changes
            if until_stage is None or change.stage <= until_stage
        ]
        match self.output.mode:
            case "append":
                return [change.row for change in changes]
            case "upsert":
                return list(_fold_upsert(changes, self.output).values())
            case "retract":
                return _fold_retract(changes, self.output)[0]

    @property
    def orphans(self) -> list[Change]:
        """The changes of a retract output that had no row to take away."""
        if self.output.mode != "retract":
            return []
        return _fold_retract(self.changes, self.output)[1]


def read_changelog(records: Iterable[Record], output: Output) -> Changelog:
    """Decode ``records`` by the output's contract; closing rows are left out."""
    changes: list[Change] = []
    undecodable: list[str] = []
    keyless: list[str] = []
    alive: set[Key] = set()
    tombstones = 0
    for record in records:
        if record.value is None:
            tombstones += 1
        decoded = _decode(record, output)
        if decoded is None:
            undecodable.append(_excerpt(record.value or record.key or b""))
            continue
        if output.mode == "upsert" and _lacks_key(record, output):
            keyless.append(_excerpt(record.key or record.value or b""))
        for kind, row in decoded:
            if not is_closing(row, output):
                known = kind or _upsert_kind(record, row, output, alive)
                changes.append(Change(known, row, record.stage))
    return Changelog(
        output, tuple(changes), tuple(undecodable), tombstones, tuple(keyless)
    )


def read_expected(rows: Iterable[ExpectedRow], output: Output) -> list[Row]:
    """Return an oracle's rows with typed values, closing rows left out.

    Raises ValueError where the oracle breaks the output's contract: its fault is the
    lab's, never the student's.
    """
    result: list[Row] = []
    for number, expected in enumerate(rows):
        row: Row = {}
        for column in output.columns:
            if column.name not in expected.values:
                raise ValueError(f"oracle row {number} lacks column {column.name!r}")
            raw = expected.values[column.name]
            value = read_value(Decimal(str(raw)) if _is_float(raw) else raw, column)
            if isinstance(value, Unreadable):
                raise ValueError(
                    f"oracle row {number}: {column.name} = {raw!r} is not {column.type}"
                )
            row[column.name] = value
        result.append(row)
    return result


def row_key(row: Row, output: Output) -> Key:
    """Return what aligns a row with another; hashable."""
    return tuple(identity(row[name]) for name in output.key)


def row_identity(row: Row, output: Output) -> Key:
    """Return what equal rows share; hashable."""
    return tuple(identity(row[column.name]) for column in output.columns)


def is_closing(row: Row, output: Output) -> bool:
    """Say whether ``row`` only marks the end of its topic."""
    closing = output.closing
    return closing is not None and row.get(closing.column) == closing.value


def parse_json(data: bytes) -> dict[str, Any] | None:
    """Return the JSON object in ``data``, floats as Decimal; None where there is none.

    NaN and infinities become floats. An object with a field twice is not readable:
    readers differ on which of the two counts.
    """
    if len(data) > MAX_RECORD_BYTES:
        return None
    try:
        value = json.loads(
            data,
            parse_float=Decimal,
            parse_constant=float,
            object_pairs_hook=_each_once,
        )
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return value if isinstance(value, dict) else None


def _fold_upsert(changes: Iterable[Change], output: Output) -> dict[Key, Row]:
    table: dict[Key, Row] = {}
    for change in changes:
        key = row_key(change.row, output)
        if change.kind is RowKind.DELETE:
            table.pop(key, None)
        else:
            table[key] = change.row
    return table


def _fold_retract(
    changes: Iterable[Change], output: Output
) -> tuple[list[Row], list[Change]]:
    """Return the rows of a bag in the order they came, and the orphans."""
    bag: dict[Key, list[Row]] = {}
    orphans = []
    for change in changes:
        rows = bag.setdefault(row_identity(change.row, output), [])
        if change.kind not in TAKES_AWAY:
            rows.append(change.row)
        elif rows:
            rows.pop()
        else:
            orphans.append(change)
    return [row for rows in bag.values() for row in rows], orphans


def _upsert_kind(record: Record, row: Row, output: Output, alive: set[Key]) -> RowKind:
    key = row_key(row, output)
    if record.value is None:
        alive.discard(key)
        return RowKind.DELETE
    if key in alive:
        return RowKind.UPDATE_AFTER
    alive.add(key)
    return RowKind.INSERT


def _decode(record: Record, output: Output) -> list[tuple[RowKind | None, Row]] | None:
    """Return the changes in ``record``; a kind of None is for the key to decide."""
    keyed = any(column.source == "key" for column in output.columns)
    key: dict[str, Any] | None = {}
    if record.key is not None and (keyed or record.value is None):
        key = parse_json(record.key)
    if key is None:
        return None
    if record.value is None:
        if output.mode != "upsert":
            return None
        return [(None, _row(key, key, output))]
    value = parse_json(record.value)
    if value is None:
        return None
    if output.mode == "retract":
        return list(_retract_changes(key, value, output)) or None
    kind = RowKind.INSERT if output.mode == "append" else None
    return [(kind, _row(key, value, output))]


def _retract_changes(
    key: dict[str, Any], value: dict[str, Any], output: Output
) -> Iterator[tuple[RowKind, Row]]:
    if output.encoding == "row-kind":
        kind = value.get(ROW_KIND_FIELD)
        if kind in list(RowKind):
            yield RowKind(kind), _row(key, value, output)
        return
    operation = value.get("op")
    before, after = value.get("before"), value.get("after")
    is_update = operation == "u"
    if operation in ("d", "u") and isinstance(before, dict):
        kind = RowKind.UPDATE_BEFORE if is_update else RowKind.DELETE
        yield kind, _row(key, before, output)
    if operation in ("c", "r", "u") and isinstance(after, dict):
        kind = RowKind.UPDATE_AFTER if is_update else RowKind.INSERT
        yield kind, _row(key, after, output)


def _row(key: dict[str, Any], value: dict[str, Any], output: Output) -> Row:
    return {
        column.name: read_value(
            (key if column.source == "key" else value).get(column.name), column
        )
        for column in output.columns
    }


def _lacks_key(record: Record, output: Output) -> bool:
    key = parse_json(record.key) if record.key is not None else None
    return key is None or any(key.get(name) is None for name in output.key)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) < len(pairs):
        raise ValueError("a field stands there twice")
    return result


def _is_float(raw: Any) -> bool:
    return isinstance(raw, float)


def _excerpt(data: bytes) -> str:
    return printable(data[:200].decode("utf-8", errors="replace"))
