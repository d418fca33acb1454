"""Empties the table at the moment when the truncate is read."""

import base64
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

TOPICS = ("shop.public.orders", "shop.public.reservations")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def read_records(topic: str) -> Iterator[dict[str, Any]]:
    with Path(f"in/{topic}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write_rows(output: str, rows: Iterable[dict[str, Any]]) -> None:
    with Path(f"out/{output}.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


def envelope_of(record: dict[str, Any]) -> dict[str, Any] | None:
    # A tombstone: the event d before it has said all there is to say.
    if record["value"] is None:
        return None
    message = json.loads(record["value"])
    return message.get("payload", message)


def amount_of(text: str) -> Decimal:
    unscaled = int.from_bytes(base64.b64decode(text), "big", signed=True)
    return Decimal(unscaled).scaleb(-2)


def time_of(micros: int) -> str:
    moment = EPOCH + timedelta(microseconds=micros)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


class Fold:
    """One table: rows by key, each with the position of the change that made it."""

    def __init__(self) -> None:
        self.rows: dict[str, tuple[int, dict[str, Any]]] = {}
        self.truncated_at = 0

    def apply(self, key: str | None, envelope: dict[str, Any]) -> None:
        position = envelope["source"]["lsn"]
        if envelope["op"] == "t":
            self.rows = {}
        elif envelope["op"] == "d":
            self.rows.pop(key, None)
        elif position > self.truncated_at:
            self.rows[key] = (position, envelope["after"])


tables: dict[str, Fold] = {}
operations: Counter[tuple[str, str]] = Counter()
max_lag: dict[str, int] = {}
for topic in TOPICS:
    table = topic.rsplit(".", 1)[1]
    fold = tables[table] = Fold()
    seen: set[tuple[Any, ...]] = set()
    for record in read_records(topic):
        envelope = envelope_of(record)
        if envelope is None:
            continue
        fold.apply(record["key"], envelope)
        source, op = envelope["source"], envelope["op"]
        change = (source["lsn"], op, record["key"])
        if change in seen:
            continue
        seen.add(change)
        operations[table, op] += 1
        if op != "r":
            lag = envelope["ts_ms"] - source["ts_ms"]
            max_lag[table] = max(max_lag.get(table, 0), lag)

write_rows(
    "orders",
    (
        row
        | {
            "amount": amount_of(row["amount"]),
            "placed_at": time_of(row["placed_at"]),
        }
        for _, row in tables["orders"].rows.values()
    ),
)
write_rows("reservations", (row for _, row in tables["reservations"].rows.values()))
write_rows(
    "operations",
    (
        {"table_name": table, "op": op, "events": count}
        for (table, op), count in operations.items()
    ),
)
write_rows(
    "source_lag",
    ({"table_name": table, "max_lag_ms": lag} for table, lag in max_lag.items()),
)
