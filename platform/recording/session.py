"""One recording: the workload runs against Postgres, and the topics are read."""

import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.sql import Composed

from potok_cdc.capture import Change
from potok_cdc.tables import Table
from recording.processes import (
    STOP_SECONDS,
    Broker,
    Database,
    Program,
    RecordingError,
    connect,
    free_port,
    kafka,
    postgres,
)
from recording.records import Record, payload_of
from recording.settings import (
    VARIANTS,
    connector_settings,
    worker_settings,
)
from recording.workload import (
    REPEATED,
    SNAPSHOT,
    STEPS,
    columns_added,
    create_tables,
    statement,
)

_NAMES = tuple(variant.name for variant in VARIANTS)
# Connect's words; such a task has not written down how far it was.
_CANCELLED = b"Graceful stop of task"
# What ``REPEATED`` adds: insert, delete and tombstone, in one transaction.
_REPEATED = (3, 1)


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the programs are: java, the two folders of jars, Kafka's client."""

    java: Path
    broker_jars: Path
    connect_jars: Path
    client: Path

    @classmethod
    def of(cls, root: Path) -> "Parts":
        """Return the parts that set-up put under ``root``'s var/."""
        runtime = root / "var" / "runtime"
        java = max(runtime.glob("java-*/bin/java"), default=None)
        client = max(runtime.glob("cell-*"), default=None)
        if java is None or client is None:
            raise RecordingError("no runtime image: run make setup")
        connect_jars = root / "var" / "jars-recording"
        if not any(connect_jars.glob("debezium-connector-postgres-*.jar")):
            raise RecordingError("no Debezium: run `bootstrap setup --for recording`")
        return cls(java, root / "var" / "jars", connect_jars, client)


def record(parts: Parts, *, parent: Path | None = None) -> list[Record]:
    """Run the workload once and return every record of every connector's topics.

    All that it writes lies in a folder of its own in ``parent`` (of temporary files, if
    not said), which is removed at the end.
    """
    prefix = "potok-recording-"
    with tempfile.TemporaryDirectory(prefix=prefix, dir=parent) as name:
        folder = Path(name)
        folder.chmod(0o711)
        with (
            postgres(folder) as database,
            kafka(folder, java=parts.java, jars=parts.broker_jars) as broker,
        ):
            return _Session(folder, parts, database, broker).run()


class _Session:
    def __init__(
        self, folder: Path, parts: Parts, database: Database, broker: Broker
    ) -> None:
        self._folder = folder
        self._parts = parts
        self._database = database
        self._broker = broker
        self._records: list[Record] = []
        if str(parts.client) not in sys.path:
            sys.path.append(str(parts.client))
        self._client = _Client(broker)

    def run(self) -> list[Record]:
        with self._database.connect() as connection:
            self._connection = connection
            for text in create_tables():
                connection.execute(text)
            rows = sum(map(len, SNAPSHOT.values()))
            with self._worker(flush_ms=1000) as worker:
                self._await(worker, "the snapshot", {}, rows)
                self._await_slots(worker)
                for step in STEPS:
                    self._commit(_statements(step))
                self._await_truncate(worker)
                _stop_in_order(worker)
            seen = self._counts()
            with self._worker(flush_ms=600_000) as worker:
                self._await_slots(worker)
                self._commit([statement(change) for change in REPEATED])
                self._await(worker, "the transaction to repeat", seen, *_REPEATED)
                worker.kill()
            seen = self._counts()
            with self._worker(flush_ms=1000) as worker:
                self._await(worker, "the repeated transaction", seen, *_REPEATED)
            self._read()
        self._client.close()
        return self._records

    def _commit(self, statements: Sequence[Composed]) -> None:
        with self._connection.transaction():
            for text in statements:
                self._connection.execute(text)

    @contextmanager
    def _worker(self, *, flush_ms: int) -> Iterator[Program]:
        worker = worker_settings(
            kafka_port=self._broker.port,
            offsets=str(self._folder / "offsets"),
            flush_ms=flush_ms,
            stop_ms=STOP_SECONDS * 1000,
            listener_port=free_port(),
        )
        database = self._database
        connectors = [
            connector_settings(variant, port=database.port, password=database.password)
            for variant in VARIANTS
        ]
        # Of a worker that was killed, Postgres keeps the slots in use for a moment.
        database.program.wait_until(lambda: self._slots() == 0, "it freed the slots")
        with connect(
            self._folder,
            java=self._parts.java,
            jars=self._parts.connect_jars,
            worker=worker,
            connectors=connectors,
        ) as program:
            yield program

    def _await(
        self,
        worker: Program,
        what: str,
        seen: Mapping[tuple[str, str], int],
        events: int,
        ends: int = 0,
    ) -> None:
        """Wait for so many records more than were ``seen``, of each connector."""

        def came() -> bool:
            counts = self._counts()
            return all(
                counts[variant.name, kind] >= seen.get((variant.name, kind), 0) + more
                for variant in VARIANTS
                for kind, more in (("events", events), ("ends", ends))
                if kind == "events" or variant.transactions
            )

        worker.wait_until(came, f"{what} was in the topics")

    def _slots(self) -> int:
        """Return how many replication slots are in use."""
        row = self._connection.execute(
            "SELECT count(*) FROM pg_replication_slots WHERE active"
        ).fetchone()
        return 0 if row is None else int(row[0])

    def _await_slots(self, worker: Program) -> None:
        worker.wait_until(
            lambda: self._slots() == len(VARIANTS), "all connectors had their slots"
        )

    def _await_truncate(self, worker: Program) -> None:
        """Wait for the last of ``STEPS``, and for the END of its transaction."""

        def came() -> bool:
            self._read()
            last = self._last_events()
            ended = {
                (record.topic.split(".")[0], mark["id"].split(":")[0])
                for record, mark in self._marks()
                if mark["status"] == "END"
            }
            return all(
                name in last and last[name]["op"] == "t" for name in _NAMES
            ) and all(
                (variant.name, str(last[variant.name]["source"]["txId"])) in ended
                for variant in VARIANTS
                if variant.transactions
            )

        worker.wait_until(came, "the truncate was in the topics")

    def _last_events(self) -> dict[str, dict[str, Any]]:
        """Return by connector its last event of the topic of ``products``."""
        return {
            record.topic.split(".")[0]: payload
            for record in self._records
            if record.topic.endswith(".public.products")
            and (payload := payload_of(record.value)) is not None
        }

    def _marks(self) -> Iterator[tuple[Record, dict[str, Any]]]:
        """Yield each BEGIN and END with its record."""
        for record in self._records:
            if record.topic.endswith(".transaction"):
                mark = payload_of(record.value)
                if mark is not None:
                    yield record, mark

    def _counts(self) -> Counter[tuple[str, str]]:
        """Count the records of tables ("events") and END ("ends") of each connector."""
        self._read()
        names = [record.topic.split(".") for record in self._records]
        counts = Counter(
            (words[0], "events") for words in names if words[1] == "public"
        )
        counts.update(
            (record.topic.split(".")[0], "ends")
            for record, mark in self._marks()
            if mark["status"] == "END"
        )
        return counts

    def _read(self) -> None:
        """Read what the topics have gained since the last call."""
        while found := self._client.poll():
            self._records += found


