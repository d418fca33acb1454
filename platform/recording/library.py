"""What the library writes for the recording's workload."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from random import Random

from lab_protocol.messages import Event
from potok_cdc.capture import Capture
from potok_cdc.envelope import Connector, seen_again
from potok_cdc.headers import Headers
from potok_cdc.tables import DecimalMode, Table, TimeMode, micros_of
from recording.records import Record
from recording.settings import MESSAGES_LEFT_OUT, Variant
from recording.workload import REPEATED, SNAPSHOT, STEPS, TABLES

_SECOND = 1_000_000


def connector_of(variant: Variant) -> Connector:
    """Return the library's settings for a connector that is recorded."""
    return Connector(
        prefix=variant.name,
        database="shop",
        schemas=variant.schemas,
        key_schemas=variant.key_schemas,
        decimals=DecimalMode(variant.decimals),
        times=TimeMode(variant.times),
        transactions=variant.transactions,
        messages_left_out=MESSAGES_LEFT_OUT if variant.transactions else (),
    )


def library_records(variant: Variant) -> list[Record]:
    """Return the library's records for one connector, in the order of the log.

    One second lies between two steps.

    ``timestamp``, which Kafka's producer sets, is 0.
    """
    connector = connector_of(variant)
    capture = Capture(connector, TABLES, random=Random(1))
    moment = micros_of(datetime(2026, 3, 1, tzinfo=UTC))
    events = capture.snapshot(dict(SNAPSHOT), at_us=moment, seen_us=moment)
    for step in STEPS:
        moment += _SECOND
        if isinstance(step, Table):
            capture.alter(step)
        else:
            events += capture.transaction(step, at_us=moment, seen_us=moment)
    moment += _SECOND
    capture.restart(at_us=moment)
    repeated = capture.transaction(REPEATED, at_us=moment, seen_us=moment)
    capture.restart(at_us=moment + _SECOND)
    again = []
    for number, (event, headers) in enumerate(
        zip(repeated, capture.headers[len(events) :], strict=True)
    ):
        seen_ns = (moment + _SECOND + 70 * number) * 1_000
        again.append(_again(event, connector, seen_ns))
        capture.headers.append(capture.context if headers else ())
    return _records([*events, *repeated, *again], capture.headers)


def _again(event: Event, connector: Connector, seen_ns: int) -> Event:
    table = next((t for t in TABLES if connector.topic_of(t) == event.topic), None)
    if event.value is None or table is None:
        return event
    return replace(
        event, value=seen_again(event.value, connector, table, seen_ns=seen_ns)
    )


def _records(events: list[Event], headers: list[Headers]) -> list[Record]:
    offsets: Counter[str] = Counter()
    records = []
    for event, event_headers in zip(events, headers, strict=True):
        record = Record(
            topic=event.topic,
            partition=event.partition,
            offset=offsets[event.topic],
            timestamp=0,
            headers=event_headers,
            key=event.key,
            value=event.value,
        )
        offsets[event.topic] += 1
        records.append(record)
    return records
