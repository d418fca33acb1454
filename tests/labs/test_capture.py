"""The database and its connector: rows, log positions, refusals."""

import json
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from lab_protocol.messages import Event
from potok_cdc.capture import (
    Capture,
    Delete,
    Insert,
    Truncate,
    Update,
    WorkloadError,
)
from potok_cdc.envelope import Connector
from potok_cdc.tables import Column, ColumnType, ReplicaIdentity, Table

ORDERS = Table(
    "orders",
    (
        Column("id", ColumnType.BIGINT),
        Column("status", ColumnType.TEXT),
        Column("note", ColumnType.TEXT, nullable=True),
    ),
    ("id",),
    ReplicaIdentity.FULL,
)
ITEMS = replace(ORDERS, name="items")


def capture(seed: int = 1, *tables: Table) -> Capture:
    connector = Connector("shop", "shop", schemas=False)
    return Capture(connector, tables or [ORDERS], random=Random(seed))


def row(number: int, status: str = "new") -> dict[str, Any]:
    return {"id": number, "status": status}


def payloads(events: list[Event]) -> list[dict[str, Any]]:
    return [json.loads(event.value) for event in events if event.value is not None]


def test_snapshot_markers_over_two_tables():
    both = capture(1, ORDERS, ITEMS)
    events = both.snapshot(
        {"orders": [row(1), row(2), row(3)], "items": [row(1), row(2), row(3)]},
        at_us=1_000,
        seen_us=5_000,
    )
    found = [event["source"]["snapshot"] for event in payloads(events)]
    assert found == [
        "first",
        "true",
        "last_in_data_collection",
        "first_in_data_collection",
        "true",
        "last",
    ]
    assert {event["source"]["ts_us"] for event in payloads(events)} == {1_000}
    assert len({event["source"]["lsn"] for event in payloads(events)}) == 1
    assert [event["op"] for event in payloads(events)] == ["r"] * 6


def test_a_table_of_one_row_is_first_and_last():
    events = capture().snapshot({"orders": [row(1)]}, at_us=1, seen_us=2)
    assert payloads(events)[0]["source"]["snapshot"] == "last"


def test_before_is_what_the_database_held():
    shop = capture()
    shop.snapshot({"orders": [row(1)]}, at_us=1, seen_us=2)
    first = shop.transaction(
        [Update("orders", (1,), {"status": "paid"})], at_us=10, seen_us=11
    )
    second = shop.transaction(
        [Update("orders", (1,), {"note": "x"})], at_us=20, seen_us=21
    )
    assert payloads(first)[0]["after"] == payloads(second)[0]["before"]
    assert payloads(second)[0]["after"] == {"id": 1, "status": "paid", "note": "x"}


def test_a_delete_is_followed_by_its_tombstone():
    shop = capture()
    shop.snapshot({"orders": [row(1)]}, at_us=1, seen_us=2)
    event, tombstone = shop.transaction([Delete("orders", (1,))], at_us=9, seen_us=9)
    assert payloads([event])[0]["op"] == "d"
    assert tombstone == Event(topic="shop.public.orders", key=event.key, value=None)
    assert shop.rows("orders") == []


def test_a_change_of_the_key_is_a_delete_and_a_create_at_one_position():
    shop = capture(1, replace(ORDERS, replica_identity=ReplicaIdentity.DEFAULT))
    shop.snapshot({"orders": [row(1)]}, at_us=1, seen_us=2)
    delete, tombstone, create = shop.transaction(
        [Update("orders", (1,), {"id": 9})], at_us=5, seen_us=6
    )
    assert (delete.key, tombstone.key, create.key) == (
        b'{"id":1}',
        b'{"id":1}',
        b'{"id":9}',
    )
    assert tombstone.value is None
    gone, made = payloads([delete, create])
    assert (gone["op"], gone["after"]) == ("d", None)
    assert gone["before"] == {"id": 1, "status": "", "note": None}
    assert (made["op"], made["before"]) == ("c", None)
    assert made["after"] == {"id": 9, "status": "new", "note": None}
    assert gone["source"] == made["source"]
    assert shop.rows("orders") == [{"id": 9, "status": "new", "note": None}]


def test_a_truncate_is_one_event_without_key_and_rows():
    shop = capture()
    shop.snapshot({"orders": [row(1), row(2)]}, at_us=1, seen_us=2)
    [event] = shop.transaction([Truncate("orders")], at_us=5, seen_us=6)
    assert event.key is None
    [payload] = payloads([event])
    assert (payload["op"], payload["before"], payload["after"]) == ("t", None, None)
    assert shop.rows("orders") == []


def test_a_restarted_connector_goes_on_with_other_settings():
    shop = capture()
    first = shop.transaction([Insert("orders", row(1))], at_us=5, seen_us=6)
    settings = replace(shop.connector, schemas=True, key_schemas=False)
    shop.reconfigure(settings)
    second = shop.transaction([Insert("orders", row(2))], at_us=7, seen_us=8)
    assert (
        payloads(second)[0]["payload"]["source"]["lsn"]
        > (payloads(first)[0]["source"]["lsn"])
    )
    assert second[0].key == b'{"id":2}'


def test_positions_only_grow_and_a_transaction_shares_its_number():
    shop = capture()
    first = shop.transaction(
        [Insert("orders", row(1)), Insert("orders", row(2))], at_us=10, seen_us=11
    )
    second = shop.transaction([Insert("orders", row(3))], at_us=12, seen_us=13)
    one, two, three = (event["source"] for event in payloads([*first, *second]))
    assert one["lsn"] < two["lsn"] < three["lsn"]
    assert one["txId"] == two["txId"] < three["txId"]
    assert json.loads(one["sequence"])[0] == json.loads(two["sequence"])[0]
    assert json.loads(one["sequence"]) == [None, str(one["lsn"])]
    assert json.loads(three["sequence"]) == [str(three["lsn"])] * 2


def test_a_new_column_is_null_in_old_rows():
    shop = capture()
    shop.snapshot({"orders": [row(1)]}, at_us=1, seen_us=2)
    channel = Column("channel", ColumnType.TEXT, nullable=True)
    shop.alter(replace(ORDERS, columns=(*ORDERS.columns, channel)))
    events = shop.transaction(
        [Update("orders", (1,), {"channel": "web"})], at_us=5, seen_us=6
    )
    assert payloads(events)[0]["before"]["channel"] is None
    assert payloads(events)[0]["after"]["channel"] == "web"


@pytest.mark.parametrize(
    "change",
    [
        Insert("orders", row(1)),
        Insert("orders", {"id": 2}),
        Insert("orders", row(2) | {"unknown": 1}),
        Update("orders", (5,), {"status": "paid"}),
        Update("orders", (1,), {"id": 3}),
        Delete("orders", (5,)),
    ],
)
def test_what_a_database_refuses(change):
    shop = capture()
    shop.snapshot({"orders": [row(1), row(3)]}, at_us=1, seen_us=2)
    with pytest.raises(WorkloadError):
        shop.transaction([change], at_us=5, seen_us=6)


def test_the_connector_cannot_be_ahead_of_the_database():
    with pytest.raises(WorkloadError, match="before it happens"):
        capture().transaction([Insert("orders", row(1))], at_us=5, seen_us=4)


def test_the_same_seed_gives_the_same_bytes():
    def events(seed: int) -> list[Event]:
        shop = capture(seed)
        return shop.transaction([Insert("orders", row(1))], at_us=5, seen_us=6)

    assert events(4) == events(4)
    assert events(4) != events(5)
