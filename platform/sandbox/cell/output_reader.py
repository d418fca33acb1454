"""Reads what reached the output topics, as the broker has it."""

import json
import time
from collections.abc import Iterable
from typing import Any

from confluent_kafka import (
    TIMESTAMP_NOT_AVAILABLE,
    KafkaError,
    TopicPartition,
)

from lab_protocol.messages import ClosingRow, Record, Topic
from sandbox.cell.clients import Clients
from sandbox.cell.faults import CellFault

_BATCH = 1000
# What a run may tell of its rows before its outcome tells all of them: some 800 rows of
# the labs. A table that grows by more than that is not read while it grows.
_LIVE_BYTES = 256 * 1024


class OutputReader:
    """Follows every partition of the output topics with committed reads."""

    def __init__(
        self,
        clients: Clients,
        outputs: Iterable[Topic],
        closing: Iterable[ClosingRow],
        *,
        kept_bytes: int,
    ) -> None:
        """Begin at offset 0 of each partition; the topics must exist.

        Rows are counted without end and kept up to ``kept_bytes``: one batch can bring
        64 MB, and an outcome of that size would not fit into a message.
        """
        self._clients = clients
        self._consumer = clients.consumer
        self._partitions = [
            TopicPartition(topic.name, partition, 0)
            for topic in outputs
            for partition in range(topic.partitions)
        ]
        self.records: dict[str, list[Record]] = {topic.name: [] for topic in outputs}
        self._ends: dict[tuple[str, int], int] = {}
        self._positions: dict[tuple[str, int], int] = {}
        self._awaited = {
            topic: {row for row in closing if row.topic == topic}
            for topic in self.records
        }
        self._with_closing = {topic for topic, rows in self._awaited.items() if rows}
        self._kept_bytes = kept_bytes
        self.rows = 0
        self.bytes = 0
        self._live: dict[str, list[Record]] = {}
        self._live_bytes = 0
        self.first_row: float | None = None
        self.last_row: float | None = None
        if self._partitions:
            self._consumer.assign(self._partitions)

    @property
    def closing_rows_seen(self) -> bool:
        """Tell whether every topic that has closing rows has shown all of them."""
        return bool(self._with_closing) and not any(self._awaited.values())

    @property
    def all_topics_close(self) -> bool:
        """Tell whether every output has a closing row to wait for."""
        return self._with_closing == set(self.records)

    def read(self, seconds: float, *, stage: int) -> int:
        """Take what comes within ``seconds``; how many rows came.

        ``stage`` is written on each row. Raises CellFault when the broker is lost.
        """
        if not self._partitions:
            time.sleep(seconds)
            return 0
        count = 0
        for message in self._consumer.consume(_BATCH, timeout=seconds):
            error = message.error()
            if error is not None:
                if error.code() == KafkaError._PARTITION_EOF:
                    place = (message.topic(), message.partition())
                    self._ends[place] = message.offset()
                elif error.fatal() or error.code() == KafkaError._ALL_BROKERS_DOWN:
                    raise CellFault("broker_lost", str(error))
                continue
            self._keep(message, stage)
            count += 1
        return count

    def since_last(self) -> dict[str, tuple[Record, ...]]:
        """Return what was read since the last call, up to a bound for the whole run."""
        fresh = {topic: tuple(records) for topic, records in self._live.items()}
        self._live = {}
        return fresh

    def catch_up(self, *, stage: int, seconds: float) -> None:
        """Read what is committed by now, so that its rows carry their own stage."""
        targets = self._clients.committed_ends(self._partitions)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(
            max(self._next(*place), self._ends.get(place, 0)) < end
            for place, end in targets.items()
        ):
            self.read(0.01, stage=stage)

    def drain(
        self, *, stage: int, seconds: float, max_rows: int, max_bytes: int
    ) -> None:
        """Read, after the box died, to the end of what is committed or to a limit."""
        targets = self._clients.committed_ends(self._partitions)
        if all(self._next(*place) >= end for place, end in targets.items()):
            return
        self._ends.clear()
        # Behind the last row may stand a mark of a transaction. A partition that
        # already stood at its end says so only once: asking again from the next
        # offset makes it speak.
        self._consumer.assign(
            [TopicPartition(*place, self._next(*place)) for place in targets]
        )
        deadline = time.monotonic() + seconds
        while any(self._ends.get(place, -1) < end for place, end in targets.items()):
            if self.rows > max_rows or self.bytes > max_bytes:
                return
            if time.monotonic() > deadline:
                raise CellFault("broker_lost", "the outputs could not be read")
            self.read(0.05, stage=stage)

    def _keep(self, message: Any, stage: int) -> None:
        kind, timestamp = message.timestamp()
        record = Record(
            partition=message.partition(),
            offset=message.offset(),
            timestamp_ms=0 if kind == TIMESTAMP_NOT_AVAILABLE else timestamp,
            key=message.key(),
            value=message.value(),
            stage=stage,
        )
        topic = message.topic()
        if self.bytes <= self._kept_bytes:
            self.records[topic].append(record)
        self._positions[topic, record.partition] = record.offset + 1
        now = time.monotonic()
        self.first_row = self.first_row or now
        self.last_row = now
        self.rows += 1
        size = len(record.key or b"") + len(record.value or b"") + 64
        self.bytes += size
        self._live_bytes += size
        if self._live_bytes <= _LIVE_BYTES:
            self._live.setdefault(topic, []).append(record)
        if awaited := self._awaited[topic]:
            self._awaited[topic] = {
                row for row in awaited if not _is_closing(record, row)
            }

    def _next(self, topic: str, partition: int) -> int:
        return self._positions.get((topic, partition), 0)


def _is_closing(record: Record, row: ClosingRow) -> bool:
    """Tell whether the key or the value is a JSON object with the awaited field."""
    for text in (record.value, record.key):
        if text is None or row.value.encode() not in text:
            continue
        try:
            data = json.loads(text)
        except (ValueError, RecursionError):
            continue
        if isinstance(data, dict) and str(data.get(row.field)) == row.value:
            return True
    return False
