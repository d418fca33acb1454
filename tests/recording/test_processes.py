"""A recording that fails says in one line which process it was, and what it said."""

import signal
import sys

import pytest

from recording import processes
from recording.processes import RecordingError, running

STACK = """\
import sys
print("starting")
print("org.apache.kafka.KafkaException: no port is free", file=sys.stderr)
print("\\tat org.apache.kafka.Server.bind(Server.java:1)", file=sys.stderr)
raise SystemExit(3)
"""
DEAF = """\
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def command(text):
    return [sys.executable, "-c", text]


def test_an_early_end_is_told_with_the_last_lines_of_the_log(tmp_path):
    with (
        running("Kafka", command(STACK), tmp_path / "log") as program,
        pytest.raises(RecordingError) as caught,
    ):
        program.wait_until(lambda: False, "it listened")
    assert str(caught.value) == (
        "Kafka (ended with code 3): ended before it listened; its log ends: starting"
        " | org.apache.kafka.KafkaException: no port is free"
    )


def test_waiting_too_long_is_told_likewise(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "_PATIENCE_SECONDS", 0.2)
    with (
        running("Kafka Connect", ["sleep", "60"], tmp_path / "log") as program,
        pytest.raises(RecordingError) as caught,
    ):
        program.wait_until(lambda: False, "the snapshot was in the topics")
    assert str(caught.value) == (
        "Kafka Connect (runs): not within 0 s: the snapshot was in the topics;"
        " its log ends: empty"
    )
    assert program.process.returncode == -signal.SIGTERM


def test_a_program_ends_where_interrupts_are_ignored(tmp_path):
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with running("Kafka", ["sleep", "60"], tmp_path / "log") as program:
            assert program.stop()
    finally:
        signal.signal(signal.SIGINT, before)
    assert program.process.returncode == -signal.SIGTERM


def test_that_force_was_needed_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.1)
    log = tmp_path / "log"
    with running("Kafka Connect", command(DEAF), log) as program:
        program.wait_until(lambda: "deaf" in log.read_text(), "it spoke")
        assert not program.stop()
    assert program.process.returncode == -signal.SIGKILL
