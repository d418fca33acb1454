"""Two topics: orders with their business time, and products with their price history.

Orders are only inserted. ``ordered_at`` is when the customer pressed the button; the
row is committed a little later, so the topic is out of order by up to 4.5 s, and a few
orders made off line arrive minutes late. Products change their price, one appears
after it was first ordered, one is deleted.

Lengths of time below are milliseconds from ``start``, the beginning of live changes.

Over 400 lines: one workload, of which each part counts on what the others leave free.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from lab_protocol.messages import Event
from potok_cdc.capture import Capture, Change, Delete, Insert, Update
from potok_cdc.envelope import Connector
from potok_cdc.stream import Stream, StreamBuilder
from potok_cdc.tables import (
    Column,
    ColumnType,
    DecimalMode,
    ReplicaIdentity,
    Table,
    micros_of,
    moment_of,
)
from potok_cdc.variations import delayed

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
CLOSING = "closing"

LIVE_END = 14 * MINUTE
MOST_DELAY = 4_500
# In the shuffled stream: after every order made up to 4.85 s later, within the bound.
TIGHT_DELAY = 4_970
TIGHT = "early-bird"
WALK_IN = "walk-in"
# A late order's minute and session are over by far, and four of ten orders miss all
# five-minute windows too.
SOME_LATENESS = (70 * SECOND, 150 * SECOND)
MORE_LATENESS = (330 * SECOND, 360 * SECOND)
PRODUCTS_SNAPSHOT = -25 * SECOND
ORDERS_SNAPSHOT = -20 * SECOND
# The late orders are a stage of their own in the middle of a minute: by then the
# watermark stands firm, whatever way the source emits it.
LATE_AT = 8 * MINUTE + 30 * SECOND
STAGE_ENDS = {"live": LATE_AT, "late": LATE_AT + SECOND, "price_changes": LIVE_END}

# Before the late orders. A source with periodic watermarks emits one every 20 ms; on a
# busy machine 100 ms were not always enough for it to do so, and they came in time.
LONG_SETTLE = 300

STATUSES = ("paid", "reserved", "invoiced", "pending", "on_credit")
CHANNELS = ("web", "app", "kiosk", "phone", "partner")

ORDERS = Table(
    name="orders",
    columns=(
        Column("id", ColumnType.BIGINT),
        Column("customer", ColumnType.TEXT),
        Column("sku", ColumnType.TEXT),
        Column("channel", ColumnType.TEXT),
        Column("status", ColumnType.TEXT),
        Column("quantity", ColumnType.INTEGER),
        Column("amount", ColumnType.NUMERIC, precision=10, scale=2),
        Column("ordered_at", ColumnType.TIMESTAMP, precision=3),
    ),
    primary_key=("id",),
)
PRODUCTS = Table(
    name="products",
    columns=(
        Column("sku", ColumnType.TEXT),
        Column("title", ColumnType.TEXT),
        Column("price", ColumnType.NUMERIC, precision=10, scale=2),
    ),
    primary_key=("sku",),
    replica_identity=ReplicaIdentity.FULL,
)
SHOP = Connector(
    prefix="shop", database="shop", schemas=False, decimals=DecimalMode.STRING
)
CATALOGUE = Connector(
    prefix="catalogue", database="catalogue", schemas=False, decimals=DecimalMode.STRING
)


def _dashboard(seed: int) -> "Dashboard":
    random = Random(seed)
    start = micros_of(
        datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
        + timedelta(days=random.randrange(80), minutes=random.randrange(9 * 60))
    )
    return Dashboard(random, start)


@dataclass(frozen=True, slots=True)
class Order:
    """One order: when it was made and when its row was committed."""

    made: int
    committed: int
    customer: str
    sku: str
    channel: str


@dataclass(frozen=True, slots=True)
class PriceStep:
    """A change of the catalogue at a moment, and how long the connector took."""

    at: int
    change: Change
    lag: int = 400


def build_stream(seed: int) -> Stream:
    """Return the stream of ``seed``: some 300 messages in two topics."""
    return _dashboard(seed).build()


def build_shuffled_stream(seed: int) -> Stream:
    """Return the same orders in another order, some delayed by nearly all of 5 s.

    The stream itself is also right for a watermark that trails by 4 s; this one drops
    an order for every bound below 4.8 s.
    """
    dashboard = _dashboard(seed)
    dashboard.build()
    return dashboard.build_shuffled()


VARIATIONS = {"another-order": build_shuffled_stream}


def is_on_time(order: Order) -> bool:
    """Say whether an order is neither of the snapshot nor late."""
    return 0 <= order.committed - order.made < 5 * SECOND and order.made > 0


class Dashboard:
    """The workload of one seed. ``start_us`` is on a full minute."""

    def __init__(self, random: Random, start_us: int) -> None:
        self.random = random
        self.start_us = start_us
        self.skus = [f"sku-{n}" for n in random.sample(range(100, 1000), 12)]
        # One is launched after its first order, one deleted, six change their price,
        # and four never change.
        self.launched, self.deleted, *others = self.skus
        self.moving, self.steady = others[:6], others[6:]
        self.statuses = random.sample(STATUSES, 3)
        self.channels = random.sample(CHANNELS, 3)
        self.taken: set[int] = set()
        self.next_id = random.randrange(10_000, 90_000)
        self.orders: list[Order] = []
        self.rows: dict[tuple[str, int], dict[str, Any]] = {}
        self.changes: list[tuple[int, Event]] = []

    def build(self) -> Stream:
        """Return the stages."""
        steps = self.price_steps()
        on_time = self.snapshot_orders() + self.session_orders() + self.border_orders()
        on_time += self.price_orders(steps) + self.tight_orders()
        late = self.late_orders([order for order in on_time if order.committed > 0])
        orders = sorted(on_time + late, key=lambda order: order.committed)
        self.orders, self.changes = orders, self.catalogue_events(steps)
        return self.staged(self.orders)

    def build_shuffled(self) -> Stream:
        """Return the stages of the stream just built, its orders in another order."""
        return self.staged(self.shuffled_orders())

    def staged(self, orders: list[Order]) -> Stream:
        """Return ``orders`` and the changes of the catalogue as stages."""
        events = self.changes + self.order_events(orders)
        events.sort(key=lambda item: item[0])
        builder = StreamBuilder()
        begin = -HOUR
        for name, end in {"snapshot": 0, **STAGE_ENDS}.items():
            part = [event for at, event in events if begin <= at < end]
            builder.stage(name, part, settle_ms=LONG_SETTLE if name == "live" else 100)
            begin = end
        builder.stage("closing", [event for at, event in events if at >= LIVE_END])
        return builder.build()

    def snapshot_orders(self) -> list[Order]:
        """Return orders that were in the table before the connector started."""
        moments = sorted(
            self.random.randrange(-6 * MINUTE, -40 * SECOND) for _ in range(24)
        )
        return [
            self.order(made, ORDERS_SNAPSHOT, self.customer(), self.skus[-4:])
            for made in moments
        ]

    def session_orders(self) -> list[Order]:
        """Return orders that customers make in bursts, far apart from each other."""
        orders = []
        for number in range(30):
            customer = f"customer-{number:02}"
            made = self.random.randrange(0, 3 * MINUTE)
            while made < LIVE_END - MINUTE:
                for _ in range(self.random.randint(1, 4)):
                    made += self.random.randrange(4 * SECOND, 24 * SECOND)
                    if made < LIVE_END - 30 * SECOND:
                        orders.append(self.prompt_order(made, customer, self.skus))
                made += self.random.randrange(2 * MINUTE, 8 * MINUTE)
        return orders

    def border_orders(self) -> list[Order]:
        """Return pairs of which the second is made in the next minute, but comes first.

        A watermark without a bound closes the minute between the two.
        """
        orders = []
        for number, minute in enumerate((3, 5, 9, 11, 12)):
            made = minute * MINUTE - self.random.randrange(200, 900)
            first = self.order(made, made + 4_000, f"guest-{number}-a", self.steady)
            other = minute * MINUTE + self.random.randrange(100, 900)
            second = self.order(other, other + 60, f"guest-{number}-b", self.steady)
            orders += [first, second]
        return orders

    def price_steps(self) -> list[PriceStep]:
        """Return the changes of the catalogue, each at a millisecond of its own."""
        steps = []
        for sku in self.moving:
            for low in (2 * MINUTE, 7 * MINUTE, 11 * MINUTE):
                at = self.moment(low, low + 2 * MINUTE)
                update = Update("products", (sku,), {"price": self.price()})
                steps.append(PriceStep(at, update, self.random.randrange(200, 900)))
        product = {"sku": self.launched, "title": "late launch", "price": self.price()}
        launch = self.moment(5 * MINUTE, 6 * MINUTE)
        steps.append(PriceStep(launch, Insert("products", product)))
        removal = self.moment(9 * MINUTE, 10 * MINUTE)
        steps.append(PriceStep(removal, Delete("products", (self.deleted,))))
        steps.sort(key=lambda step: step.at)
        return self.slow_connector(steps)

    def slow_connector(self, steps: list[PriceStep]) -> list[PriceStep]:
        """Let the connector handle two price changes 8 s after their commit.

        Whatever follows within that time waits for it: the topic keeps its order.
        """
        slow = {4, 12}
        handled = 0
        result = []
        for number, step in enumerate(steps):
            seen = step.at + (8 * SECOND if number in slow else step.lag)
            handled = max(handled + 1, seen)
            result.append(PriceStep(step.at, step.change, handled - step.at))
        return result

    def price_orders(self, steps: list[PriceStep]) -> list[Order]:
        """Return orders right before and right after every change of the catalogue."""
        orders = []
        for number, step in enumerate(steps):
            change = step.change
            sku = change.row["sku"] if isinstance(change, Insert) else change.key[0]
            offsets = (-self.random.randrange(1, 9 * SECOND), 1, 3 * SECOND)
            for place, offset in enumerate(offsets):
                customer = f"buyer-{number}-{place}"
                orders.append(self.prompt_order(step.at + offset, customer, [sku]))
        return orders

    def late_orders(self, on_time: list[Order]) -> list[Order]:
        """Return orders that arrive minutes after they were made, one after another.

        Each goes to a minute and status that has orders in time, and to a session
        that is long over, so that counting it would change a row that is there.
        """
        closed = [
            order
            for order in on_time
            if order.customer.startswith("customer")
            and order.made % MINUTE < 58 * SECOND
            and self.session_end(order, on_time) < LATE_AT - 45 * SECOND
        ]
        late: list[Order] = []
        for number in range(10):
            arrival = self.free(LATE_AT + 20 * number)
            wanted = arrival - self.random.randrange(
                *(SOME_LATENESS if number < 6 else MORE_LATENESS)
            )
            sample = min(closed, key=lambda order: abs(order.made - wanted))
            closed.remove(sample)
            made = self.free(sample.made + self.random.randrange(100, 900))
            late.append(
                Order(made, arrival, sample.customer, self.steady[-1], sample.channel)
            )
        return late

    def tight_orders(self) -> list[Order]:
        """Return pairs made 5 s apart with the end of a minute right after the first.

        Here both come at once. If the first comes after the second, and it may, then a
        watermark has to trail by nearly 5 s for it to be counted.
        """
        random = Random(self.start_us)
        orders = []
        for number, minute in enumerate((4, 6, 10, 13)):
            end = minute * MINUTE
            first = self.free(end - random.randrange(20, 60))
            second = self.free(end + random.randrange(4_800, 4_850))
            for name, made in ((TIGHT, first), (WALK_IN, second)):
                customer = f"{name}-{number}"
                channel = self.channels[number % len(self.channels)]
                sku = self.steady[number % len(self.steady)]
                committed = self.free(made + 60)
                orders.append(Order(made, committed, customer, sku, channel))
        return orders

    def shuffled_orders(self) -> list[Order]:
        """Return the orders with other moments of their commit.

        The snapshot and the late orders stay where they are, and of each tight pair
        the first comes after the second.
        """
        result, on_time = [], []
        for order in self.orders:
            if order.customer.startswith(TIGHT):
                committed = self.free(order.made + TIGHT_DELAY)
                result.append(replace(order, committed=committed))
            elif is_on_time(order) and not order.customer.startswith(WALK_IN):
                on_time.append(order)
            else:
                result.append(order)
        arrivals = delayed(
            on_time,
            Random(self.start_us),
            time=lambda order: order.made,
            bound=MOST_DELAY,
        )
        for arrival, order in arrivals:
            result.append(replace(order, committed=self.free(arrival)))
        return sorted(result, key=lambda order: order.committed)

    def session_end(self, order: Order, orders: list[Order]) -> int:
        """Return when the session that ``order`` belongs to is over."""
        end = order.made + 30 * SECOND
        for moment in sorted(o.made for o in orders if o.customer == order.customer):
            if order.made < moment <= end:
                end = moment + 30 * SECOND
        return end

    def order_events(self, orders: list[Order]) -> list[tuple[int, Event]]:
        """Return the orders' events with the moment of their commit."""
        capture = Capture(SHOP, [ORDERS], random=self.random)
        rows = [(order.committed, self.row(order)) for order in orders]
        snapshot = [row for at, row in rows if at == ORDERS_SNAPSHOT]
        events = [
            (ORDERS_SNAPSHOT, event)
            for event in capture.snapshot(
                {"orders": snapshot},
                at_us=self.micros(ORDERS_SNAPSHOT),
                seen_us=self.micros(ORDERS_SNAPSHOT) + 700_000,
            )
        ]
        seen = 0
        for at, row in rows[len(snapshot) :]:
            seen = max(
                seen + 100, self.micros(at) + self.random.randrange(30_000, 300_000)
            )
            inserted = capture.transaction(
                [Insert("orders", row)], at_us=self.micros(at), seen_us=seen
            )
            events += [(at, event) for event in inserted]
        for hours in (2, 4):
            at = LIVE_END + hours * HOUR
            closing = self.row(Order(at, at, CLOSING, CLOSING, CLOSING))
            closing["status"] = CLOSING
            inserted = capture.transaction(
                [Insert("orders", closing)],
                at_us=self.micros(at),
                seen_us=self.micros(at) + 50_000,
            )
            events += [(at, event) for event in inserted]
        return events

    def catalogue_events(self, steps: list[PriceStep]) -> list[tuple[int, Event]]:
        """Return the products' events with the moment of their commit."""
        capture = Capture(CATALOGUE, [PRODUCTS], random=self.random)
        products = [
            {"sku": sku, "title": f"product {sku[4:]}", "price": self.price()}
            for sku in sorted(self.skus[1:])
        ]
        events = [
            (PRODUCTS_SNAPSHOT, event)
            for event in capture.snapshot(
                {"products": products},
                at_us=self.micros(PRODUCTS_SNAPSHOT),
                seen_us=self.micros(PRODUCTS_SNAPSHOT) + 900_000,
            )
        ]
        end = LIVE_END + 6 * HOUR
        product = {"sku": CLOSING, "title": CLOSING, "price": Decimal(1)}
        for step in [*steps, PriceStep(end, Insert("products", product))]:
            changed = capture.transaction(
                [step.change],
                at_us=self.micros(step.at),
                seen_us=self.micros(step.at + step.lag),
            )
            events += [(step.at, event) for event in changed]
        return events

    def row(self, order: Order) -> dict[str, Any]:
        """Return the row of ``order`` in the database, the same whenever it comes."""
        place = order.customer, order.made
        if place not in self.rows:
            self.rows[place] = self.new_row(order)
        return dict(self.rows[place])

    def new_row(self, order: Order) -> dict[str, Any]:
        """Return a row with the next id."""
        self.next_id += self.random.randint(1, 4)
        # By customer, so that a late order meets a status its minute has already.
        status = self.statuses[sum(map(ord, order.customer)) % len(self.statuses)]
        return {
            "id": self.next_id,
            "customer": order.customer,
            "sku": order.sku,
            "channel": order.channel,
            "status": status,
            "quantity": self.random.randint(1, 5),
            "amount": Decimal(self.random.randrange(1_000, 90_000)) / 100,
            "ordered_at": moment_of(self.micros(order.made)),
        }

    def prompt_order(self, made: int, customer: str, skus: list[str]) -> Order:
        """Return an order that is committed within the bound."""
        delay = self.random.choice(
            (self.random.randrange(50, 600), self.random.randrange(50, MOST_DELAY))
        )
        return self.order(made, made + delay, customer, skus)

    def order(self, made: int, committed: int, customer: str, skus: list[str]) -> Order:
        """Return an order of one of ``skus``; its moments become taken."""
        if committed != ORDERS_SNAPSHOT:
            committed = self.free(committed)
        return Order(
            made=self.free(made),
            committed=committed,
            customer=customer,
            sku=self.random.choice(skus),
            channel=self.channels[sum(map(ord, customer)) % len(self.channels)],
        )

    def customer(self) -> str:
        """Return somebody whose orders all stand in the snapshot."""
        return f"regular-{self.random.randrange(8)}"

    def price(self) -> Decimal:
        """Return a price that no other product or version has."""
        while True:
            cents = self.random.randrange(1_000, 50_000)
            if -cents not in self.taken:
                self.taken.add(-cents)
                return Decimal(cents) / 100

    def moment(self, low: int, high: int) -> int:
        """Return a free moment in the range."""
        return self.free(self.random.randrange(low, high))

    def free(self, moment: int) -> int:
        """Return the first moment from ``moment`` on that nothing else has taken.

        No order then has the very time of a price change, whatever clock is used.
        """
        while moment + 10 * HOUR in self.taken:
            moment += 1
        self.taken.add(moment + 10 * HOUR)
        return moment

    def micros(self, moment: int) -> int:
        """Return microseconds since the epoch."""
        return self.start_us + moment * 1_000
