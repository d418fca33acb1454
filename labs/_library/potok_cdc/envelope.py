"""The bytes of one Debezium change event: its key and its value.

Field names, their order and the schema part follow Debezium's Postgres connector
3.4 behind Kafka's JsonConverter, which writes compact JSON without sorting keys.
"""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from potok_cdc.tables import (
    BARE_NUMBER,
    UNAVAILABLE,
    DecimalMode,
    ReplicaIdentity,
    Table,
    TimeMode,
    java_double,
)

CONNECTOR_VERSION = "3.4.0.Final"
SNAPSHOT_MARKERS = (
    "true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"
)


class Operation(StrEnum):
    """The ``op`` of an event: of a row, or of a whole table that was truncated."""

    READ = "r"
    CREATE = "c"
    UPDATE = "u"
    DELETE = "d"
    TRUNCATE = "t"
    MESSAGE = "m"


@dataclass(frozen=True, slots=True)
class Connector:
    """Settings of the connector and its converter.

    ``prefix`` is ``topic.prefix``; ``schemas`` is ``schemas.enable`` of the value's
    converter and, unless ``key_schemas`` says otherwise, of the key's; ``times`` is
    ``time.precision.mode``, ``transactions`` is ``provide.transaction.metadata``,
    ``messages_left_out`` are prefixes in ``message.prefix.exclude.list``.
    """

    prefix: str
    database: str
    schemas: bool = True
    decimals: DecimalMode = DecimalMode.PRECISE
    key_schemas: bool | None = None
    times: TimeMode = TimeMode.ADAPTIVE
    transactions: bool = False
    messages_left_out: tuple[str, ...] = ()

    def topic_of(self, table: Table) -> str:
        """Return the topic of ``table``: prefix, schema and table name."""
        return f"{self.prefix}.{table.schema}.{table.name}"


@dataclass(frozen=True, slots=True)
class LogPosition:
    """Where an event stands in the database's log.

    ``at_us`` is the commit time (of a snapshot: when it was taken) in microseconds
    since the epoch; ``last_commit_lsn`` is where the commit before it ended, None in
    a snapshot and until the first commit after it; ``tx_id`` is None outside of
    transactions.
    """

    at_us: int
    lsn: int
    tx_id: int | None
    last_commit_lsn: int | None = None
    snapshot: str = "false"


@dataclass(frozen=True, slots=True)
class Block:
    """An event's place in its transaction: in all of it and among its table's."""

    id: str
    total_order: int
    data_collection_order: int


def event_key(connector: Connector, table: Table, row: dict[str, Any]) -> bytes:
    """Return the key of an event of ``row``: its primary key."""
    columns = [table.column(name) for name in table.primary_key]
    payload = key_payload(connector, table, row)
    has_schema = connector.schemas
    if connector.key_schemas is not None:
        has_schema = connector.key_schemas
    if not has_schema:
        return to_json(payload)
    schema = {
        "type": "struct",
        "fields": [
            column.schema(connector.decimals, connector.times) for column in columns
        ],
        "optional": False,
        "name": f"{connector.topic_of(table)}.Key",
    }
    return to_json({"schema": schema, "payload": payload})


def key_payload(
    connector: Connector, table: Table, row: dict[str, Any]
) -> dict[str, Any]:
    """Return the primary key of ``row`` as it is encoded, without a schema."""
    return {
        name: table.column(name).encode(row[name], connector.decimals, connector.times)
        for name in table.primary_key
    }


def event_value(
    connector: Connector,
    table: Table,
    *,
    operation: Operation,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
    position: LogPosition,
    seen_ns: int,
    block: Block | None = None,
) -> bytes:
    """Return the value of an event.

    ``before`` and ``after`` are whole rows as the database holds them; what the
    replica identity keeps of ``before`` is decided here. ``seen_ns`` is when the
    connector handled the event, in nanoseconds since the epoch.
    """
    payload = {
        "before": _old_row(connector, table, operation, before),
        "after": _new_row(connector, table, operation, before, after),
        "source": source(connector, table.schema, table.name, position),
        "transaction": None if block is None else asdict(block),
        "op": operation.value,
    } | clocks(seen_ns)
    if not connector.schemas:
        return to_json(payload)
    return to_json({"schema": envelope_schema(connector, table), "payload": payload})


def seen_again(
    value: bytes, connector: Connector, table: Table, *, seen_ns: int
) -> bytes:
    """Return the value of an event that the connector reads from the log once more.

    After a restart it writes the same change with the clocks of the new reading, and
    with or without a schema, as ``connector`` is set now.
    """
    message = json.loads(value, parse_float=lambda text: java_double(float(text)))
    payload = message.get("payload", message) | clocks(seen_ns)
    if not connector.schemas:
        return to_json(payload)
    return to_json({"schema": envelope_schema(connector, table), "payload": payload})


