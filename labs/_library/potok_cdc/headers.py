"""The headers that Debezium gives the records of tables.

A cell's producer writes none: topics of labs are like those of a connector with
``extended.headers.enabled=false``, whose changes of keys also lose their two headers.
The capture keeps what Debezium would write, and the recording compares it.
"""

from typing import Any

from potok_cdc.envelope import Connector, key_payload, to_json
from potok_cdc.tables import Table

Headers = tuple[tuple[str, bytes], ...]
_CONTEXT = "__debezium.context."
RUN_ID = f"{_CONTEXT}runId"


def context_headers(connector: Connector, run_id: str) -> Headers:
    """Return what every record of a table carries: who wrote it, in which run."""
    return (
        (f"{_CONTEXT}connectorLogicalName", connector.prefix.encode()),
        (f"{_CONTEXT}taskId", b"0"),
        (f"{_CONTEXT}connectorName", b"postgresql"),
        (RUN_ID, run_id.encode()),
    )


def new_key(connector: Connector, table: Table, row: dict[str, Any]) -> Headers:
    """Return what a delete and its tombstone say of the key the row goes on with."""
    return (("__debezium.newkey", to_json(key_payload(connector, table, row))),)


def old_key(connector: Connector, table: Table, row: dict[str, Any]) -> Headers:
    """Return what a create says of the key that its row had before."""
    return (("__debezium.oldkey", to_json(key_payload(connector, table, row))),)


def run_id(started_us: int, number: int) -> str:
    """Return the id of a connector's run: a UUID of version 7.

    Its first 48 bits are the milliseconds of the start; the others, random in
    Debezium, hold ``number`` here.
    """
    milliseconds = f"{started_us // 1_000:012x}"
    return f"{milliseconds[:8]}-{milliseconds[8:]}-7000-8000-{number:012x}"
