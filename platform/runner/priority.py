"""The box's share of the processor beside other sessions of its host."""

import contextlib
import os
import time
from pathlib import Path

_TRIES = 5
# The kernel takes ten changes a second from ordinary users, all of them together.
_PAUSE_SECONDS = 0.1


def weigh_session() -> None:
    """Give this session the niceness of this process.

    Where the kernel has autogroups (sched(7)), niceness counts between threads of one
    session only: each jail is a session, and beside pages two boxes that were nice by
    10 had four equal shares of the processor. Where it has none, nothing changes.
    """
    niceness = str(os.getpriority(os.PRIO_PROCESS, 0))
    for _ in range(_TRIES):
        with contextlib.suppress(BlockingIOError):
            with contextlib.suppress(FileNotFoundError, PermissionError):
                Path("/proc/self/autogroup").write_text(niceness)
            return
        time.sleep(_PAUSE_SECONDS)
