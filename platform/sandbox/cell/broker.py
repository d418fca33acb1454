"""The Kafka broker of a slot: one node in KRaft mode, in a jail of its own.

Two doors: the box enters at 9092 without a password and may do what the run's access
list says; the agent enters at 9094 with a password made for this very process.
"""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    NewTopic,
    ResourcePatternType,
    ResourceType,
)

from lab_protocol.messages import Topic
from sandbox.cell.broker_config import (
    AGENT_PORT,
    BOX_PRINCIPAL,
    BOX_QUOTAS,
    CLUSTER_ID,
    JVM_FLAGS,
    PROPERTIES,
    RECORD_BYTES,
    REQUEST_BYTES,
    UNGUARDED_BYTES,
    WARM_INPUT,
    WARM_OUTPUT,
)
from sandbox.cell.faults import CellFault
from sandbox.cell.jailed import kill_jailed, start_jailed
from sandbox.cell.mounts import broker_jail
from sandbox.cell.namespace import CELL_FOLDER
from sandbox.cell.process_table import command_name, descendants
from sandbox.image.manifest import Image
from sandbox.jail import Mount
from sandbox.protections import Protection

_CALL_SECONDS = 15
# Behind the other settings, so that it counts: what a test without quotas allows.
_UNGUARDED_CONNECTIONS = (
    "max.connections=2400\nlistener.name.box.max.connections=2000\n"
)


