"""One recording: the workload runs against Postgres, and the topics are read."""

import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from psycopg.sql import Composed

from potok_cdc.capture import Change
from potok_cdc.tables import Table
from recording.processes import (
    Database,
    RecordingError,
    connect,
    free_port,
    kafka,
    postgres,
    wait_until,
)
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


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic, its bytes as they were."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    headers: tuple[tuple[str, bytes], ...]
    key: bytes | None
    value: bytes | None


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
            kafka(folder, java=parts.java, jars=parts.broker_jars) as kafka_port,
        ):
            return _Session(folder, parts, database, kafka_port).run()


class _Session:
    def __init__(
        self, folder: Path, parts: Parts, database: Database, kafka_port: int
    ) -> None:
        self._folder = folder
        self._parts = parts
        self._database = database
        self._kafka_port = kafka_port
        self._records: list[Record] = []
        if str(parts.client) not in sys.path:
            sys.path.append(str(parts.client))
        self._client = _Client(kafka_port)

    def run(self) -> list[Record]:
        with self._database.connect() as connection:
            for text in create_tables():
                connection.execute(text)
            rows = sum(map(len, SNAPSHOT.values()))
            # The worker ends in order and writes down how far it was.
            with self._worker(flush_ms=1000):
                self._await("snapshot", lambda count: count >= rows)
                self._await_slots(connection)
                for step in STEPS:
                    with connection.transaction():
                        for text in _statements(step):
                            connection.execute(text)
                self._await_last("products", b'"op":"t"')
            with self._worker(flush_ms=600_000) as process:
                self._await_slots(connection)
                with connection.transaction():
                    for change in REPEATED:
                        connection.execute(statement(change))
                self._await_last("customers", None)
                process.kill()
                process.wait()
            seen = self._counts()
            with self._worker(flush_ms=1000):
                # Insert, delete and tombstone once more.
                wait_until(
                    lambda: all(
                        self._counts()[variant.name] >= seen[variant.name] + 3
                        for variant in VARIANTS
                    ),
                    "the repeated transaction",
                )
                time.sleep(1.0)
                self._read()
        self._client.close()
        return self._records

    @contextmanager
    def _worker(self, *, flush_ms: int) -> Iterator[Any]:
        worker = worker_settings(
            kafka_port=self._kafka_port,
            offsets=str(self._folder / "offsets"),
            flush_ms=flush_ms,
            listener_port=free_port(),
        )
        database = self._database
        connectors = [
            connector_settings(variant, port=database.port, password=database.password)
            for variant in VARIANTS
        ]
        with connect(
            self._folder,
            java=self._parts.java,
            jars=self._parts.connect_jars,
            worker=worker,
            connectors=connectors,
        ) as process:
            self._process = process
            yield process

    def _await(self, what: str, enough: Callable[[int], bool]) -> None:
        wait_until(
            lambda: all(enough(self._counts()[variant.name]) for variant in VARIANTS),
            what,
            self._process,
        )

    def _await_slots(self, connection: Any) -> None:
        def active() -> bool:
            row = connection.execute(
                "SELECT count(*) FROM pg_replication_slots WHERE active"
            ).fetchone()
            return bool(row[0] == len(VARIANTS))

        wait_until(active, "the replication slots", self._process)

    def _await_last(self, table: str, part: bytes | None) -> None:
        def came() -> bool:
            self._read()
            last = {record.topic: record.value for record in self._records}
            values = [last[f"{variant.name}.public.{table}"] for variant in VARIANTS]
            if part is None:
                return all(value is None for value in values)
            return all(value is not None and part in value for value in values)

        wait_until(came, f"the last change of {table}", self._process)

    def _counts(self) -> Counter[str]:
        self._read()
        names = [record.topic.split(".") for record in self._records]
        return Counter(words[0] for words in names if words[1] == "public")

    def _read(self) -> None:
        """Read what the topics have gained since the last call."""
        while found := self._client.poll():
            self._records += found


def _statements(step: Sequence[Change] | Table) -> list[Composed]:
    if isinstance(step, Table):
        return columns_added(step)
    return [statement(change) for change in step]


class _Client:
    """Reads all topics of the connectors from their beginning."""

    def __init__(self, port: int) -> None:
        from confluent_kafka import Consumer

        self._consumer = Consumer(
            {
                "bootstrap.servers": f"127.0.0.1:{port}",
                "broker.address.family": "v4",
                "group.id": "recording",
                "enable.auto.commit": False,
                "log_level": 0,
            }
        )
        self._next: dict[tuple[str, int], int] = {}

    def poll(self) -> list[Record]:
        from confluent_kafka import TopicPartition

        names = {variant.name for variant in VARIANTS}
        topics = self._consumer.list_topics(timeout=10).topics
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
                raise RecordingError(f"{message.topic()}: {message.error()}")
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