def _stop_in_order(worker: Program) -> None:
    """End the worker so that it has written down how far each connector was."""
    if not worker.stop():
        raise worker.failure(
            f"it had not ended {2 * STOP_SECONDS} s after {worker.ends_by.name}"
        )
    if _CANCELLED in worker.log.read_bytes():
        raise worker.failure(f"a task was cancelled after {STOP_SECONDS} s")


def _statements(step: Sequence[Change] | Table) -> list[Composed]:
    if isinstance(step, Table):
        return columns_added(step)
    return [statement(change) for change in step]


class _Client:
    """Reads all topics of the connectors from their beginning."""

    def __init__(self, broker: Broker) -> None:
        from confluent_kafka import Consumer

        self._broker = broker
        self._consumer = Consumer(
            {
                "bootstrap.servers": f"127.0.0.1:{broker.port}",
                "broker.address.family": "v4",
                "group.id": "recording",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        self._next: dict[tuple[str, int], int] = {}

    def poll(self) -> list[Record]:
        """Return what has come; RecordingError if Kafka does not answer."""
        from confluent_kafka import KafkaException

        try:
            return self._poll()
        except KafkaException as error:
            raise self._broker.program.failure(f"client: {error}") from error

    def _poll(self) -> list[Record]:
        from confluent_kafka import TopicPartition

        names = {variant.name for variant in VARIANTS}
        topics = self._consumer.list_topics(timeout=60).topics
        places = {
            (name, number)
            for name, topic in topics.items()
            if name.split(".")[0] in names
            for number in topic.partitions
        }
        # All at once: an assignment of each in turn took half a second per topic.
        if places - self._next.keys():
            self._next = dict.fromkeys(places, 0) | self._next
            self._consumer.assign(
                [TopicPartition(*place, at) for place, at in self._next.items()]
            )
        found = []
        for message in self._consumer.consume(500, timeout=0.3):
            if message.error():
                said = f"client: {message.topic()}: {message.error()}"
                raise self._broker.program.failure(said)
            self._next[message.topic(), message.partition()] = message.offset() + 1
            found.append(_record(message))
        return found

    def close(self) -> None:
        self._consumer.close()


def _record(message: Any) -> Record:
    return Record(
        topic=message.topic(),
        partition=message.partition(),
        offset=message.offset(),
        timestamp=message.timestamp()[1],
        headers=tuple(message.headers() or ()),
        key=message.key(),
        value=message.value(),
    )
