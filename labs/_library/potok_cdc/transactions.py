"""Records beside the rows' own: transaction topic and logical messages."""

import base64
from collections import Counter
from typing import Any

from lab_protocol.messages import Event
from potok_cdc.envelope import (
    SOURCE_SCHEMA,
    TRANSACTION_SCHEMA,
    Block,
    Connector,
    LogPosition,
    Operation,
    clocks,
    source,
    to_json,
)
from potok_cdc.tables import Table


class BlockCounter:
    """Counts a transaction's events, for their blocks and for its END.

    Written only with ``provide.transaction.metadata``. An id is the transaction's
    number and a place in the log: BEGIN and an event say their own, END where the
    commit ends, so that the part before the colon is what they share. Both records
    carry the time of the commit.
    """

    def __init__(self, connector: Connector, *, tx_id: int, at_us: int) -> None:
        self._connector = connector
        self._tx_id = tx_id
        self._at_us = at_us
        self._counts: Counter[str] = Counter()

    def next(self, table: Table, *, lsn: int) -> Block:
        """Count one event of ``table`` and return its place."""
        name = f"{table.schema}.{table.name}"
        self._counts[name] += 1
        return Block(self._id(lsn), self._counts.total(), self._counts[name])

    def begin(self, *, lsn: int) -> Event:
        """Return the BEGIN of the topic ``<prefix>.transaction``."""
        return self._event("BEGIN", lsn, None, None)

    def end(self, *, lsn: int) -> Event:
        """Return the END, with the number of events in all and by table."""
        tables = [
            {"data_collection": name, "event_count": count}
            for name, count in self._counts.items()
        ]
        return self._event("END", lsn, self._counts.total(), tables)

    def _id(self, lsn: int) -> str:
        return f"{self._tx_id}:{lsn}"

    def _event(
        self,
        status: str,
        lsn: int,
        count: int | None,
        tables: list[dict[str, Any]] | None,
    ) -> Event:
        key: dict[str, Any] = {"id": self._id(lsn)}
        value: dict[str, Any] = {
            "status": status,
            "id": self._id(lsn),
            "event_count": count,
            "data_collections": tables,
            "ts_ms": self._at_us // 1_000,
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
        "transaction": None,
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
            TRANSACTION_SCHEMA,
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
