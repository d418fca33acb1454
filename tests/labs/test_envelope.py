"""Keys and values as bytes: fields, order, schema part, replica identity."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from potok_cdc.envelope import (
    Connector,
    LogPosition,
    Operation,
    envelope_schema,
    event_key,
    event_value,
    seen_again,
)
from potok_cdc.tables import (
    Column,
    ColumnType,
    DecimalMode,
    ReplicaIdentity,
    Table,
    moment_of,
)

FLAT = Connector("shop", "shopdb", schemas=False, decimals=DecimalMode.STRING)
WRAPPED = replace(FLAT, schemas=True)
TABLE = Table(
    "orders",
    (
        Column("id", ColumnType.BIGINT),
        Column("status", ColumnType.TEXT),
        Column("amount", ColumnType.NUMERIC, precision=10, scale=2),
        Column("paid", ColumnType.BOOLEAN),
        Column("at", ColumnType.TIMESTAMPTZ),
        Column("note", ColumnType.TEXT, nullable=True),
    ),
    ("id",),
)
FULL = replace(TABLE, replica_identity=ReplicaIdentity.FULL)
OLD = {
    "id": 7,
    "status": "new",
    "amount": Decimal(5),
    "paid": True,
    "at": moment_of(0),
    "note": "x",
}
NEW = OLD | {"status": "paid"}
POSITION = LogPosition(
    at_us=1_772_442_005_123_456, lsn=900, tx_id=31, last_commit_lsn=880
)


def value(connector: Connector, table: Table, **changes: Any) -> dict[str, Any]:
    arguments = {
        "operation": Operation.UPDATE,
        "before": OLD,
        "after": NEW,
        "position": POSITION,
        "seen_ns": 1_772_442_006_000_111_222,
    }
    data = event_value(connector, table, **(arguments | changes))
    return json.loads(data)


def test_fields_of_an_envelope_and_their_order():
    envelope = value(FLAT, FULL)
    assert list(envelope) == [
        "before",
        "after",
        "source",
        "transaction",
        "op",
        "ts_ms",
        "ts_us",
        "ts_ns",
    ]
    assert envelope["op"] == "u"
    assert envelope["transaction"] is None
    assert envelope["ts_ms"] == 1_772_442_006_000
    assert envelope["ts_us"] == 1_772_442_006_000_111
    assert envelope["ts_ns"] == 1_772_442_006_000_111_222


def test_fields_of_the_source_block_and_their_order():
    source = value(FLAT, FULL)["source"]
    assert list(source.items()) == [
        ("version", "3.4.0.Final"),
        ("connector", "postgresql"),
        ("name", "shop"),
        ("ts_ms", 1_772_442_005_123),
        ("snapshot", "false"),
        ("db", "shopdb"),
        ("sequence", '["880","900"]'),
        ("ts_us", 1_772_442_005_123_456),
        ("ts_ns", 1_772_442_005_123_456_000),
        ("schema", "public"),
        ("table", "orders"),
        ("txId", 31),
        ("lsn", 900),
        ("xmin", None),
    ]


def test_a_snapshot_has_no_commit_before_it():
    position = LogPosition(at_us=1, lsn=900, tx_id=31, snapshot="first")
    source = value(FLAT, FULL, position=position)["source"]
    assert source["sequence"] == '[null,"900"]'
    assert source["snapshot"] == "first"


def test_full_identity_keeps_the_old_row():
    assert value(FLAT, FULL)["before"] == {
        "id": 7,
        "status": "new",
        "amount": "5.00",
        "paid": True,
        "at": "1970-01-01T00:00:00.000000Z",
        "note": "x",
    }


def test_default_identity_has_nothing_before_an_update():
    assert value(FLAT, TABLE)["before"] is None


def test_default_identity_has_the_key_and_neutral_values_before_a_delete():
    envelope = value(FLAT, TABLE, operation=Operation.DELETE, after=None)
    assert envelope["after"] is None
    assert envelope["before"] == {
        "id": 7,
        "status": "",
        "amount": "0.00",
        "paid": False,
        "at": "1970-01-01T00:00:00Z",
        "note": None,
    }


def test_a_key_holds_the_primary_key_only():
    assert event_key(FLAT, TABLE, NEW) == b'{"id":7}'
    assert json.loads(event_key(WRAPPED, TABLE, NEW)) == {
        "schema": {
            "type": "struct",
            "fields": [{"type": "int64", "optional": False, "field": "id"}],
            "optional": False,
            "name": "shop.public.orders.Key",
        },
        "payload": {"id": 7},
    }


def test_the_schema_part_describes_the_payload():
    message = value(WRAPPED, FULL)
    schema = message["schema"]
    assert list(message) == ["schema", "payload"]
    assert message["payload"] == value(FLAT, FULL)
    assert schema["name"] == "shop.public.orders.Envelope"
    assert schema["version"] == 2
    assert_describes(schema, message["payload"])
    before, after, source = schema["fields"][:3]
    assert before["name"] == after["name"] == "shop.public.orders.Value"
    assert source["name"] == "io.debezium.connector.postgresql.Source"


def assert_describes(schema: dict[str, Any], payload: dict[str, Any]) -> None:
    """Names and order agree at every level, and only optional fields are null."""
    assert [field["field"] for field in schema["fields"]] == list(payload)
    for field in schema["fields"]:
        inner = payload[field["field"]]
        if inner is None:
            assert field["optional"], field["field"]
        elif field["type"] == "struct":
            assert_describes(field, inner)
        else:
            kinds = {"int64": int, "string": str, "boolean": bool}
            assert type(inner) is kinds[field["type"]], field["field"]


@pytest.mark.parametrize("connector", [FLAT, WRAPPED])
def test_json_is_compact_and_keeps_letters(connector):
    data = event_value(
        connector,
        FULL,
        operation=Operation.CREATE,
        before=None,
        after=NEW | {"note": "поток"},
        position=POSITION,
        seen_ns=1,
    )
    assert "поток".encode() in data
    assert b": " not in data
    assert b", " not in data


def test_a_key_may_have_no_schema_where_the_value_has_one():
    connector = replace(WRAPPED, key_schemas=False)
    assert event_key(connector, TABLE, NEW) == b'{"id":7}'
    assert "schema" in value(connector, TABLE)


def test_an_event_that_is_seen_again_has_new_clocks_and_the_same_source():
    first = value(FLAT, FULL)
    arguments = (WRAPPED, FULL)
    again = json.loads(
        seen_again(
            json.dumps(first).encode(), *arguments, seen_ns=1_772_442_009_500_222_333
        )
    )
    assert again["schema"] == envelope_schema(*arguments)
    clocks = {"ts_ms": 1_772_442_009_500, "ts_us": 1_772_442_009_500_222}
    assert again["payload"] == (first | clocks | {"ts_ns": 1_772_442_009_500_222_333})
    assert list(again["payload"]) == list(first)
    bare = seen_again(json.dumps(again).encode(), FLAT, FULL, seen_ns=5)
    assert json.loads(bare)["source"] == first["source"]