class Broker:
    """One broker process. Made, awaited, used for runs, closed."""

    def __init__(
        self,
        image: Image,
        *,
        flags: Sequence[str],
        archives: bool,
        without: frozenset[Protection] = frozenset(),
    ) -> None:
        """Copy the template and start the process; returns at once."""
        self._image = image
        self._without = without
        self._password = secrets.token_urlsafe(24)
        self.folder = Path(CELL_FOLDER) / f"broker-{secrets.token_hex(4)}"
        self.runs = 0
        self._admin: Any = None
        self._flags = list(flags)
        if archives and (image.part("archives") / "broker.jsa").exists():
            self._flags.append("-XX:SharedArchiveFile=/rt/archives/broker.jsa")
        self._prepare()
        self._process = self._start(["kafka.Kafka", "/data/server.properties"])

    @property
    def pid(self) -> int:
        """Process id of the jail."""
        return self._process.pid

    @property
    def client(self) -> dict[str, Any]:
        """Settings with which a client of the agent enters."""
        return {
            "bootstrap.servers": f"127.0.0.1:{AGENT_PORT}",
            "broker.address.family": "v4",
            "security.protocol": "SASL_PLAINTEXT",
            "sasl.mechanism": "PLAIN",
            "sasl.username": "agent",
            "sasl.password": self._password,
            "log_level": 0,
            "reconnect.backoff.ms": 20,
            "reconnect.backoff.max.ms": 200,
            # The agent asks for topics right after making them; the default of 100 ms
            # between tries would be felt in every run.
            "topic.metadata.refresh.fast.interval.ms": 10,
        }

    def is_alive(self) -> bool:
        """Tell whether the process lives."""
        return self._process.poll() is None

    def answers(self, seconds: float) -> bool:
        """Tell whether a living broker answers the agent within ``seconds``."""
        try:
            self._admin.list_topics(timeout=seconds)
        except KafkaException:
            return False
        return self.is_alive()

    def stored_bytes(self) -> int:
        """Return how much of the cell's memory for files is taken; the broker's."""
        state = os.statvfs(self.folder)
        return (state.f_blocks - state.f_bfree) * state.f_frsize

    def is_listening(self) -> bool:
        """Tell whether the agent's door is open."""
        try:
            with socket.create_connection(("127.0.0.1", AGENT_PORT), timeout=0.2):
                return True
        except OSError:
            return False

    def wait_ready(self, seconds: float) -> None:
        """Block until the broker answers; CellFault when it does not."""
        deadline = time.monotonic() + seconds
        while not self.is_listening():
            if not self.is_alive() or time.monotonic() > deadline:
                raise CellFault("broker_start", "the broker did not start")
            time.sleep(0.01)
        self._admin = AdminClient(self.client)
        try:
            self._admin.list_topics(timeout=max(1.0, deadline - time.monotonic()))
        except Exception as error:
            raise CellFault("broker_start", str(error)) from error
        if Protection.KAFKA_ACL in self._without:
            self._settle(self._admin.create_acls(all_rights()))
        if Protection.KAFKA_QUOTA in self._without:
            self.change_quotas("--delete-config", ",".join(BOX_QUOTAS))

    def open_run(self, inputs: Iterable[Topic], outputs: Iterable[Topic]) -> None:
        """Make the topics of a run and grant the box exactly its two rights on them."""
        inputs, outputs = list(inputs), list(outputs)
        made = self._admin.create_topics(
            [
                NewTopic(topic.name, num_partitions=topic.partitions)
                for topic in [*inputs, *outputs]
            ],
            request_timeout=_CALL_SECONDS,
        )
        grants = [_topic_right(topic.name, AclOperation.READ) for topic in inputs]
        grants += [_topic_right(topic.name, AclOperation.WRITE) for topic in outputs]
        if grants:
            # Side by side: a right needs no topic, and each call takes 30 ms.
            granted = self._admin.create_acls(grants, request_timeout=_CALL_SECONDS)
            self._settle(granted)
        self._settle(made)
        self.runs += 1

    def close_run(self, names: Iterable[str]) -> None:
        """Delete the topics, rights and consumer groups that a run has left."""
        names = list(names)
        if names:
            self._settle(
                self._admin.delete_topics(names, request_timeout=_CALL_SECONDS)
            )
            self._settle(
                self._admin.delete_acls(
                    [_rights_of(name) for name in names], request_timeout=_CALL_SECONDS
                )
            )
        listed = self._admin.list_consumer_groups(request_timeout=_CALL_SECONDS)
        groups = [group.group_id for group in listed.result().valid]
        if groups:
            self._settle(
                self._admin.delete_consumer_groups(
                    groups, request_timeout=_CALL_SECONDS
                )
            )

    def grant_standing_rights(self) -> None:
        """Grant what no run changes: groups, transactions, the warm-up topics.

        Without the group right every run's log would hold a false error; without the
        transaction right exactly-once sinks write nothing.
        """
        everywhere = (
            (ResourceType.GROUP, AclOperation.READ),
            (ResourceType.TRANSACTIONAL_ID, AclOperation.WRITE),
        )
        grants = [_right(kind, "*", operation) for kind, operation in everywhere]
        grants += [
            _topic_right(WARM_INPUT, AclOperation.READ),
            _topic_right(WARM_OUTPUT, AclOperation.WRITE),
        ]
        self._settle(
            self._admin.create_topics(
                [NewTopic(name, num_partitions=1) for name in (WARM_INPUT, WARM_OUTPUT)]
            )
        )
        self._settle(self._admin.create_acls(grants))

    def set_quotas(self) -> None:
        """Bound what a client without a password may use of the broker."""
        words = ",".join(f"{name}={value}" for name, value in BOX_QUOTAS.items())
        self.change_quotas("--add-config", words)

    def change_quotas(self, action: str, words: str) -> None:
        """Run Kafka's own tool, because no client of the agent can set quotas."""
        client = self.folder / "quota.properties"
        client.touch(mode=0o600)
        client.write_text(
            "security.protocol=SASL_PLAINTEXT\nsasl.mechanism=PLAIN\n"
            f"sasl.jaas.config={self._login()}\n",
            "utf-8",
        )
        tool = self._start(
            [
                "kafka.admin.ConfigCommand",
                f"--bootstrap-server=127.0.0.1:{AGENT_PORT}",
                "--command-config=/data/quota.properties",
                "--alter",
                "--entity-type=users",
                f"--entity-name={BOX_PRINCIPAL.removeprefix('User:')}",
                action,
                words,
            ]
        )
        if tool.wait(60) != 0:
            raise CellFault("broker_call", "the quotas were not changed")
        client.unlink()

    def touch_internal_topics(self) -> None:
        """Use a group and a transaction once, so that their topics exist."""
        consumer = Consumer({**self.client, "group.id": "touch"})
        consumer.commit(offsets=[TopicPartition(WARM_INPUT, 0, 0)], asynchronous=False)
        consumer.close()
        producer = Producer({**self.client, "transactional.id": "touch"})
        producer.init_transactions(_CALL_SECONDS)
        producer.begin_transaction()
        producer.commit_transaction(_CALL_SECONDS)
        self._settle(self._admin.delete_consumer_groups(["touch"]))

    def stop_in_order(self, seconds: float) -> None:
        """Let the broker write what it holds and end, for template and archive."""
        for pid in descendants(self._process.pid):
            if command_name(pid) == "java":
                os.kill(pid, signal.SIGTERM)
        self._process.wait(seconds)

    def kill(self) -> None:
        """End the process and forget its data."""
        kill_jailed(self._process)
        self._admin = None
        shutil.rmtree(self.folder, ignore_errors=True)

    def _prepare(self) -> None:
        self.folder.mkdir(mode=0o700)
        login = self._login()
        properties = self.folder / "server.properties"
        properties.touch(mode=0o600)
        large = Protection.KAFKA_MESSAGE_SIZE in self._without
        text = PROPERTIES.format(
            login=login,
            record_bytes=UNGUARDED_BYTES if large else RECORD_BYTES,
            request_bytes=UNGUARDED_BYTES if large else REQUEST_BYTES,
        )
        if large:
            # Kafka refuses a queue that is smaller than one request.
            text += f"queued.max.request.bytes={UNGUARDED_BYTES}\n"
        if Protection.KAFKA_QUOTA in self._without:
            text += _UNGUARDED_CONNECTIONS
        properties.write_text(text, "utf-8")
        if "broker" in self._image.folders:
            template = self._image.part("broker") / "log"
            shutil.copytree(template, self.folder / "log")
            return
        formatting = self._start(
            [
                "kafka.tools.StorageTool",
                "format",
                f"--cluster-id={CLUSTER_ID}",
                "--config=/data/server.properties",
            ]
        )
        if formatting.wait(60) != 0:
            raise CellFault("broker_format", "the broker's storage was not formatted")

    def _start(self, program: Sequence[str]) -> subprocess.Popen[bytes]:
        jail = broker_jail(self._image, Mount(self.folder, "/data", writable=True))
        command = ["/rt/java/bin/java", *JVM_FLAGS, *self._flags]
        command += ["-cp", self._class_path(), *program]
        return start_jailed(jail, command, image=self._image)

    def _login(self) -> str:
        return (
            "org.apache.kafka.common.security.plain.PlainLoginModule required "
            f'username="agent" password="{self._password}" '
            f'user_agent="{self._password}";'
        )

    def _class_path(self) -> str:
        jars = sorted(path.name for path in self._image.part("kafka").glob("*.jar"))
        return ":".join(f"/rt/kafka/{name}" for name in jars)

    def _settle(self, futures: dict[Any, Any]) -> None:
        """Wait for each answer of an administrative call, or raise CellFault."""
        for subject, future in futures.items():
            try:
                future.result(timeout=_CALL_SECONDS)
            except Exception as error:
                raise CellFault("broker_call", f"{subject}: {error}") from error


def _topic_right(name: str, operation: Any) -> Any:
    return _right(ResourceType.TOPIC, name, operation)


def _right(kind: Any, name: str, operation: Any) -> Any:
    return AclBinding(
        kind,
        name,
        ResourcePatternType.LITERAL,
        BOX_PRINCIPAL,
        "*",
        operation,
        AclPermissionType.ALLOW,
    )


def all_rights() -> list[Any]:
    """Return every right on everything, for a test without the access list."""
    kinds = (ResourceType.TOPIC, ResourceType.GROUP, ResourceType.TRANSACTIONAL_ID)
    grants = [_right(kind, "*", AclOperation.ALL) for kind in kinds]
    return [*grants, _right(ResourceType.BROKER, "kafka-cluster", AclOperation.ALL)]


def _rights_of(topic: str) -> Any:
    return AclBindingFilter(
        ResourceType.TOPIC,
        topic,
        ResourcePatternType.LITERAL,
        None,
        None,
        AclOperation.ANY,
        AclPermissionType.ANY,
    )
