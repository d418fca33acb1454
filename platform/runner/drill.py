"""Carries out what the agent orders of a lab that interrupts its jobs.

A killed task manager is what a lost machine is in production: the job manager sees it
go, and Flink restarts the job from its last completed checkpoint, or from nothing where
the program has none.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

from lab_protocol.box import (
    CheckpointTaken,
    KillTaskManager,
    TakeCheckpoint,
    TaskManagerKilled,
)
from runner.cluster import Cluster
from runner.rest import ENDED, ask, living_jobs

# A job that cannot complete a checkpoint or come back must not hold the stream.
CHECKPOINT_SECONDS = 5.0
RESTART_SECONDS = 8.0
_ASK_AGAIN_SECONDS = 0.02
# The interval of a job without checkpoints: the largest of Java's long.
_NEVER = 2**63 - 1


class Drill:
    """Takes checkpoints and kills task managers, each in a thread of its own."""

    def __init__(self, cluster: Cluster, send: Callable[[object], None]) -> None:
        self._cluster = cluster
        self._send = send
        self._killed = 0

    def take_checkpoint(self, order: TakeCheckpoint) -> None:
        """Complete a checkpoint of each running job and answer."""
        threading.Thread(target=self._take, args=(order,), daemon=True).start()

    def kill_task_manager(self, order: KillTaskManager) -> None:
        """Kill the one task manager, start the next and answer once jobs run."""
        threading.Thread(target=self._kill, args=(order,), daemon=True).start()

    def _take(self, order: TakeCheckpoint) -> None:
        jobs = [job for job in living_jobs() if _takes_checkpoints(job)]
        completed = sum(self._checkpoint(job) for job in jobs)
        self._send(CheckpointTaken(order.number, completed))

    def _checkpoint(self, job: str) -> bool:
        jvm = self._cluster.gateway.jvm
        flink = jvm.org.apache.flink
        done = self._cluster.mini.triggerCheckpoint(
            flink.api.common.JobID.fromHexString(job),
            flink.core.execution.CheckpointType.CONFIGURED,
        )
        unit = jvm.java.util.concurrent.TimeUnit.MILLISECONDS
        try:
            done.get(int(CHECKPOINT_SECONDS * 1000), unit)
        except Exception:  # noqa: BLE001 (py4j wraps whatever Java throws)
            # A job that cannot complete one goes on without it.
            return False
        return True

    def _kill(self, order: KillTaskManager) -> None:
        jobs = living_jobs()
        mini: Any = self._cluster.mini
        mini.terminateTaskManager(self._killed).get()
        self._killed += 1
        mini.startTaskManager()
        deadline = time.monotonic() + RESTART_SECONDS
        while time.monotonic() < deadline and not all(map(_is_settled, jobs)):
            time.sleep(_ASK_AGAIN_SECONDS)
        self._send(TaskManagerKilled(order.number))


def _takes_checkpoints(job: str) -> bool:
    """Tell whether the program has checkpoints on.

    Flink 2.2.0 completes an ordered checkpoint also where they are off; the job would
    come back from one that its author never asked for.
    """
    interval = ask(f"/jobs/{job}/checkpoints/config")["interval"]
    return bool(interval < _NEVER)


def _is_settled(job: str) -> bool:
    """Tell whether ``job`` has ended or all of it runs on the new task manager."""
    try:
        told = ask(f"/jobs/{job}")
    except (OSError, ValueError):
        return False
    if told["state"] in ENDED:
        return True
    return told["state"] == "RUNNING" and all(
        vertex["status"] == "RUNNING" for vertex in told["vertices"]
    )
