"""One lesson's blocks, executed one after the other in one interpreter: a program.

Runs under the interpreter that has PyFlink, in namespaces of its own, so that the
lesson's ``localhost:9092`` and port 8081 are free. Reads a job as JSON from stdin:
``{"blocks": [{"language", "body"}], "kafka": class path or null}``; writes a list of
what each block printed or raised as JSON to the descriptor named by its argument.

Flink prints from Java's standard output, so descriptor 1 itself is a file here.
"""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import time
import traceback
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from runner.sql_script import StatementSet, split_script
from sandbox.cell.namespace import raise_loopback

PRINTED = Path("printed")
BROKER_SECONDS = 60
# Statements whose rows a lesson shows; an INSERT is waited for instead.
_SHOWS = re.compile(r"(?:SELECT|WITH|VALUES|EXPLAIN|SHOW|DESCRIBE|DESC)\b", re.I)
_BROKER = """\
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@localhost:9093
listeners=PLAINTEXT://localhost:9092,CONTROLLER://localhost:9093
controller.listener.names=CONTROLLER
log.dirs={folder}
num.partitions=1
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
"""


@dataclass(frozen=True, slots=True)
class Kafka:
    """A broker that makes topics on first use, as a fresh install does."""

    java: str
    class_path: str

    def start(self) -> None:
        """Format the storage, start the broker and wait until it listens."""
        folder = Path("kafka").resolve()
        folder.mkdir()
        settings = folder / "server.properties"
        settings.write_text(_BROKER.format(folder=folder / "log"), "utf-8")
        subprocess.run(
            [
                *self._command("kafka.tools.StorageTool", "format"),
                *("--cluster-id=cG90b2stbGVzc29ucy0wMQ", f"--config={settings}"),
            ],
            check=True,
            stdout=sys.stderr,
        )
        command = self._command("kafka.Kafka", str(settings))
        broker = subprocess.Popen(command, stdout=sys.stderr)
        deadline = time.monotonic() + BROKER_SECONDS
        while True:
            with contextlib.suppress(OSError):
                socket.create_connection(("localhost", 9092), 0.2).close()
                return
            if broker.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the lesson's broker did not start")
            time.sleep(0.05)

    def _command(self, *program: str) -> list[str]:
        flags = ["-Xmx256m", "-XX:+UseSerialGC", "-Dlog4j2.level=OFF"]
        return [self.java, *flags, "-cp", self.class_path, *program]


class Session:
    """The names that blocks share, and what has been printed so far."""

    def __init__(self) -> None:
        self._names: dict[str, Any] = {"__name__": "__main__"}
        self._read = 0

    def execute(self, block: dict[str, Any]) -> dict[str, Any]:
        """Return what the block printed, its error as text, and the seconds."""
        started = time.monotonic()
        error = None
        try:
            if block["language"] == "sql":
                self._sql(block["body"])
            else:
                code = compile(block["body"], "<block>", "exec")
                exec(code, self._names)  # noqa: S102 (the course's own text)
        except Exception:
            error = traceback.format_exc()
        seconds = round(time.monotonic() - started, 2)
        return {
            "printed": self._printed(),
            "error": error,
            "seconds": seconds,
            "flink": flink_version(),
        }

    def _sql(self, script: str) -> None:
        table_env = self._names["table_env"]
        units = split_script(script)
        for number, unit in enumerate(units):
            try:
                self._statement(table_env, unit)
            except Exception as error:
                if number < len(units) - 1:
                    error.add_note("raised before the last statement of the block")
                raise

    def _statement(self, table_env: Any, unit: Any) -> None:
        if isinstance(unit, StatementSet):
            statements = table_env.create_statement_set()
            for insert in unit.inserts:
                statements.add_insert_sql(insert.text)
            statements.execute().wait()
            return
        result = table_env.execute_sql(unit.text)
        if _SHOWS.match(unit.text):
            result.print()
        elif unit.text.upper().startswith("INSERT"):
            result.wait()

    def _printed(self) -> str:
        """Return what has come since the last call, Java's part included."""
        sys.stdout.flush()
        gateways = sys.modules.get("pyflink.java_gateway")
        if gateways is not None:
            gateways.get_gateway().jvm.System.out.flush()
        data = PRINTED.read_bytes()
        new, self._read = data[self._read :], len(data)
        return new.decode("utf-8")


def flink_version() -> str | None:
    """Return the version of PyFlink, or None where no block has imported it."""
    if "pyflink" not in sys.modules:
        return None
    from pyflink.version import __version__ as version

    return str(version)


def main() -> None:
    """Execute the job; blocks that fail do not end it."""
    job = json.load(sys.stdin)
    answer = os.fdopen(int(sys.argv[1]), "w", encoding="utf-8")
    printed = os.open(PRINTED, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    os.dup2(printed, 1)
    raise_loopback()
    # Java asks for the address of its host's name, which a machine may not know.
    socket.sethostname("localhost")
    if job["kafka"]:
        Kafka(f"{os.environ['JAVA_HOME']}/bin/java", job["kafka"]).start()
    session = Session()
    results = [session.execute(block) for block in job["blocks"]]
    json.dump(results, answer)
    answer.flush()
    # The broker and Flink end with the process namespace; there is nothing to save.
    os._exit(0)


if __name__ == "__main__":
    main()
