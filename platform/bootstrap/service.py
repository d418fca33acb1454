"""One long-running process of the site: started, watched, ended with all it made."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from bootstrap.programs import child_environment, die_with_parent, without_addresses

LOG_LIMIT = 10 * 1024 * 1024
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0

# Levels as Django's, Celery's and gunicorn's formats write them.
TROUBLE = re.compile(r"\b(ERROR|CRITICAL)\b")


@dataclass(frozen=True, slots=True)
class ServicePlan:
    """What to start and how to end it.

    `farewell` lists (signal, seconds to wait) from the gentlest on; SIGKILL to the
    whole process group always follows.
    """

    name: str
    command: tuple[str, ...]
    folder: Path
    log: Path
    environment: Mapping[str, str]
    farewell: tuple[tuple[signal.Signals, float], ...]


@dataclass(slots=True)
class Service:
    """The running process of a plan, and when it may be started again."""

    plan: ServicePlan
    process: subprocess.Popen[bytes] | None = None
    started_at: float = 0.0
    pause_seconds: float = FIRST_PAUSE_SECONDS
    start_again_at: float | None = None
    last_line: str = ""
    _read_to: int = field(default=0)

    def start(self) -> None:
        """Starts the process in a group of its own, so that Ctrl-C reaches only us.

        Its output goes straight to its log: a pipe would break with this process.
        """
        if self.plan.log.exists() and self.plan.log.stat().st_size > LOG_LIMIT:
            self.plan.log.replace(self.plan.log.with_suffix(".log.1"))
        with self.plan.log.open("ab") as log:
            self._read_to = log.tell()
            self.process = subprocess.Popen(
                self.plan.command,
                cwd=self.plan.folder,
                env=child_environment(self.plan.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=die_with_parent(self.plan.farewell[0][0]),
            )
        self.started_at = monotonic()
        self.start_again_at = None

    def ended_with(self) -> int | None:
        """The exit code when the process has just been found dead, else None."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        self._signal(signal.SIGKILL)  # what it left in its group
        self.process = None
        if monotonic() - self.started_at > STEADY_SECONDS:
            self.pause_seconds = FIRST_PAUSE_SECONDS
        self.start_again_at = monotonic() + self.pause_seconds
        self.pause_seconds = min(2 * self.pause_seconds, LONGEST_PAUSE_SECONDS)
        return code

    def is_due(self) -> bool:
        return self.start_again_at is not None and monotonic() >= self.start_again_at

    def new_lines(self) -> Iterator[str]:
        """Lines written to the log since the last call, without addresses."""
        with contextlib.suppress(FileNotFoundError), self.plan.log.open("rb") as log:
            log.seek(self._read_to)
            for raw in log:
                if not raw.endswith(b"\n"):
                    break  # still being written
                self._read_to += len(raw)
                line = without_addresses(raw.decode("utf-8", "replace").rstrip())
                self.last_line = line or self.last_line
                yield line

    def say_farewell(self) -> None:
        """Sends the gentlest signal; `finish` does the waiting."""
        self._signal(self.plan.farewell[0][0])

    def finish(self) -> None:
        """Waits for the end, with ever harder signals; nothing of the group remains."""
        if self.process is None:
            return
        for order, (with_signal, seconds) in enumerate(self.plan.farewell):
            if order:
                self._signal(with_signal)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(seconds)
                break
        self._signal(signal.SIGKILL)
        self.process.wait()
        self.process = None

    def _signal(self, with_signal: signal.Signals) -> None:
        # The group may outlive its leader; its number is not given to others
        # while a member lives or the leader is not yet waited for.
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, with_signal)
