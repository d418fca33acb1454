"""Orders of one table, inserted and updated; every variation that the library has."""

from datetime import timedelta
from decimal import Decimal
from random import Random

from potok_cdc.capture import Capture, Change, Delete, Insert, Update
from potok_cdc.envelope import Connector
from potok_cdc.stream import Stream, StreamBuilder
from potok_cdc.tables import (
    Column,
    ColumnType,
    DecimalMode,
    ReplicaIdentity,
    Table,
    moment_of,
)
from potok_cdc.variations import delayed, resent, spread, whole_windows, with_phantoms

TOPIC = "shop.public.orders"
CLOSING = "closing"
MINUTE = 60_000_000
START = 1_772_442_000_000_000
ORDERS = Table(
    name="orders",
    columns=(
        Column("id", ColumnType.BIGINT),
        Column("status", ColumnType.TEXT),
        Column("amount", ColumnType.NUMERIC, precision=10, scale=2),
        Column("ordered_at", ColumnType.TIMESTAMP, precision=3),
    ),
    primary_key=("id",),
    replica_identity=ReplicaIdentity.FULL,
)
CONNECTOR = Connector("shop", "shop", schemas=False, decimals=DecimalMode.STRING)


def build_stream(seed: int) -> Stream:
    """Return 40 inserts with some updates, and two closing orders."""
    return _render(seed, _changes(seed))


def another_order(seed: int) -> Stream:
    """Changes of different orders exchange their places."""
    changes = _changes(seed)
    places = {id(change): place for place, change in enumerate(changes)}
    moved = delayed(
        changes,
        Random(seed + 1),
        time=lambda change: places[id(change)],
        bound=12,
        key=_order_of,
    )
    return _render(seed, [change for _, change in moved])


def phantoms(seed: int) -> Stream:
    """Five orders are inserted and deleted again."""
    pairs = [
        (
            _insert(9_000 + n, "new", Decimal(n), n * MINUTE),
            Delete("orders", (9_000 + n,)),
        )
        for n in range(5)
    ]
    return _render(seed, with_phantoms(_changes(seed), Random(seed + 2), pairs))


def sent_again(seed: int) -> Stream:
    """The connector restarts and sends up to fifteen events again."""
    stream = build_stream(seed)
    live, closing = stream.stages
    builder = StreamBuilder()
    builder.stage("live", resent(live.events, Random(seed + 3), most=15), settle_ms=50)
    builder.stage("closing", closing.events)
    return builder.build()


def another_time(seed: int) -> Stream:
    """Every order was made some whole minutes earlier or later."""
    return _render(seed, _changes(seed, whole_windows(Random(seed), size=MINUTE)))


def partitioned(seed: int) -> Stream:
    """The topic has three partitions."""
    return spread(build_stream(seed), TOPIC, 3)


VARIATIONS = {
    "another-order": another_order,
    "phantoms": phantoms,
    "sent-again": sent_again,
    "another-time": another_time,
    "partitioned": partitioned,
}


def _changes(seed: int, shift: int = 0) -> list[Change]:
    random = Random(seed)
    changes: list[Change] = []
    for number in range(1, 41):
        amount = Decimal(random.randrange(100, 9_000)) / 100
        at = random.randrange(10 * MINUTE) + shift
        changes.append(_insert(number, "new", amount, at))
        if random.random() < 0.4:
            other = random.randint(1, number)
            changes.append(Update("orders", (other,), {"status": "paid"}))
    return changes


def _insert(number: int, status: str, amount: Decimal, at: int) -> Insert:
    row = {"id": number, "status": status, "amount": amount}
    return Insert("orders", row | {"ordered_at": moment_of(START + at)})


def _order_of(change: Change) -> int:
    return change.row["id"] if isinstance(change, Insert) else change.key[0]


def _render(seed: int, changes: list[Change]) -> Stream:
    capture = Capture(CONNECTOR, [ORDERS], random=Random(seed))
    now = START

    def commit(change: Change):
        nonlocal now
        now += int(timedelta(seconds=1) / timedelta(microseconds=1))
        return capture.transaction([change], at_us=now, seen_us=now + 1_000)

    builder = StreamBuilder()
    live = [event for change in changes for event in commit(change)]
    builder.stage("live", live, settle_ms=50)
    closing = [
        _insert(n, CLOSING, Decimal(1), n * 100 * MINUTE) for n in (9_998, 9_999)
    ]
    builder.stage("closing", [event for row in closing for event in commit(row)])
    return builder.build()
