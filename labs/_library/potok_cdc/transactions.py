"""Records beside the rows' own: transaction topic and logical messages."""

import base64
from collections import Counter
from typing import Any

from lab_protocol.messages import Event
from potok_cdc.envelope import (
    SOURCE_SCHEMA,
    Block,
    Connector,
    LogPosition,
    Operation,
    clocks,
    source,
    to_json,
)
from potok_cdc.tables import Table

_TABLE_COUNT = "event.collection"


class BlockCounter:
    """Counts a transaction's events, for their blocks and for its END.

    Written only with ``provide.transaction.metadata``.
    """

    def __init__(self, connector: Connector, transaction_id: str) -> None:
        self._connector = connector
        self._id = transaction_id
        self._counts: Counter[str] = Counter()

    def next(self, table: Table) -> Block:
        """Count one event of ``table`` and return its place."""
        name = f"{table.schema}.{table.name}"
        self._counts[name] += 1
        return Block(self._id, self._counts.total(), self._counts[name])

    def begin(self, seen_us: int) -> Event:
        """Return the BEGIN of the topic ``<prefix>.transaction``."""
        return self._event("BEGIN", None, None, seen_us)

    def end(self, seen_us: int) -> Event:
        """Return the END, with the number of events in all and by table."""
        tables = [
            {"data_collection": name, "event_count": count}
            for name, count in self._counts.items()
        ]
        return self._event("END", self._counts.total(), tables, seen_us)

    def _event(
        self,
        status: str,
        count: int | None,
        tables: list[dict[str, Any]] | None,
        seen_us: int,
    ) -> Event:
        key: dict[str, Any] = {"id": self._id}
        value: dict[str, Any] = {
            "status": status,
            "id": self._id,
            "event_count": count,
            "data_collections": tables,
            "ts_ms": seen_us // 1_000,
        }
        topic = f"{self._connector.prefix}.transaction"
        return Event(topic=topic, key=to_json(key), value=to_json(value))


def message_event(
    connector: Connector,
    prefix: str,
    content: bytes,
    *,
    position: LogPosition,
    seen_ns: int,
) -> Event:
    """Return what the connector writes of ``pg_logical_emit_message``.

    The topic is ``<prefix of the topics>.message``, the key the message's prefix; the
    content stands in Base64.
    """
    key: dict[str, Any] = {"prefix": prefix}
    value: dict[str, Any] = {
        "op": Operation.MESSAGE.value,
        "ts_ms": clocks(seen_ns)["ts_ms"],
        "source": source(connector, "", "", position),
        "message": {"prefix": prefix, "content": base64.b64encode(content).decode()},
    }
    if connector.schemas:
        value = {"schema": _message_schema(), "payload": value}
    if connector.schemas if connector.key_schemas is None else connector.key_schemas:
        key = {"schema": _message_key_schema(), "payload": key}
    topic = f"{connector.prefix}.message"
    return Event(topic=topic, key=to_json(key), value=to_json(value))


def _message_key_schema() -> dict[str, Any]:
    return {
        "type": "struct",
        "fields": [{"type": "string", "optional": True, "field": "prefix"}],
        "optional": False,
        "name": "io.debezium.connector.postgresql.MessageKey",
        "version": 1,
    }


def _message_schema() -> dict[str, Any]:
    content = [
        {"type": "string", "optional": True, "field": "prefix"},
        {"type": "bytes", "optional": True, "field": "content"},
    ]
    return {
        "type": "struct",
        "fields": [
            {"type": "string", "optional": False, "field": "op"},
            {"type": "int64", "optional": True, "field": "ts_ms"},
            SOURCE_SCHEMA,
            {
                "type": "struct",
                "fields": content,
                "optional": False,
                "name": "io.debezium.connector.postgresql.Message",
                "version": 1,
                "field": "message",
            },
        ],
        "optional": False,
        "name": "io.debezium.connector.postgresql.MessageValue",
        "version": 1,
    }
