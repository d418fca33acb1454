"""The runner's two pipes to the agent, and the files that come through one of them."""

import os
import threading
from pathlib import Path
from typing import BinaryIO

from lab_protocol.box import RunProgram
from lab_protocol.wire import encode
from runner.places import WORK


class Status:
    """Writes messages to the agent, whole lines from any thread."""

    def __init__(self, descriptor: int) -> None:
        """Take the inherited descriptor; the program's children do not get it."""
        os.set_inheritable(descriptor, False)
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def send(self, message: object) -> None:
        """Write one message."""
        line = encode(message)
        with self._lock:
            while line:
                line = line[os.write(self._descriptor, line) :]


def take_control() -> BinaryIO:
    """Move the control pipe away from stdin and leave an empty one there."""
    control = os.fdopen(os.dup(0), "rb")
    empty = os.open(os.devnull, os.O_RDONLY)
    os.dup2(empty, 0)
    os.close(empty)
    return control


def lay_out(order: RunProgram) -> Path:
    """Write the program's files to the working folder; the path of its entry."""
    for name, text in order.files.items():
        (WORK / Path(name).name).write_text(text, "utf-8")
    os.chdir(WORK)
    return WORK / Path(order.entry).name
