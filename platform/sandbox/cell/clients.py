"""The agent's own clients of the broker, connected before a run needs them.

Each run gets new ones: a client would remember topics that were deleted since. To
connect takes some 20 ms and to find a partition's end 5 ms over a connection that
stands, 90 ms over a new one.
"""

from collections.abc import Iterable
from typing import Any

from confluent_kafka import Consumer, IsolationLevel, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from sandbox.cell.faults import CellFault

_CALL_SECONDS = 15


class Clients:
    """What the agent writes a run's stream with, and reads its outputs with."""

    def __init__(self, entrance: dict[str, Any]) -> None:
        """Connect with the settings in ``entrance``; CellFault when that fails."""
        self.producer = Producer(
            {
                **entrance,
                "linger.ms": 0,
                # An idempotent producer asks for an id first and, when it asks before
                # the connection stands, again after 500 ms. One request in flight keeps
                # the order, and a record is given up before its request is repeated.
                "max.in.flight.requests.per.connection": 1,
                "queue.buffering.max.messages": 200_000,
                "message.timeout.ms": 15_000,
            }
        )
        self.consumer = Consumer(
            {
                **entrance,
                "group.id": "agent",
                "enable.auto.commit": False,
                "enable.partition.eof": True,
                "isolation.level": "read_committed",
                "fetch.wait.max.ms": 50,
                "fetch.queue.backoff.ms": 5,
            }
        )
        self._admin = AdminClient(entrance)
        try:
            for client in (self.producer, self.consumer, self._admin):
                client.list_topics(timeout=_CALL_SECONDS)
        except Exception as error:
            raise CellFault("broker_lost", str(error)) from error

    def committed_ends(
        self, partitions: Iterable[TopicPartition]
    ) -> dict[tuple[str, int], int]:
        """Return where the committed records of each partition end."""
        asked = {
            TopicPartition(place.topic, place.partition): OffsetSpec.latest()
            for place in partitions
        }
        if not asked:
            return {}
        try:
            futures = self._admin.list_offsets(
                asked,
                isolation_level=IsolationLevel.READ_COMMITTED,
                request_timeout=_CALL_SECONDS,
            )
            return {
                (place.topic, place.partition): future.result(_CALL_SECONDS).offset
                for place, future in futures.items()
            }
        except Exception as error:
            raise CellFault("broker_lost", str(error)) from error

    def close(self) -> None:
        """Let the connections go."""
        self.producer.purge()
        self.consumer.close()
