"""The rows that are right: the log replayed in the order of the database.

Written otherwise than the solution, which never sorts: here all distinct changes of a
table are put into the order of the log and applied one by one to an empty table.
"""

import base64
import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from lab_protocol.author import ExpectedRow
from potok_cdc.stream import Stream

TABLES = ("orders", "reservations")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

type Outputs = dict[str, list[ExpectedRow]]


@dataclass(frozen=True, slots=True)
class Change:
    """One envelope; ``event`` is its number, ``key`` None for a truncate."""

    event: int
    table: str
    key: str | None
    op: str
    after: dict[str, Any] | None
    lsn: int
    marker: str
    lag_ms: int


def expected(stream: Stream) -> Outputs:
    """Return the rows of every output."""
    changes = distinct(read_changes(stream))
    return outputs_of(tables_of(changes), changes, live_of(changes))


def expected_after(stream: Stream, stage: str) -> Outputs:
    """Return the rows after ``stage``; there is one."""
    return expected(stream.until(stage))


def read_changes(stream: Stream) -> list[Change]:
    """Return all envelopes in the order of reading; tombstones are none."""
    changes = []
    for number, event in enumerate(stream.events):
        if event.value is None:
            continue
        message = json.loads(event.value)
        payload = message.get("payload", message)
        source = payload["source"]
        changes.append(
            Change(
                event=number,
                table=source["table"],
                key=None if event.key is None else event.key.decode(),
                op=payload["op"],
                after=payload["after"],
                lsn=source["lsn"],
                marker=source["snapshot"],
                lag_ms=payload["ts_ms"] - source["ts_ms"],
            )
        )
    return changes


def identity(change: Change) -> tuple[object, ...]:
    """Return what is the same when a change comes again.

    The position alone is not: a snapshot has one for all rows, a change of a key one
    for both of its events.
    """
    return change.table, change.lsn, change.op, change.key


def distinct(
    changes: Iterable[Change],
    same: Callable[[Change], object] = identity,
) -> list[Change]:
    """Return the first delivery of each change."""
    first: dict[object, Change] = {}
    for change in changes:
        first.setdefault(same(change), change)
    return list(first.values())


def tables_of(changes: Iterable[Change]) -> dict[str, dict[str, Change]]:
    """Return table → key → the change that made its row, after all ``changes``."""
    tables: dict[str, dict[str, Change]] = {name: {} for name in TABLES}
    # Of a key's change the delete and the create share a position, not a key.
    for change in sorted(changes, key=lambda one: (one.lsn, one.op != "d")):
        apply(tables[change.table], change)
    return tables


def apply(rows: dict[str, Change], change: Change) -> None:
    """Apply one change to the rows of its table."""
    if change.key is None:
        rows.clear()
    elif change.after is None:
        rows.pop(change.key, None)
    else:
        rows[change.key] = change


def live_of(changes: Iterable[Change]) -> list[Change]:
    """Return the changes that say how far the connector is behind: not the snapshot."""
    return [change for change in changes if change.op != "r"]


def outputs_of(
    tables: dict[str, dict[str, Change]],
    counted: Iterable[Change],
    measured: Iterable[Change],
) -> Outputs:
    """Return the rows of the four outputs."""
    return {
        "orders": [order_row(made) for made in tables["orders"].values()],
        "reservations": [
            ExpectedRow(made.after or {}, events=(made.event,))
            for made in tables["reservations"].values()
        ],
        "operations": count_operations(counted),
        "source_lag": greatest_lag(measured),
    }


def order_row(made: Change, *, signed: bool = True) -> ExpectedRow:
    """Return the row of ``orders`` that ``made`` left."""
    after = made.after or {}
    amount = decimal_of(after["amount"], signed=signed)
    tags = {"snapshot": made.op == "r", "refund": decimal_of(after["amount"]) < 0}
    return ExpectedRow(
        values={
            "id": after["id"],
            "status": after["status"],
            "amount": str(amount),
            "placed_at": time_of(after["placed_at"]),
            "coupon": after["coupon"],
        },
        aspects=tuple(name for name, holds in tags.items() if holds),
        events=(made.event,),
    )


def decimal_of(text: str, *, signed: bool = True) -> Decimal:
    """Return the NUMERIC(10, 2) that ``decimal.handling.mode=precise`` wrote."""
    unscaled = int.from_bytes(base64.b64decode(text), "big", signed=signed)
    return Decimal(unscaled).scaleb(-2)


def time_of(micros: int) -> str:
    """Return a TIMESTAMP(6) as text."""
    moment = EPOCH + timedelta(microseconds=micros)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def count_operations(changes: Iterable[Change]) -> list[ExpectedRow]:
    """Return one row for each table and kind of event."""
    events: dict[tuple[str, str], list[int]] = {}
    for change in changes:
        events.setdefault((change.table, change.op), []).append(change.event)
    return counted_rows(
        Counter({name: len(numbers) for name, numbers in events.items()}), events
    )


def counted_rows(
    counts: Counter[tuple[str, str]],
    events: dict[tuple[str, str], list[int]] | None = None,
) -> list[ExpectedRow]:
    """Return the rows of ``operations``."""
    return [
        ExpectedRow(
            {"table_name": table, "op": op, "events": count},
            events=tuple((events or {}).get((table, op), ())),
        )
        for (table, op), count in sorted(counts.items())
    ]


def greatest_lag(changes: Iterable[Change]) -> list[ExpectedRow]:
    """Return for each table the change that the connector saw latest."""
    most: dict[str, Change] = {}
    for change in changes:
        known = most.get(change.table)
        if known is None or change.lag_ms > known.lag_ms:
            most[change.table] = change
    return [
        ExpectedRow(
            {"table_name": table, "max_lag_ms": change.lag_ms}, events=(change.event,)
        )
        for table, change in sorted(most.items())
    ]
