"""The right rows, read from the bytes of the stream itself, without Flink.

The watermark is simulated record by record: before an order arrives it stands at the
greatest time seen so far minus the bound. A window takes an order unless the watermark
has reached the window's last millisecond.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from lab_protocol.author import ExpectedRow
from potok_cdc.stream import Stream

ORDERS_TOPIC = "shop.public.orders"
PRODUCTS_TOPIC = "catalogue.public.products"
CLOSING = "closing"

SECOND = 1_000
MINUTE = 60 * SECOND
BOUND = 5 * SECOND
SESSION_GAP = 30 * SECOND
HOP_SIZE = 5 * MINUTE
BEFORE_ALL = -(2**62)
# Orders this near to a change of their product's price are tagged "near_change".
NEAR_CHANGE = 10 * SECOND

type Outputs = dict[str, list[ExpectedRow]]
type Group = dict[tuple[int, int, str], "Bucket"]


@dataclass(frozen=True, slots=True)
class Order:
    """One order as it arrives; times are milliseconds since the epoch."""

    event: int
    op: str
    time: int
    committed: int
    row: dict[str, Any]

    @property
    def amount(self) -> Decimal:
        """The amount of the order."""
        return Decimal(self.row["amount"])


@dataclass(frozen=True, slots=True)
class Version:
    """What a product costs from ``since`` on; None after its deletion."""

    event: int
    since: int
    price: Decimal | None


@dataclass(slots=True)
class Bucket:
    """A window of one key: the orders it took, and those that came too late."""

    taken: list[Order] = field(default_factory=list)
    dropped: list[Order] = field(default_factory=list)
    disordered: bool = False

    @property
    def total(self) -> Decimal:
        """The sum of the amounts."""
        return sum((order.amount for order in self.taken), Decimal(0))

    @property
    def events(self) -> tuple[int, ...]:
        """Numbers of the events, late ones first: they explain a difference."""
        return tuple(order.event for order in self.dropped + self.taken)

    @property
    def aspects(self) -> tuple[str, ...]:
        """Tags of the row."""
        tags = {"late": bool(self.dropped), "disorder": self.disordered}
        return tuple(name for name, holds in tags.items() if holds)


def expected(stream: Stream) -> Outputs:
    """Return the rows of every output; closing rows are left out."""
    orders = read_orders(stream)
    return {
        **windows(orders, bound=BOUND),
        "order_prices": prices(orders, read_versions(stream)),
    }


def expected_after(stream: Stream, stage: str) -> Outputs:
    """Return the rows that stand there after ``stage``, as far as the watermark got.

    A window is out once the watermark has reached its last millisecond; an order has
    its price once both watermarks, that of orders and that of products, have reached
    its time. The closing stage lets everything out.
    """
    if stage == stream.stages[-1].name:
        return expected(stream)
    part = stream.until(stage)
    orders, versions = read_orders(part), read_versions(part)
    latest = max((order.time for order in orders), default=BEFORE_ALL)
    changed = [item.since for history in versions.values() for item in history]
    joined = min(latest - BOUND, max(changed, default=BEFORE_ALL))
    return {
        "revenue_per_minute": revenue_rows(
            fired(
                sliding(orders, "status", size=MINUTE, slide=MINUTE, bound=BOUND),
                latest - BOUND,
            )
        ),
        "channel_averages": average_rows(
            fired(
                sliding(orders, "channel", size=HOP_SIZE, slide=MINUTE, bound=BOUND),
                latest - BOUND,
            )
        ),
        "customer_sessions": session_rows(
            fired(sessions(orders, bound=BOUND), latest - BOUND)
        ),
        "order_prices": prices(
            [order for order in orders if order.time <= joined], versions
        ),
    }


def windows(orders: Sequence[Order], *, bound: int) -> Outputs:
    """Return the three window outputs for a watermark that trails by ``bound``."""
    return {
        "revenue_per_minute": revenue_rows(
            sliding(orders, "status", size=MINUTE, slide=MINUTE, bound=bound)
        ),
        "channel_averages": average_rows(
            sliding(orders, "channel", size=HOP_SIZE, slide=MINUTE, bound=bound)
        ),
        "customer_sessions": session_rows(sessions(orders, bound=bound)),
    }


def read_orders(
    stream: Stream, time: Callable[[dict[str, Any]], int] | None = None
) -> list[Order]:
    """Return the orders in the order of arrival, closing ones left out.

    ``time`` picks the clock from an envelope; without it that is ``ordered_at``.
    """
    orders = []
    for number, _, event in stream.numbered(ORDERS_TOPIC):
        envelope = json.loads(event.value or b"null")
        row = envelope["after"]
        if row["customer"] == CLOSING:
            continue
        orders.append(
            Order(
                event=number,
                op=envelope["op"],
                time=row["ordered_at"] if time is None else time(envelope),
                committed=envelope["source"]["ts_ms"],
                row=row,
            )
        )
    return orders


def read_versions(
    stream: Stream, time: Callable[[dict[str, Any]], int] | None = None
) -> dict[str, list[Version]]:
    """Return the versions of every product by its sku, oldest first.

    ``time`` picks the clock from an envelope; without it that is the commit's.
    """
    versions: dict[str, list[Version]] = defaultdict(list)
    for number, _, event in stream.numbered(PRODUCTS_TOPIC):
        if event.value is None:
            continue
        envelope = json.loads(event.value)
        row = envelope["after"]
        since = envelope["source"]["ts_ms"] if time is None else time(envelope)
        sku = (row or envelope["before"])["sku"]
        price = None if row is None else Decimal(row["price"])
        versions[sku].append(Version(number, since, price))
    return dict(versions)


def with_watermark(
    orders: Sequence[Order], bound: int
) -> Iterator[tuple[Order, int, int]]:
    """Yield each order, the watermark before it, and the greatest time before it."""
    latest = BEFORE_ALL
    for order in orders:
        yield order, latest - bound, latest
        latest = max(latest, order.time)


def sliding(
    orders: Sequence[Order], key: str, *, size: int, slide: int, bound: int
) -> Group:
    """Return the windows [start, start + size) that begin every ``slide``."""
    group: Group = defaultdict(Bucket)
    for order, watermark, latest in with_watermark(orders, bound):
        first = order.time - order.time % slide
        for start in range(first, first - size, -slide):
            end = start + size
            bucket = group[start, end, order.row[key]]
            if end - 1 > watermark:
                bucket.taken.append(order)
                bucket.disordered |= end - 1 <= latest
            else:
                bucket.dropped.append(order)
    return group


def sessions(orders: Sequence[Order], *, bound: int) -> Group:
    """Return the sessions of each customer; a gap of 30 s ends one."""
    opened: dict[str, dict[tuple[int, int], Bucket]] = defaultdict(dict)
    group: Group = {}
    late: list[Order] = []
    for order, watermark, latest in with_watermark(orders, bound):
        customer = order.row["customer"]
        mine = opened[customer]
        for window in list(mine):
            if window[1] - 1 <= watermark:
                group[*window, customer] = mine.pop(window)
        start, end = order.time, order.time + SESSION_GAP
        touched = [window for window in mine if window[0] <= end and start <= window[1]]
        start = min([start, *(window[0] for window in touched)])
        end = max([end, *(window[1] for window in touched)])
        if end - 1 <= watermark:
            late.append(order)
            continue
        merged = Bucket(taken=[order], disordered=end - 1 <= latest)
        for window in touched:
            merged.taken = mine.pop(window).taken + merged.taken
        mine[start, end] = merged
    for customer, mine in opened.items():
        group |= {(*window, customer): bucket for window, bucket in mine.items()}
    for order in late:
        for (start, end, customer), bucket in group.items():
            if customer == order.row["customer"] and start <= order.time < end:
                bucket.dropped.append(order)
    return group


def fired(group: Group, watermark: int) -> Group:
    """Return the windows whose last millisecond the watermark has reached."""
    return {
        window: bucket for window, bucket in group.items() if window[1] - 1 <= watermark
    }


def revenue_rows(group: Group) -> list[ExpectedRow]:
    """Return the rows of ``revenue_per_minute``."""
    return [
        ExpectedRow(
            values={
                "window_start": as_text(start),
                "window_end": as_text(end),
                "status": status,
                "orders": len(bucket.taken),
                "revenue": str(bucket.total),
            },
            aspects=bucket.aspects,
            events=bucket.events,
        )
        for (start, end, status), bucket in sorted_windows(group)
    ]


def average_rows(group: Group) -> list[ExpectedRow]:
    """Return the rows of ``channel_averages``; the average is rounded half up."""
    return [
        ExpectedRow(
            values={
                "window_start": as_text(start),
                "window_end": as_text(end),
                "channel": channel,
                "orders": len(bucket.taken),
                "average_amount": str(
                    (bucket.total / len(bucket.taken)).quantize(
                        Decimal("0.01"), ROUND_HALF_UP
                    )
                ),
            },
            aspects=bucket.aspects,
            events=bucket.events,
        )
        for (start, end, channel), bucket in sorted_windows(group)
    ]


def session_rows(group: Group) -> list[ExpectedRow]:
    """Return the rows of ``customer_sessions``."""
    return [
        ExpectedRow(
            values={
                "customer": customer,
                "session_start": as_text(start),
                "session_end": as_text(end),
                "orders": len(bucket.taken),
                "total": str(bucket.total),
            },
            aspects=bucket.aspects,
            events=bucket.events,
        )
        for (start, end, customer), bucket in sorted_windows(group)
    ]


def prices(
    orders: Sequence[Order], versions: dict[str, list[Version]]
) -> list[ExpectedRow]:
    """Return the rows of ``order_prices``: the version valid at the order's time.

    A version counts from its own millisecond on. Late orders are priced like others.
    """
    rows = []
    for order in orders:
        history = versions.get(order.row["sku"], [])
        valid = [version for version in history if version.since <= order.time]
        version = valid[-1] if valid else None
        price = version.price if version else None
        near = any(abs(other.since - order.time) < NEAR_CHANGE for other in history)
        tags = {"no_version": price is None, "near_change": near}
        rows.append(
            ExpectedRow(
                values={
                    "order_id": order.row["id"],
                    "sku": order.row["sku"],
                    "quantity": order.row["quantity"],
                    "unit_price": None if price is None else str(price),
                    "cost": None
                    if price is None
                    else str(price * order.row["quantity"]),
                },
                aspects=tuple(name for name, holds in tags.items() if holds),
                events=(order.event, *([version.event] if version else [])),
            )
        )
    return rows


def sorted_windows(
    group: Group,
) -> list[tuple[tuple[int, int, str], Bucket]]:
    """Return the windows that took an order; an empty window makes no row."""
    return [item for item in sorted(group.items(), key=_place) if item[1].taken]


def as_text(millis: int) -> str:
    """Return a moment as Flink's JSON format writes a TIMESTAMP(3)."""
    moment = datetime.fromtimestamp(millis // 1000, tz=UTC)
    return f"{moment:%Y-%m-%d %H:%M:%S}.{millis % 1000:03}"


def _place(item: tuple[tuple[int, int, str], Bucket]) -> tuple[int, int, str]:
    return item[0]
