"""What reached an output topic, as rows with the four row kinds, and its fold.

An append topic holds one ``+I`` a record. In an upsert topic the key of a record
decides: first seen ``+I``, seen before ``+U``, a tombstone ``-D``.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from curriculum.specs import Output
from grading.values import Unreadable, Value, read_value
from lab_protocol.author import ExpectedRow
from lab_protocol.messages import Record

MAX_RECORD_BYTES = 64 * 1024

type Row = dict[str, Value]
type Key = tuple[Any, ...]


class RowKind(StrEnum):
    INSERT = "+I"
    UPDATE_BEFORE = "-U"
    UPDATE_AFTER = "+U"
    DELETE = "-D"


@dataclass(frozen=True, slots=True)
class Change:
    """One record of an output: its row kind, the row, and after which stage it came.

    For ``-D`` the row holds the key's columns only; the others are None.
    """

    kind: RowKind
    row: Row
    stage: int


@dataclass(frozen=True, slots=True)
class Changelog:
    """All changes of one output in topic order, and the records no one could read."""

    output: Output
    changes: tuple[Change, ...]
    undecodable: tuple[str, ...]
    tombstones: int

    def fold(self) -> list[Row]:
        """Return the final table: all appended rows, or the last one of each key."""
        if self.output.mode == "append":
            return [change.row for change in self.changes]
        table: dict[Key, Row] = {}
        for change in self.changes:
            key = row_key(change.row, self.output)
            if change.kind is RowKind.DELETE:
                table.pop(key, None)
            else:
                table[key] = change.row
        return list(table.values())


def read_changelog(records: Iterable[Record], output: Output) -> Changelog:
    """Decode ``records`` by the output's contract; closing rows are left out."""
    changes: list[Change] = []
    undecodable: list[str] = []
    alive: set[Key] = set()
    tombstones = 0
    for record in records:
        if record.value is None:
            tombstones += 1
        row = _decode(record, output)
        if row is None:
            undecodable.append(_excerpt(record.value or record.key or b""))
            continue
        if is_closing(row, output):
            continue
        kind = _kind(record, row, output, alive)
        changes.append(Change(kind, row, record.stage))
    return Changelog(output, tuple(changes), tuple(undecodable), tombstones)


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
    """Return the values that align a row with another; hashable."""
    return tuple(row[name] for name in output.key)


def is_closing(row: Row, output: Output) -> bool:
    """Say whether ``row`` only marks the end of its topic."""
    closing = output.closing
    return closing is not None and row.get(closing.column) == closing.value


def _kind(record: Record, row: Row, output: Output, alive: set[Key]) -> RowKind:
    if output.mode == "append":
        return RowKind.INSERT
    key = row_key(row, output)
    if record.value is None:
        alive.discard(key)
        return RowKind.DELETE
    if key in alive:
        return RowKind.UPDATE_AFTER
    alive.add(key)
    return RowKind.INSERT


def _decode(record: Record, output: Output) -> Row | None:
    if record.value is None:
        if output.mode == "append":
            return None
        value: dict[str, Any] = {}
    else:
        decoded = _json_object(record.value)
        if decoded is None:
            return None
        value = decoded
    key = _json_object(record.key) if record.key is not None else {}
    if key is None:
        return None
    row: Row = {}
    for column in output.columns:
        source = key if column.source == "key" else value
        if record.value is None and column.source == "value":
            source = key
        row[column.name] = read_value(source.get(column.name), column)
    return row


def _json_object(data: bytes) -> dict[str, Any] | None:
    if len(data) > MAX_RECORD_BYTES:
        return None
    try:
        value = json.loads(data, parse_float=Decimal, parse_constant=str)
    except (ValueError, RecursionError, ArithmeticError):
        return None
    return value if isinstance(value, dict) else None


def _is_float(raw: Any) -> bool:
    return isinstance(raw, float)


def _excerpt(data: bytes) -> str:
    return data[:200].decode("utf-8", errors="replace")
