"""Each thread speaks to the Java machine through connections of its own."""

import logging
import threading
from collections import deque
from types import SimpleNamespace

import pytest

from runner.connections import (
    ThreadConnections,
    keep_threads_apart,
    silence_lost_connections,
)


def in_a_thread(call) -> None:
    thread = threading.Thread(target=call)
    thread.start()
    thread.join()


def test_a_thread_gets_back_what_it_gave() -> None:
    connections = ThreadConnections()
    connections.append("of the program")

    def watch() -> None:
        with pytest.raises(IndexError):
            connections.pop()
        connections.append("of the watcher")
        taken.append(connections.pop())
        connections.append(taken[0])

    taken: list[str] = []
    in_a_thread(watch)
    assert taken == ["of the watcher"]
    assert len(connections) == 1
    assert connections.pop() == "of the program"


def test_a_client_keeps_the_connections_it_had() -> None:
    client = SimpleNamespace(deque=deque(["first"]))
    keep_threads_apart(SimpleNamespace(_gateway_client=client))
    assert client.deque.pop() == "first"
    with pytest.raises(IndexError):
        client.deque.pop()


def test_what_py4j_says_of_a_lost_machine_is_not_logged(caplog, monkeypatch) -> None:
    monkeypatch.setattr(logging.getLogger("py4j"), "propagate", True)
    logger = logging.getLogger("py4j.java_gateway")
    # As PyFlink does it when it makes the gateway.
    monkeypatch.setattr(logger, "level", logging.WARNING)
    logger.error("heard")
    silence_lost_connections()
    logger.error("not heard")
    assert [record.message for record in caplog.records] == ["heard"]
