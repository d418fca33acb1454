"""The right rows, read from the bytes of the stream itself, without Flink."""

import json
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from lab_protocol.author import ExpectedRow
from potok_cdc.stream import Stream

TOPIC = "shop.public.orders"
CLOSING = "closing"
ROW_OPERATIONS = ("r", "c", "u")

type Outputs = dict[str, list[ExpectedRow]]


@dataclass(frozen=True, slots=True)
class Change:
    """One envelope of the topic, its new row as a DDL with DECIMAL and INT reads it."""

    event: int
    stage: str
    op: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None
    source_ms: int
    seen_ms: int

    @property
    def is_bad(self) -> bool:
        """Whether a NOT NULL field of the new row could not be read."""
        return self.after is not None and (
            self.after["amount"] is None or self.after["quantity"] is None
        )


def expected(stream: Stream) -> Outputs:
    """Return the rows of every output; closing rows are left out."""
    changes = read_changes(stream)
    rows = [change for change in changes if change.op in ROW_OPERATIONS]
    return {
        "status_counts": count_by_status(rows),
        "orders_after": [after_row(change) for change in rows],
        "deleted_orders": [
            deleted_row(change) for change in changes if change.op == "d"
        ],
        "bad_rows": count_by_status(change for change in rows if change.is_bad),
    }


def expected_after(stream: Stream, stage: str) -> Outputs:
    """Return the rows that stand there after ``stage``: each event counts at once."""
    return expected(stream.until(stage))


def read_changes(stream: Stream, *, closing: bool = False) -> list[Change]:
    """Return the envelopes in topic order, ``closing`` ones only when asked for.

    Tombstones, text that is not JSON and JSON without an envelope are skipped, which
    is what ``json.ignore-parse-errors`` and a filter on ``op`` do.
    """
    changes = []
    for number, stage, event in stream.numbered(TOPIC):
        payload = _payload(event.value)
        if payload is None:
            continue
        change = Change(
            event=number,
            stage=stage,
            op=payload["op"],
            before=payload["before"],
            after=_typed(payload["after"]),
            source_ms=payload["source"]["ts_ms"],
            seen_ms=payload["ts_ms"],
        )
        if closing or (change.after or change.before or {})["status"] != CLOSING:
            changes.append(change)
    return changes


def count_by_status(changes: Iterable[Change]) -> list[ExpectedRow]:
    """Return one row for each status of the new rows: status, events."""
    groups: dict[str, list[int]] = defaultdict(list)
    for change in changes:
        groups[(change.after or {})["status"]].append(change.event)
    return [
        ExpectedRow({"status": status, "events": len(events)}, events=tuple(events))
        for status, events in sorted(groups.items())
    ]


def after_row(change: Change) -> ExpectedRow:
    """Return the row of ``orders_after``, tagged by what is special about it."""
    after = change.after or {}
    tags = {
        "snapshot": change.op == "r",
        "update": change.op == "u",
        "damaged": change.is_bad,
        "new_column": change.stage == "new_column",
    }
    amount = after["amount"]
    return ExpectedRow(
        values={
            "order_id": after["id"],
            "op": change.op,
            "status": after["status"],
            "amount": None if amount is None else str(amount),
            "quantity": after["quantity"],
            "changed_at_ms": change.source_ms,
        },
        aspects=tuple(name for name, holds in tags.items() if holds),
        events=(change.event,),
    )


def deleted_row(change: Change) -> ExpectedRow:
    """Return the row of ``deleted_orders``, read from the old row."""
    before = change.before or {}
    return ExpectedRow(
        values={
            "order_id": before["id"],
            "last_status": before["status"],
            "deleted_at_ms": change.source_ms,
        },
        events=(change.event,),
    )


def _payload(value: bytes | None) -> dict[str, Any] | None:
    try:
        message = json.loads(value or b"")
    except ValueError:
        return None
    payload = message.get("payload")
    return payload if isinstance(payload, dict) else None


def _typed(row: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return the row with its amount as Decimal and quantity as int, or None each."""
    if row is None:
        return None
    return row | {
        "amount": _decimal(row["amount"]),
        "quantity": row["quantity"] if isinstance(row["quantity"], int) else None,
    }


def _decimal(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
