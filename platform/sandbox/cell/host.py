"""The agent's line to the worker: messages in by a thread, messages out in order."""

import os
import queue
import sys
import threading
import time

from lab_protocol.messages import CancelRun, RunRequest, SetWarmUp
from lab_protocol.wire import decode, encode

# One common base: decode() is typed by what it may return.
_KINDS: tuple[type[RunRequest | CancelRun | SetWarmUp], ...] = (
    RunRequest,
    CancelRun,
    SetWarmUp,
)


class Host:
    """Reads the worker's messages; the end of its pipe is the end of the cell."""

    def __init__(self, *, warm_up: bool) -> None:
        """``warm_up`` says whether new boxes are warmed until the worker asks else."""
        self._requests: queue.SimpleQueue[tuple[RunRequest, float]] = (
            queue.SimpleQueue()
        )
        self._cancelled: set[str] = set()
        self.warm_up = warm_up
        self._output = os.dup(1)
        # Nothing that a library prints may get between the messages.
        os.dup2(2, 1)
        threading.Thread(target=self._listen, name="host", daemon=True).start()

    def next_request(self, seconds: float) -> tuple[RunRequest, float] | None:
        """Return a request and when it came, None when none came in time."""
        try:
            return self._requests.get(timeout=seconds)
        except queue.Empty:
            return None

    def is_cancelled(self, run_id: str) -> bool:
        """Tell whether the worker has cancelled the run."""
        return run_id in self._cancelled

    def tell(self, message: object) -> None:
        """Send one message; a worker that is gone ends the cell."""
        line = encode(message)
        try:
            while line:
                line = line[os.write(self._output, line) :]
        except BrokenPipeError:
            os._exit(0)

    def _listen(self) -> None:
        for line in sys.stdin.buffer:
            message: RunRequest | CancelRun | SetWarmUp = decode(line, _KINDS)
            if isinstance(message, RunRequest):
                self._requests.put((message, time.monotonic()))
            elif isinstance(message, SetWarmUp):
                self.warm_up = message.wanted
            else:
                self._cancelled.add(message.run_id)
        # Process 1 of the namespace: the kernel kills box and broker with it.
        os._exit(0)
