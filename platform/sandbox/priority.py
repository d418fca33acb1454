"""The share of the processor that a slot has beside others of its host.

Niceness counts between threads of one session where the kernel has autogroups
(sched(7)), and each slot, box and jail is a session of its own. So each of them also
gives its session the niceness of its first process (``runner.priority`` in the box).
"""

import contextlib
import os
from pathlib import Path

from sandbox.cell.process_table import descendants
from sandbox.privileges import may_renice


def weigh_sessions(pids: list[int], niceness: int) -> None:
    """Give the sessions of ``pids`` a niceness; what a kernel refuses stays."""
    for pid in pids:
        with contextlib.suppress(OSError):
            Path(f"/proc/{pid}/autogroup").write_text(str(niceness))


def hurry(root: int) -> None:
    """Give all below ``root`` this process's share of the processor.

    Only with the right to take niceness back (CAP_SYS_NICE).
    """
    if not may_renice():
        return
    own = os.getpriority(os.PRIO_PROCESS, 0)
    pids = descendants(root)
    for pid in pids:
        with contextlib.suppress(OSError):  # ended meanwhile
            for thread in Path(f"/proc/{pid}/task").iterdir():
                with contextlib.suppress(OSError):
                    os.setpriority(os.PRIO_PROCESS, int(thread.name), own)
    weigh_sessions(pids, own)
