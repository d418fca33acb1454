"""The topic of orders: snapshot, live changes, damaged messages, a new column.

Some events pass a home-made forwarder that damages them: whole messages (not JSON any
more, or JSON without an envelope) and single fields. The database itself is sound, so
``before`` of a later event still holds the right value.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from lab_protocol.messages import Event
from potok_cdc.capture import Capture, Change, Delete, Insert, Update
from potok_cdc.damage import broken_messages, is_change_of_a_row, with_texts
from potok_cdc.envelope import Connector
from potok_cdc.stream import Stream, StreamBuilder
from potok_cdc.tables import (
    Column,
    ColumnType,
    DecimalMode,
    ReplicaIdentity,
    Table,
    micros_of,
)

CLOSING = "closing"
CLOSING_ORDER = 0
STATUSES = (
    "new",
    "paid",
    "packed",
    "shipped",
    "delivered",
    "returned",
    "refunded",
    "on_hold",
    "in_review",
    "cancelled",
)
COUPONS = ("SPRING", "FRIEND10", "WELCOME", None, None, None)
BAD_AMOUNTS = ("n/a", "12,50", "1 290.00", "?")
BAD_QUANTITIES = ("two", "3 pcs", "1.5", "-")
SNAPSHOT_ROWS = 40
LIVE_CHANGES = 110
DAMAGED_CHANGES = 70
NEW_COLUMN_CHANGES = 50

ORDERS = Table(
    name="orders",
    columns=(
        Column("id", ColumnType.BIGINT),
        Column("customer_id", ColumnType.BIGINT),
        Column("status", ColumnType.TEXT),
        Column("amount", ColumnType.NUMERIC, precision=10, scale=2),
        Column("quantity", ColumnType.INTEGER),
        Column("coupon", ColumnType.TEXT, nullable=True),
    ),
    primary_key=("id",),
    replica_identity=ReplicaIdentity.FULL,
)
ORDERS_WITH_CHANNEL = replace(
    ORDERS,
    columns=(*ORDERS.columns, Column("channel", ColumnType.TEXT, nullable=True)),
)
CONNECTOR = Connector(prefix="shop", database="shop", decimals=DecimalMode.STRING)


def build_stream(seed: int) -> Stream:
    """Return the stream of ``seed``: some 300 messages in one topic."""
    random = Random(seed)
    shop = Shop.open(random)
    builder = StreamBuilder()
    builder.stage("snapshot", shop.snapshot(SNAPSHOT_ROWS))
    builder.stage("live", shop.changes(LIVE_CHANGES))
    builder.stage("damaged", damage(shop, random))
    shop.capture.alter(ORDERS_WITH_CHANNEL)
    builder.stage("new_column", shop.changes(NEW_COLUMN_CHANGES))
    builder.stage("closing", shop.closing())
    return builder.build()


@dataclass
class Shop:
    """The database with its clock (microseconds) and the statuses of this seed."""

    random: Random
    capture: Capture
    statuses: tuple[str, ...]
    now_us: int
    next_id: int
    seen_us: int = 0

    @classmethod
    def open(cls, random: Random) -> "Shop":
        """Return an empty shop at a seeded moment."""
        day = timedelta(days=random.randrange(80), minutes=random.randrange(9 * 60))
        return cls(
            random=random,
            capture=Capture(CONNECTOR, [ORDERS], random=random),
            statuses=tuple(random.sample(STATUSES, 5)),
            now_us=micros_of(datetime(2026, 3, 2, 9, 0, tzinfo=UTC) + day),
            next_id=random.randrange(1_000, 9_000),
        )

    def snapshot(self, rows: int) -> list[Event]:
        """Return the initial snapshot of ``rows`` orders."""
        self.now_us += 1_000_000
        orders = [self._new_order() for _ in range(rows)]
        for order in orders:
            order["status"] = self.random.choice(self.statuses)
        return self.capture.snapshot(
            {"orders": orders}, at_us=self.now_us, seen_us=self._seen(4_000_000)
        )

    def changes(self, count: int) -> list[Event]:
        """Return the events of ``count`` changes, some of them in one transaction."""
        events: list[Event] = []
        while count > 0:
            size = min(count, self.random.choice((1, 1, 1, 2, 3)))
            events += self.commit(size)
            count -= size
        return events

    def commit(self, size: int) -> list[Event]:
        """Return the events of one transaction of ``size`` changes to other orders."""
        self.now_us += self.random.randrange(40_000, 2_500_000)
        touched: set[int] = set()
        changes = [self._change(touched) for _ in range(size)]
        return self.capture.transaction(
            changes, at_us=self.now_us, seen_us=self._seen(900_000)
        )

    def closing(self) -> list[Event]:
        """Return the closing events: twice an order is made and deleted.

        The amount is damaged on purpose, so that every output shows the order.
        """
        row = self._new_order() | {"id": CLOSING_ORDER, "status": CLOSING}
        events: list[Event] = []
        for hour in (1, 2):
            self.now_us += hour * 3_600_000_000
            for change in (Insert("orders", row), Delete("orders", (CLOSING_ORDER,))):
                self.now_us += 1_000_000
                events += self.capture.transaction(
                    [change], at_us=self.now_us, seen_us=self._seen(900_000)
                )
        return [
            with_texts(event, {"amount": BAD_AMOUNTS[0]})
            if is_change_of_a_row(event)
            else event
            for event in events
        ]

    def _seen(self, most_lag_us: int) -> int:
        """Return when the connector handles what is committed now.

        The connector works in order: what was committed during the snapshot waits.
        """
        lag = self.random.randrange(20_000, most_lag_us)
        self.seen_us = max(self.seen_us + 10_000, self.now_us + lag)
        return self.seen_us

    def _new_order(self) -> dict[str, Any]:
        self.next_id += self.random.randint(1, 3)
        return {
            "id": self.next_id,
            "customer_id": self.random.randrange(100, 180),
            "status": self.statuses[0],
            "amount": Decimal(self.random.randrange(500, 2_500_000)) / 100,
            "quantity": self.random.randint(1, 9),
            "coupon": self.random.choice(COUPONS),
        }

    def _change(self, touched: set[int]) -> Change:
        free = [row for row in self.capture.rows("orders") if row["id"] not in touched]
        kind = self.random.choices(("insert", "update", "delete"), (30, 58, 12))[0]
        if kind == "insert" or len(free) < 10:
            order = self._new_order()
            if self.random.random() < 0.5:
                order["channel"] = self.random.choice(("web", "app"))
            known = {column.name for column in self._columns()}
            row = {name: value for name, value in order.items() if name in known}
            touched.add(row["id"])
            return Insert("orders", row)
        old = self.random.choice(free)
        touched.add(old["id"])
        if kind == "delete":
            return Delete("orders", (old["id"],))
        values: dict[str, Any] = {"status": self._next_status(old["status"])}
        if self.random.random() < 0.3:
            values["amount"] = Decimal(self.random.randrange(500, 2_500_000)) / 100
        return Update("orders", (old["id"],), values)

    def _next_status(self, status: str) -> str:
        others = [known for known in self.statuses if known != status]
        return self.random.choice(others)

    def _columns(self) -> tuple[Column, ...]:
        return self.capture.table("orders").columns


def damage(shop: Shop, random: Random) -> list[Event]:
    """Return live changes of which the forwarder damaged some.

    Nine events lose a field or two, and six messages are no envelopes at all. Of the
    nine at least one loses its quantity only, and one loses both fields.
    """
    events = shop.changes(DAMAGED_CHANGES)
    rows = [n for n, event in enumerate(events) if is_change_of_a_row(event)]
    for place, number in enumerate(random.sample(rows, 9)):
        fields: dict[str, str] = {}
        if place in (0, 1, 2, 3, 8):
            fields["amount"] = random.choice(BAD_AMOUNTS)
        if place in (4, 5, 6, 7, 8):
            fields["quantity"] = random.choice(BAD_QUANTITIES)
        events[number] = with_texts(events[number], fields)
    for message in broken_messages(random, events):
        events.insert(random.randrange(1, len(events)), message)
    return events
