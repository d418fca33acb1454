"""What of an event differs by nature, and what holds between such values all the same.

Clock times, log positions and transaction ids of two runs cannot be equal, but their
order and which of them are the same can, and that is compared: across all topics of a
connector, in the order of the log.
"""

import json
import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from recording.records import Record, payload_of

# The whole list. Of these fields the JSON type is compared, and by ``relations`` the
# order and equality of their values.
BY_NATURE = {
    "ts_ms": "clock time",
    "ts_us": "clock time",
    "ts_ns": "clock time",
    "source.ts_ms": "clock time",
    "source.ts_us": "clock time",
    "source.ts_ns": "clock time",
    "source.lsn": "lsn",
    "source.txId": "txId",
    "source.xmin": "xmin",
    "source.sequence": "sequence",
    "source.version": "connector version",
    "transaction.id": "txId and lsn",
}
BY_NATURE_OF_TRANSACTIONS = {"id": "txId and lsn"}
# A UUID of version 7: the clock's milliseconds at the connector's start, then chance.
RUN_ID = "__debezium.context.runId"
_UUID_7 = re.compile(
    rb"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"
)
_TRANSACTION_ID = re.compile(r"(\d+):(\d+)")
_Ranker = Callable[[Sequence[Any]], list[Any]]


def nature_of(part: str, field: str) -> str | None:
    """Return why ``field`` of a key or value differs, None if it may not.

    ``part`` is key or value, in topics of transactions and messages named so before.
    """
    if part.startswith("transaction ") and field in BY_NATURE_OF_TRANSACTIONS:
        return BY_NATURE_OF_TRANSACTIONS[field]
    return BY_NATURE.get(field) if part.endswith("value") else None


@dataclass(frozen=True, slots=True)
class Relation:
    """One thing that holds between values of both sides, and whether it did."""

    name: str
    compared: int
    debezium: Any
    library: Any


def relations(
    debezium: Sequence[Record], library: Sequence[Record]
) -> Iterator[Relation]:
    """Compare both, which are paired: the n-th of the one is the n-th of the other."""
    theirs, ours = _Facts.of(debezium), _Facts.of(library)
    for name, rank in _RANKS.items():
        left, right = getattr(theirs, name), getattr(ours, name)
        yield Relation(_MEANING[name], len(left), rank(left), rank(right))
    for (name, count, left), (_, _, right) in zip(
        theirs.consistent(), ours.consistent(), strict=True
    ):
        yield Relation(name, count, left, right)


@dataclass(slots=True)
class _Facts:
    events: list[dict[str, Any]]
    lsns: list[int]
    commits: list[int | None]
    transactions: list[int]
    commit_times: list[int]
    runs: list[bytes]
    marks: list[dict[str, Any]]

    @classmethod
    def of(cls, records: Sequence[Record]) -> "_Facts":
        facts = cls([], [], [], [], [], [], [])
        for record in records:
            facts.runs += [value for name, value in record.headers if name == RUN_ID]
            payload = payload_of(record.value)
            if payload is None:
                continue
            if "source" in payload:
                facts._add_event(payload)
            else:
                facts._add_mark(payload)
        return facts

    def _add_event(self, payload: dict[str, Any]) -> None:
        self.events.append(payload)
        source = payload["source"]
        before, _ = json.loads(source["sequence"])
        self.lsns.append(source["lsn"])
        self.commits.append(None if before is None else int(before))
        self.transactions.append(source["txId"])
        self.commit_times.append(source["ts_us"])
        if payload["transaction"] is not None:
            transaction, lsn = _split(payload["transaction"]["id"])
            self.transactions.append(transaction)
            self.lsns.append(lsn)

    def _add_mark(self, payload: dict[str, Any]) -> None:
        self.marks.append(payload)
        transaction, lsn = _split(payload["id"])
        self.transactions.append(transaction)
        if payload["status"] == "BEGIN":
            self.lsns.append(lsn)
        else:
            self.commits.append(lsn)

    def consistent(self) -> Iterator[tuple[str, int, list[Any]]]:
        """Yield what holds within each event: (what, events, the exceptions)."""
        # A logical message has one clock only.
        rows = [event for event in self.events if event["op"] != "m"]
        checks: list[tuple[str, list[Any], Callable[[Any], bool]]] = [
            (
                "`ts_ms`, `ts_us` and `ts_ns` of an event are one moment",
                rows,
                _is_one_moment,
            ),
            (
                "`ts_ms`, `ts_us` and `ts_ns` of `source` are one moment",
                [event["source"] for event in self.events],
                _is_one_moment,
            ),
            (
                "`source.sequence` is the commit before and the event's own `lsn`",
                [event["source"] for event in self.events],
                _sequence_fits,
            ),
            (
                "`ts_ns` never falls in the order of the log, across topics",
                [(one["ts_ns"], other["ts_ns"]) for one, other in pairwise(rows)],
                lambda pair: pair[0] <= pair[1],
            ),
            (
                "no event is handled before its commit",
                self.events,
                lambda event: event["ts_ms"] >= event["source"]["ts_ms"],
            ),
            (
                "BEGIN and END carry the time of their commit",
                self.marks,
                lambda mark: self._time_of(mark) in (None, mark["ts_ms"]),
            ),
            (
                "the run's id is a UUID of version 7",
                self.runs,
                lambda run: _UUID_7.fullmatch(run) is not None,
            ),
        ]
        for name, items, holds in checks:
            yield name, len(items), [item for item in items if not holds(item)]

    def _time_of(self, mark: dict[str, Any]) -> int | None:
        """Return when the transaction of a BEGIN or END was committed."""
        transaction, _ = _split(mark["id"])
        for event in self.events:
            if event["source"]["txId"] == transaction:
                time: int = event["source"]["ts_ms"]
                return time
        return None


def _is_one_moment(clocks: dict[str, Any]) -> bool:
    whole = clocks["ts_ns"]
    return bool(
        clocks["ts_us"] == whole // 1_000 and clocks["ts_ms"] == whole // 1_000_000
    )


def _sequence_fits(source: dict[str, Any]) -> bool:
    before, own = json.loads(source["sequence"])
    return own == str(source["lsn"]) and (before is None or int(before) <= int(own))


def _split(text: str) -> tuple[int, int]:
    found = _TRANSACTION_ID.fullmatch(text)
    if found is None:
        raise ValueError(f"not the id of a transaction: {text!r}")
    return int(found[1]), int(found[2])


def _by_size(values: Sequence[int | None]) -> list[int | None]:
    """Replace each number by its place among the different ones."""
    places = {value: n for n, value in enumerate(sorted({*values} - {None}))}  # type: ignore[type-var]
    return [places.get(value) for value in values]


def _by_first(values: Sequence[Hashable]) -> list[int]:
    """Replace each value by the number of different ones before its first place."""
    seen: dict[Hashable, int] = {}
    return [seen.setdefault(value, len(seen)) for value in values]


_RANKS: dict[str, _Ranker] = {
    "lsns": _by_size,
    "commits": _by_size,
    "transactions": _by_size,
    "commit_times": _by_size,
    "runs": _by_first,
}
_MEANING = {
    "lsns": "`lsn`: order, and which events share one",
    "commits": "end of the commit before: order, and which events share one",
    "transactions": "`txId`: order, and which events share one",
    "commit_times": "`source.ts_us`: order, and which events share one",
    "runs": "run's id: which records share one",
}
