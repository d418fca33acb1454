"""Two topics of one connector, as a consumer read them: orders and reservations.

The database is told first (snapshot, changes, a nightly truncate, a restart of the
connector that sends some events again and adds the schema part); then the records are
put into the order in which a consumer of three partitions got them.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from lab_protocol.messages import Event
from potok_cdc.capture import Capture, Change, Delete, Insert, Truncate, Update
from potok_cdc.envelope import Connector, seen_again
from potok_cdc.stream import Stream, StreamBuilder
from potok_cdc.tables import Column, ColumnType, Table, micros_of, moment_of
from potok_cdc.variations import partition_of

PARTITIONS = 3
STATUSES = ("new", "paid", "packed", "shipped", "delivered", "returned", "on_hold")
SHELVES = ("A-01", "A-02", "B-07", "C-11", "C-12", "D-03")
SNAPSHOT_ORDERS = 24
SNAPSHOT_RESERVATIONS = 14
LIVE_COMMITS = 60
COMMITS_AFTER_MIDNIGHT = 30
COMMITS_AFTER_RESTART = 36
# Near enough for the search for the smallest stream that shows a mistake.
NEAR = 12

ORDERS = Table(
    name="orders",
    columns=(
        Column("id", ColumnType.BIGINT),
        Column("status", ColumnType.TEXT),
        Column("amount", ColumnType.NUMERIC, precision=10, scale=2),
        Column("placed_at", ColumnType.TIMESTAMP),
        Column("coupon", ColumnType.TEXT, nullable=True),
    ),
    primary_key=("id",),
)
RESERVATIONS = Table(
    name="reservations",
    columns=(
        Column("sku", ColumnType.TEXT),
        Column("shelf", ColumnType.TEXT),
        Column("quantity", ColumnType.INTEGER),
    ),
    primary_key=("sku",),
)
TABLES = {table.name: table for table in (ORDERS, RESERVATIONS)}
CONNECTOR = Connector(prefix="shop", database="shop", schemas=False, key_schemas=False)
RECONFIGURED = replace(CONNECTOR, schemas=True)


def build_stream(seed: int) -> Stream:
    """Return the stream of ``seed``: some 350 records in two topics."""
    random = Random(seed)
    shop = Shop.open(random)
    written = shop.history()
    builder = StreamBuilder()
    builder.stage("captured", read_by_consumer(written, random))
    return builder.build()


@dataclass
class Shop:
    """The database with its clock (microseconds) and what has been written so far."""

    random: Random
    capture: Capture
    now_us: int
    next_id: int
    seen_us: int = 0
    written: list[Event] = field(default_factory=list)
    unused_skus: list[str] = field(default_factory=list)
    untouched: set[int] = field(default_factory=set)

    @classmethod
    def open(cls, random: Random) -> "Shop":
        """Return an empty shop on a seeded evening."""
        day = timedelta(days=random.randrange(80), minutes=random.randrange(90))
        skus = [f"{random.choice('KLMPRT')}{number}" for number in range(100, 200)]
        random.shuffle(skus)
        return cls(
            random=random,
            capture=Capture(CONNECTOR, list(TABLES.values()), random=random),
            now_us=micros_of(datetime(2026, 3, 2, 20, 0, tzinfo=UTC) + day),
            next_id=random.randrange(1_000, 9_000),
            unused_skus=skus,
        )

    def history(self) -> list[Event]:
        """Return all events in the order in which the connector wrote them."""
        self._snapshot()
        for number in range(LIVE_COMMITS):
            self._commit(self._changes())
            if number == LIVE_COMMITS // 2:
                self._commit([self._rekey()])
        # What midnight removes: rows that are surely there, one of them just changed.
        self._commit([self._reserve(), self._reserve()])
        self._commit([self._restock()])
        self._commit([Truncate("reservations")])
        self._commit([self._reserve(), self._reserve()])
        for _ in range(COMMITS_AFTER_MIDNIGHT):
            self._commit(self._changes())
        begin = len(self.written)
        self._young_rows()
        self._restart(len(self.written) - begin)
        for number in range(COMMITS_AFTER_RESTART):
            self._commit(self._changes())
            if number == COMMITS_AFTER_RESTART // 2:
                self._commit([self._rekey()])
        return self.written

    def _young_rows(self) -> None:
        """Write what the restart repeats: changes of every kind, to rows made here.

        Their histories are short, so that few events show what is repeated.
        """
        first, second = self._new_order(), self._new_order()
        one, other = self._new_reservation(), self._new_reservation()
        places: list[Change] = [Insert("orders", first), Insert("orders", second)]
        self._commit([*places, Insert("reservations", one)])
        more = {"quantity": one["quantity"] + self.random.randint(1, 4)}
        self._commit(
            [
                Update("orders", (first["id"],), {"status": "paid"}),
                Update("reservations", (one["sku"],), more),
            ]
        )
        self.next_id += self.random.randint(1, 3)
        self._commit(
            [
                Update("orders", (second["id"],), {"id": self.next_id}),
                Insert("reservations", other),
            ]
        )
        self._commit(
            [
                Delete("orders", (first["id"],)),
                Delete("reservations", (one["sku"],)),
            ]
        )

    def _snapshot(self) -> None:
        orders = [self._new_order() for _ in range(SNAPSHOT_ORDERS)]
        # Two stay as the snapshot had them, one of them a refund.
        self.untouched = {orders[0]["id"], orders[1]["id"]}
        orders[0]["amount"] = -abs(orders[0]["amount"])
        rows: dict[str, Sequence[dict[str, Any]]] = {
            "orders": orders,
            "reservations": [
                self._new_reservation() for _ in range(SNAPSHOT_RESERVATIONS)
            ],
        }
        # Slower than any live change, faster than a restart.
        lag = self.random.randrange(3_000_000, 8_000_000)
        self.seen_us = self.now_us + lag
        self.written += self.capture.snapshot(
            rows, at_us=self.now_us, seen_us=self.seen_us
        )
        self.now_us = self.seen_us

    def _commit(self, changes: Sequence[Change]) -> None:
        self.now_us += self.random.randrange(60_000, 4_000_000)
        lag = self.random.randrange(20_000, 900_000)
        # The connector works in order, some 20 ms an event at most.
        self.seen_us = max(self.seen_us + 20_000, self.now_us + lag)
        self.written += self.capture.transaction(
            changes, at_us=self.now_us, seen_us=self.seen_us
        )

    def _restart(self, count: int) -> None:
        """Stop and start the connector: its last ``count`` events come once more.

        They come minutes later, with new clocks and, as it is set now, with a schema.
        """
        pause = self.random.randrange(90_000_000, 400_000_000)
        self.seen_us = self.now_us = self.now_us + pause
        self.capture.reconfigure(RECONFIGURED)
        for event in self.written[-count:]:
            self.seen_us += 70
            self.written.append(self._again(event))

    def _again(self, event: Event) -> Event:
        if event.value is None:
            return event
        table = TABLES[event.topic.rsplit(".", 1)[1]]
        seen_ns = self.seen_us * 1_000 + self.random.randrange(1_000)
        value = seen_again(event.value, RECONFIGURED, table, seen_ns=seen_ns)
        return replace(event, value=value)

    def _changes(self) -> list[Change]:
        """Return the changes of one transaction, to different rows."""
        makers = [self._place, self._advance, self._advance, self._cancel]
        makers += [self._reserve, self._restock, self._release]
        changes: list[Change] = []
        for make in self.random.choices(makers, k=self.random.choice((1, 1, 2))):
            change = make()
            if _row_of(change) not in [_row_of(known) for known in changes]:
                changes.append(change)
        return changes

    def _place(self) -> Change:
        return Insert("orders", self._new_order())

    def _advance(self) -> Change:
        row = self._pick_order()
        status = self.random.choice([s for s in STATUSES if s != row["status"]])
        values: dict[str, Any] = {"status": status}
        if self.random.random() < 0.4:
            values["amount"] = self._amount()
        return Update("orders", (row["id"],), values)

    def _cancel(self) -> Change:
        return Delete("orders", (self._pick_order()["id"],))

    def _rekey(self) -> Change:
        """Give an order another number: Debezium makes a d and a c of it."""
        self.next_id += self.random.randint(1, 3)
        old = self._pick_order()["id"]
        return Update("orders", (old,), {"id": self.next_id})

    def _reserve(self) -> Change:
        return Insert("reservations", self._new_reservation())

    def _restock(self) -> Change:
        rows = self.capture.rows("reservations")
        if not rows:
            return self._reserve()
        row = self.random.choice(rows)
        return Update("reservations", (row["sku"],), {"quantity": row["quantity"] + 1})

    def _release(self) -> Change:
        rows = self.capture.rows("reservations")
        if len(rows) < 4:
            return self._reserve()
        return Delete("reservations", (self.random.choice(rows)["sku"],))

    def _pick_order(self) -> dict[str, Any]:
        rows = self.capture.rows("orders")
        return self.random.choice([r for r in rows if r["id"] not in self.untouched])

    def _new_order(self) -> dict[str, Any]:
        self.next_id += self.random.randint(1, 3)
        age = timedelta(microseconds=self.random.randrange(3_600_000_000))
        return {
            "id": self.next_id,
            "status": "new",
            "amount": self._amount(),
            "placed_at": moment_of(self.now_us) - age,
            "coupon": self.random.choice(("SPRING", "FRIEND10", None, None)),
        }

    def _amount(self) -> Decimal:
        """Return an amount; every fifth is a refund, below zero."""
        cents = self.random.randrange(500, 2_500_000)
        return Decimal(-cents if self.random.random() < 0.2 else cents) / 100

    def _new_reservation(self) -> dict[str, Any]:
        return {
            "sku": self.unused_skus.pop(),
            "shelf": self.random.choice(SHELVES),
            "quantity": self.random.randint(1, 9),
        }


def read_by_consumer(written: Sequence[Event], random: Random) -> list[Event]:
    """Return the records as one consumer of all partitions got them.

    A key's records lie in one partition and stay in order. Across partitions there is
    no order: the truncate, which has no key, is read before records of its topic that
    are older, and after some that are younger.
    """
    stray = random.randrange(PARTITIONS)
    placed = [
        replace(
            event,
            partition=stray
            if event.key is None
            else partition_of(event.key, PARTITIONS),
        )
        for event in written
    ]
    removed, alive = _rows_around_truncate(placed)
    while True:
        read = _polls(placed, random)
        if _is_out_of_order(read, removed, alive):
            return read


def _polls(placed: Sequence[Event], random: Random) -> list[Event]:
    """Return records taken from the partitions in turns of random length."""
    queues: dict[tuple[str, int], deque[Event]] = {}
    for event in placed:
        queues.setdefault((event.topic, event.partition), deque()).append(event)
    read: list[Event] = []
    while queues:
        name = random.choice(list(queues))
        count = min(len(queues[name]), random.randint(4, 24))
        read += [queues[name].popleft() for _ in range(count)]
        if not queues[name]:
            del queues[name]
    return read


def _rows_around_truncate(placed: Sequence[Event]) -> tuple[set[bytes], set[bytes]]:
    """Return the keys of reservations that the truncate removed, and of those after."""
    removed: set[bytes] = set()
    alive: set[bytes] = set()
    for event in placed:
        if event.topic != CONNECTOR.topic_of(RESERVATIONS):
            continue
        if event.key is None:
            removed, alive = alive, set()
        elif event.value is None:
            alive.discard(event.key)
        else:
            alive.add(event.key)
    return removed, alive


def _is_out_of_order(
    read: Sequence[Event], removed: set[bytes], alive: set[bytes]
) -> bool:
    """Say whether the order of reading would give a wrong table of reservations.

    Some row that the truncate removed must be read after it, and some row that lives
    on must have been read, with nothing more to come, shortly before it.
    """
    last_read = {event.key: number for number, event in enumerate(read)}
    midnight = last_read[None]
    return any(last_read[key] > midnight for key in removed) and any(
        0 < midnight - last_read[key] <= NEAR for key in alive
    )


def _row_of(change: Change) -> tuple[str, object]:
    if isinstance(change, Insert):
        table = TABLES[change.table]
        return change.table, table.key_of(change.row)
    return change.table, None if isinstance(change, Truncate) else change.key
