"""On a process's path: its wall clock is off by the seconds that a file names.

``FAULT_CLOCK`` is the file's path. What Python asks by ``time.time`` is shifted, in
kombu and Celery too, because this is imported before them; the monotonic clock is not.
"""

import os
import time
from collections.abc import Callable


def shifted(clock: Callable[[], float], path: str) -> Callable[[], float]:
    """Return ``clock`` plus what the file says at each call."""

    def now() -> float:
        with open(path, encoding="ascii") as file:  # noqa: PTH123 (before pathlib)
            return clock() + float(file.read() or 0)

    return now


time.time = shifted(time.time, os.environ["FAULT_CLOCK"])
