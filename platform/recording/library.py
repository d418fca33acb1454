"""What the library writes for the recording's workload."""

from datetime import UTC, datetime
from random import Random

from lab_protocol.messages import Event
from potok_cdc.capture import Capture
from potok_cdc.envelope import Connector, seen_again
from potok_cdc.tables import DecimalMode, TimeMode, micros_of
from recording.settings import Variant
from recording.workload import REPEATED, SNAPSHOT, TABLES, TRANSACTIONS


def library_events(variant: Variant) -> list[Event]:
    """Return the library's events for one connector, in the order of the log."""
    connector = Connector(
        prefix=variant.name,
        database="shop",
        schemas=variant.schemas,
        decimals=DecimalMode(variant.decimals),
        times=TimeMode(variant.times),
        transactions=variant.transactions,
    )
    capture = Capture(connector, TABLES, random=Random(1))
    moment = micros_of(datetime(2026, 3, 1, tzinfo=UTC))
    rows = dict(SNAPSHOT)
    events = capture.snapshot(rows, at_us=moment, seen_us=moment)
    for changes in TRANSACTIONS:
        events += capture.transaction(changes, at_us=moment, seen_us=moment)
    repeated = capture.transaction(REPEATED, at_us=moment, seen_us=moment)
    return [*events, *repeated, *(_again(event, connector) for event in repeated)]


def _again(event: Event, connector: Connector) -> Event:
    table = next((t for t in TABLES if connector.topic_of(t) == event.topic), None)
    if event.value is None or table is None:
        return event
    value = seen_again(event.value, connector, table, seen_ns=0)
    return Event(topic=event.topic, key=event.key, value=value)