def envelope_schema(connector: Connector, table: Table) -> dict[str, Any]:
    """Return the ``schema`` part of every value of ``table``."""
    topic = connector.topic_of(table)
    fields = [
        column.schema(connector.decimals, connector.times) for column in table.columns
    ]
    row = {"type": "struct", "fields": fields, "optional": True}
    row_name = {"name": f"{topic}.Value"}
    return {
        "type": "struct",
        "fields": [
            row | row_name | {"field": "before"},
            row | row_name | {"field": "after"},
            SOURCE_SCHEMA,
            TRANSACTION_SCHEMA,
            _field("string", "op"),
            _field("int64", "ts_ms", optional=True),
            _field("int64", "ts_us", optional=True),
            _field("int64", "ts_ns", optional=True),
        ],
        "optional": False,
        "name": f"{topic}.Envelope",
        "version": 2,
    }


def to_json(data: Any) -> bytes:
    """Return compact UTF-8 JSON, keys in the order they have."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return BARE_NUMBER.sub(r"\1", text).encode()


def clocks(seen_ns: int) -> dict[str, int]:
    """Return the three clocks of an event, in their order."""
    return {
        "ts_ms": seen_ns // 1_000_000,
        "ts_us": seen_ns // 1_000,
        "ts_ns": seen_ns,
    }


def _row(connector: Connector, table: Table, row: dict[str, Any]) -> dict[str, Any]:
    return {
        column.name: column.encode(
            row[column.name], connector.decimals, connector.times
        )
        for column in table.columns
    }


def _new_row(
    connector: Connector,
    table: Table,
    operation: Operation,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> dict[str, Any] | None:
    """Return ``after``, with the placeholder where an update left a toasted value.

    With REPLICA IDENTITY FULL the old row has the value, and the connector takes it.
    """
    if after is None:
        return None
    row = _row(connector, table, after)
    if (
        operation is Operation.UPDATE
        and before is not None
        and table.replica_identity is ReplicaIdentity.DEFAULT
    ):
        for column in table.columns:
            value = after[column.name]
            if column.toasted and value is not None and value == before[column.name]:
                row[column.name] = UNAVAILABLE
    return row


def _old_row(
    connector: Connector,
    table: Table,
    operation: Operation,
    before: dict[str, Any] | None,
) -> dict[str, Any] | None:
    if before is None:
        return None
    if table.replica_identity is ReplicaIdentity.FULL:
        return _row(connector, table, before)
    if operation is Operation.UPDATE:
        # Postgres logs the old key only when the update changes it, and the connector
        # turns that into a delete and a create; a plain update carries nothing.
        return None
    return {
        column.name: column.encode(
            before[column.name], connector.decimals, connector.times
        )
        if column.name in table.primary_key
        else column.neutral(connector.decimals, connector.times)
        for column in table.columns
    }


def source(
    connector: Connector, schema: str, table: str, position: LogPosition
) -> dict[str, Any]:
    """Return the ``source`` block."""
    last_commit = position.last_commit_lsn
    return {
        "version": CONNECTOR_VERSION,
        "connector": "postgresql",
        "name": connector.prefix,
        "ts_ms": position.at_us // 1_000,
        "snapshot": position.snapshot,
        "db": connector.database,
        "sequence": to_json(
            [None if last_commit is None else str(last_commit), str(position.lsn)]
        ).decode(),
        "ts_us": position.at_us,
        "ts_ns": position.at_us * 1_000,
        "schema": schema,
        "table": table,
        "txId": position.tx_id,
        "lsn": position.lsn,
        "xmin": None,
    }


def _field(kind: str, name: str, *, optional: bool = False) -> dict[str, Any]:
    return {"type": kind, "optional": optional, "field": name}


SOURCE_SCHEMA = {
    "type": "struct",
    "fields": [
        _field("string", "version"),
        _field("string", "connector"),
        _field("string", "name"),
        _field("int64", "ts_ms"),
        {
            "type": "string",
            "optional": True,
            "name": "io.debezium.data.Enum",
            "version": 1,
            "parameters": {"allowed": SNAPSHOT_MARKERS},
            "default": "false",
            "field": "snapshot",
        },
        _field("string", "db"),
        _field("string", "sequence", optional=True),
        _field("int64", "ts_us", optional=True),
        _field("int64", "ts_ns", optional=True),
        _field("string", "schema"),
        _field("string", "table"),
        _field("int64", "txId", optional=True),
        _field("int64", "lsn", optional=True),
        _field("int64", "xmin", optional=True),
    ],
    "optional": False,
    "name": "io.debezium.connector.postgresql.Source",
    "version": 1,
    "field": "source",
}

TRANSACTION_SCHEMA = {
    "type": "struct",
    "fields": [
        _field("string", "id"),
        _field("int64", "total_order"),
        _field("int64", "data_collection_order"),
    ],
    "optional": True,
    "name": "event.block",
    "version": 1,
    "field": "transaction",
}
