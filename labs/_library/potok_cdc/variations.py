"""The same workload in another form: what a right answer must not notice.

A lab names its variations in ``VARIATIONS`` of stream.py, each a function of the seed
that makes the varied stream; these functions are their parts. All but ``resent`` and
``spread`` work on what happens in the database, before an event is written, so that
log positions and clocks of the events are those of the varied history.
"""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from random import Random

from lab_protocol.messages import Event, Stage
from potok_cdc.capture import Change, Delete, Insert
from potok_cdc.stream import Stream

_MASK = 0xFFFFFFFF


def delayed[T](
    items: Sequence[T],
    random: Random,
    *,
    time: Callable[[T], int],
    bound: int,
    key: Callable[[T], Hashable] = id,
) -> list[tuple[int, T]]:
    """Return (arrival, item) by arrival: each within ``bound`` after its own time.

    When an item of time t arrives, no item later than t + ``bound`` has arrived, so a
    watermark that trails by ``bound`` has not passed t. Items of one key come in the
    order of their times.
    """
    arrivals: dict[Hashable, list[int]] = {}
    for item in items:
        arrivals.setdefault(key(item), []).append(time(item) + random.randrange(bound))
    for moments in arrivals.values():
        # The smallest arrival of a key stays within the bound of its smallest time, the
        # next of the next, and so on.
        moments.sort(reverse=True)
    placed = [
        (arrivals[key(item)].pop(), number, item)
        for number, item in enumerate(sorted(items, key=time))
    ]
    placed.sort(key=lambda entry: entry[:2])
    return [(arrival, item) for arrival, _, item in placed]


def with_phantoms(
    changes: Sequence[Change],
    random: Random,
    phantoms: Sequence[tuple[Insert, Delete]],
) -> list[Change]:
    """Return ``changes`` with rows between them that are inserted and deleted again."""
    result = list(changes)
    for insert, delete in phantoms:
        first = random.randrange(len(result) + 1)
        result.insert(first, insert)
        result.insert(random.randrange(first + 1, len(result) + 1), delete)
    return result


def resent(events: Sequence[Event], random: Random, *, most: int) -> list[Event]:
    """Return ``events`` of one connector as they come when it restarts in between.

    Up to ``most`` of the events before the restart come once more, in their order:
    what Debezium had sent and not yet noted as sent.
    """
    if len(events) < 2:
        raise ValueError("there is nothing to send again")
    end = random.randrange(1, len(events))
    begin = max(0, end - random.randint(1, most))
    return [*events[:end], *events[begin:end], *events[end:]]


def whole_windows(random: Random, *, size: int, most: int = 5) -> int:
    """Return a shift in time, in the unit of ``size``: some windows on or back."""
    return size * random.choice([n for n in range(-most, most + 1) if n])


def spread(stream: Stream, topic: str, partitions: int) -> Stream:
    """Return the stream with ``topic`` in several partitions, as a producer would.

    Kafka's producer takes murmur2 of the key, so the events of one key stay together
    and in order; events without a key go to partition 0.
    """
    return replace(
        stream,
        stages=tuple(
            _spread_stage(stage, topic, partitions) for stage in stream.stages
        ),
        partitions={**stream.partitions, topic: partitions},
    )


def partition_of(key: bytes, partitions: int) -> int:
    """Return the partition that Kafka's default partitioner gives ``key``."""
    return (murmur2(key) & 0x7FFFFFFF) % partitions


def murmur2(data: bytes) -> int:
    """Return the 32-bit hash of org.apache.kafka.common.utils.Utils.murmur2."""
    factor = 0x5BD1E995
    length = len(data)
    value = (0x9747B28C ^ length) & _MASK
    whole = length - length % 4
    for start in range(0, whole, 4):
        part = int.from_bytes(data[start : start + 4], "little") * factor & _MASK
        part = (part ^ part >> 24) * factor & _MASK
        value = value * factor & _MASK ^ part
    if rest := data[whole:]:
        value = (value ^ int.from_bytes(rest, "little")) * factor & _MASK
    value = (value ^ value >> 13) * factor & _MASK
    return value ^ value >> 15


def _spread_stage(stage: Stage, topic: str, partitions: int) -> Stage:
    return replace(
        stage,
        events=tuple(
            replace(event, partition=partition_of(event.key, partitions))
            if event.topic == topic and event.key is not None
            else event
            for event in stage.events
        ),
    )
