"""Which connection to the Java machine a Python thread speaks through.

Behind each connection stands a thread of the Java machine. Calcite keeps in such a
thread what the planner set there when a table environment was made, and fails with
``metadataHandlerProvider`` when an INSERT is planned in another one. py4j lends its
connections to whoever asks next; with the watcher's questions beside it, a program that
paused between its CREATE TABLE and its INSERT got another's (3 times of 4).
"""

import logging
import threading
from typing import Any


class ThreadConnections:
    """Stands in for the ``deque`` of py4j's client: each thread gets back its own."""

    def __init__(self) -> None:
        self._of_threads: dict[int, list[Any]] = {}

    def pop(self) -> Any:
        """Return the connection that this thread gave back last, or IndexError."""
        return self._own().pop()

    def append(self, connection: Any) -> None:
        """Keep ``connection`` for this thread's next call."""
        self._own().append(connection)

    def __len__(self) -> int:
        return len(self._own())

    def _own(self) -> list[Any]:
        return self._of_threads.setdefault(threading.get_ident(), [])


def keep_threads_apart(gateway: Any) -> None:
    """Give each thread a connection of its own; those made so far are the caller's."""
    apart = ThreadConnections()
    client = gateway._gateway_client
    for connection in client.deque:
        apart.append(connection)
    client.deque = apart


def silence_lost_connections() -> None:
    """Keep py4j from logging what it also raises.

    Once the Java machine is gone, each call logs a trace that holds all earlier ones: a
    loop of such calls wrote 9 MB in a second and ended as too much output instead of
    as a full heap.
    """
    # A level would not hold: PyFlink sets WARN on py4j's own logger when it makes the
    # gateway, and the root has a handler since py4j first called ``logging.exception``.
    logging.getLogger("py4j").propagate = False
