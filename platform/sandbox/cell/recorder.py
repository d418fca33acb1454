"""Make the broker's template and the class archives by running the real things.

``python -m sandbox.cell.recorder broker|archives SETTINGS`` in a cell's namespaces;
the part comes out as a tar stream on stdout.
"""

import sys
import tarfile
import time
from collections.abc import Callable
from pathlib import Path

from confluent_kafka import Producer

from lab_protocol.box import (
    BoxReady,
    BoxWarm,
    DumpClasses,
    JobsSeen,
    ProgramFailed,
    RunProgram,
    WarmUp,
)
from lab_protocol.messages import Language, Topic
from lab_protocol.wire import decode
from sandbox.cell import namespace
from sandbox.cell.box import Box
from sandbox.cell.broker import Broker
from sandbox.cell.broker_config import WARM_INPUT
from sandbox.cell.faults import CellFault
from sandbox.cell.training import TRAINING_SQL
from sandbox.jail import Mount
from sandbox.settings import CellSettings

_START_SECONDS = 90.0


def main() -> int:
    """Record one part and write it to stdout."""
    part = sys.argv[1]
    settings = decode(sys.argv[2].encode(), (CellSettings,))
    namespace.enter(size=4 * settings.broker_bytes)
    folder = record_broker(settings) if part == "broker" else record_archives(settings)
    with tarfile.open(fileobj=sys.stdout.buffer, mode="w|") as archive:
        for path in sorted(folder.iterdir()):
            archive.add(path, arcname=path.name)
    return 0


def record_broker(settings: CellSettings) -> Path:
    """Boot a fresh broker, make what every run shares, stop it cleanly."""
    broker = Broker(settings.image, flags=(), archives=False)
    broker.wait_ready(_START_SECONDS)
    broker.grant_standing_rights()
    broker.set_quotas()
    producer = Producer(broker.client)
    for number in range(20):
        value = (
            f'{{"k": "k{number % 3}", "n": {number}, '
            f'"payload": {{"before": null, "after": {{"a": {number}}}}}, '
            f'"ts": "2026-01-01 00:{number:02d}:00.000"}}'
        )
        producer.produce(WARM_INPUT, key=str(number), value=value)
    if producer.flush(20):
        raise CellFault("recording", "the warm-up rows were not written")
    broker.touch_internal_topics()
    broker.stop_in_order(60)
    for name in ("server.properties",):
        (broker.folder / name).unlink()
    return broker.folder


def record_archives(settings: CellSettings) -> Path:
    """Run broker and box with class recording on, through the training jobs."""
    folder = namespace.CELL_FOLDER / "archives"
    folder.mkdir()
    target = Mount(folder, "/record", writable=True)
    broker = Broker(
        settings.image,
        flags=["-XX:ArchiveClassesAtExit=/data/broker.jsa"],
        archives=False,
    )
    broker.wait_ready(_START_SECONDS)
    box = Box(
        settings,
        mounts=[target],
        java_flags=["-XX:ArchiveClassesAtExit=/record/box.jsa"],
    )
    _await(box, lambda message: isinstance(message, BoxReady), "BoxReady")
    box.send(WarmUp())
    _await(box, lambda message: isinstance(message, BoxWarm), "BoxWarm")
    broker.open_run([Topic("train_in"), Topic("train_rates")], [Topic("train_out")])
    box.send(RunProgram(Language.SQL, {"train.sql": TRAINING_SQL}, "train.sql"))
    _await(
        box,
        lambda message: isinstance(message, JobsSeen) and message.running > 0,
        "a job",
    )
    _feed_training(broker)
    time.sleep(6)
    box.send(DumpClasses())
    box.wait_gone(120)
    broker.close_run(["train_in", "train_rates", "train_out"])
    broker.stop_in_order(120)
    (broker.folder / "broker.jsa").rename(folder / "broker.jsa")
    return folder


def _feed_training(broker: Broker) -> None:
    producer = Producer(broker.client)
    for number in range(60):
        stamp = f"2026-01-01 00:{number:02d}:00.000"
        producer.produce(
            "train_in",
            key=str(number),
            value=(
                f'{{"payload": {{"before": null, "after": {{"id": {number}, '
                f'"customer": "c{number % 5}", "amount": "{number}.50", '
                f'"status": "new", "at": "{stamp}"}}, "op": "c", "ts_ms": {number}}}}}'
            ),
        )
        producer.produce(
            "train_rates",
            key=f"c{number % 5}",
            value=(
                f'{{"customer": "c{number % 5}", "rate": "{number}.1", '
                f'"at": "{stamp}"}}'
            ),
        )
    producer.flush(20)


def _await(box: Box, condition: Callable[[object], bool], what: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and box.is_alive():
        for message in box.listen(0.1):
            if isinstance(message, ProgramFailed):
                raise CellFault("recording", f"training: {message.error}")
            if condition(message):
                return
    said = box.speech.stderr.text()
    raise CellFault("recording", f"{what} did not come; the box said: {said}")


if __name__ == "__main__":
    sys.exit(main())
