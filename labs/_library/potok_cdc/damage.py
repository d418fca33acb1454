"""Messages that are no envelopes: what a home-made forwarder does to Debezium's.

Debezium itself writes none of these.
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from lab_protocol.messages import Event
from potok_cdc.envelope import to_json


def is_change_of_a_row(event: Event) -> bool:
    """Say whether ``event`` has a new row: neither a delete nor a tombstone.

    Its value must be wrapped in a schema; what is not JSON has no row.
    """
    if event.value is None:
        return False
    try:
        message = json.loads(event.value)
    except ValueError:
        return False
    return bool(message.get("payload", {}).get("after"))


def with_texts(event: Event, fields: dict[str, str]) -> Event:
    """Return a wrapped ``event`` with ``fields`` of its new row replaced by text."""
    message = json.loads(event.value or b"null")
    message["payload"]["after"] |= fields
    return replace(event, value=to_json(message))


def broken_messages(random: Random, events: Sequence[Event]) -> list[Event]:
    """Return six messages without a key that no reader can take for an envelope.

    Three are of ``events``, which must hold three changes of rows: without its
    beginning, without its end, and with the wrong quotes. Three were never events: a
    text, JSON of somebody else, and an empty object.
    """
    whole = [event for event in events if is_change_of_a_row(event)]
    cut = random.sample(whole, 3)
    values = [
        (cut[0].value or b"")[random.randrange(20, 60) :],
        (cut[1].value or b"")[: random.randrange(40, 200)],
        (cut[2].value or b"").replace(b'"', b"'"),
        b"503 Service Unavailable",
        to_json({"heartbeat": f"{random.randrange(24):02}:{random.randrange(60):02}"}),
        b"{}",
    ]
    random.shuffle(values)
    topic = whole[0].topic
    return [Event(topic=topic, key=None, value=value) for value in values]
