"""The box of one run: started early, used once, killed, never used again."""

import os
import secrets
import selectors
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from lab_protocol.box import FROM_RUNNER
from lab_protocol.messages import Limits
from lab_protocol.wire import ProtocolError, decode, encode
from sandbox.cell.box_group import BoxGroup
from sandbox.cell.faults import CellFault
from sandbox.cell.jailed import kill_jailed, start_jailed
from sandbox.cell.mounts import box_jail, plain_jail
from sandbox.cell.namespace import CELL_FOLDER
from sandbox.cell.process_table import Standing, TreeMeter, Usage
from sandbox.cell.sabotage import Sabotage
from sandbox.cell.scratch import Scratch
from sandbox.cell.speech import Speech
from sandbox.jail import Mount
from sandbox.pipes import opened
from sandbox.protections import Protection
from sandbox.settings import CellSettings

_CHUNK = 64 * 1024
_PYTHON = "/rt/py/bin/python3.12"
# A status line is small (a Java trace at most); more is a program that found the
# descriptor and floods it.
_STATUS_LINE = 256 * 1024
# The group would hold what a test leaves a watchdog out for.
_GROUP_LEFT_OUT = frozenset(
    {
        Protection.MEMORY_CGROUP,
        Protection.MEMORY_WATCHDOG,
        Protection.TASK_WATCHDOG,
    }
)


@dataclass(slots=True)
class Stage:
    """How far a box has come before it is given a program."""

    ready: bool = False
    warming: bool = False
    warm: bool = False


class Box:
    """A running box and what it says.

    Everything is read without blocking by :meth:`listen`, which the agent's loop
    calls often; nobody else touches the descriptors.
    """

    def __init__(
        self,
        settings: CellSettings,
        *,
        mounts: Sequence[Mount] = (),
        java_flags: Sequence[str] = (),
        is_plain: bool = False,
    ) -> None:
        """Start the box; returns at once. A plain one has no Java and no network."""
        self.name = secrets.token_hex(4)
        self.stage = Stage()
        self.speech = Speech()
        self.started = time.monotonic()
        image = settings.image
        self.without = frozenset(settings.without)
        self._group: BoxGroup | None = None
        if settings.group and not self.without & _GROUP_LEFT_OUT:
            self._group = BoxGroup(Path(settings.group), self.name)
            self._group.limit(
                memory_bytes=Limits().memory_bytes, tasks=settings.box_tasks
            )
        self.scratch = Scratch(
            CELL_FOLDER / f"box-{self.name}",
            size=settings.scratch_bytes,
            without=self.without,
        )
        sabotage = Sabotage(self.without, image)
        make_jail = plain_jail if is_plain else box_jail
        jail = make_jail(
            image,
            scratch=self.scratch.mounts(),
            extra=(*mounts, *sabotage.mounts),
            without=self.without,
        )
        status_read, status_write = os.pipe()
        module = "runner.plain" if is_plain else "runner"
        flags = list(java_flags)
        if not is_plain and settings.archives and "archives" in image.folders:
            flags.append("-XX:SharedArchiveFile=/rt/archives/box.jsa")
        try:
            self._process = start_jailed(
                jail,
                [_PYTHON, "-m", module, str(status_write), *flags],
                image=image,
                limits=_process_limits(settings),
                inherit=(status_write, *sabotage.descriptors),
                niceness=settings.start_niceness,
                enter=() if self._group is None else self._group.entering(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        finally:
            os.close(status_write)
            sabotage.close()
        self._status = status_read
        self._status_buffer = b""
        self._is_closed = False
        self._selector = selectors.DefaultSelector()
        for descriptor in (status_read, self._stdout, self._stderr):
            os.set_blocking(descriptor, False)
            self._selector.register(descriptor, selectors.EVENT_READ)
        # Proportional memory is asked for from half the limit on.
        half = Limits().memory_bytes // 2
        self._meter = TreeMeter(self._process.pid, precise_above=half)

    @property
    def _stdout(self) -> int:
        return opened(self._process.stdout).fileno()

    @property
    def _stderr(self) -> int:
        return opened(self._process.stderr).fileno()

    def is_alive(self) -> bool:
        """Tell whether the box lives."""
        return self._process.poll() is None

    def wait_gone(self, seconds: float) -> None:
        """Wait for the box to end by itself; CellFault when it does not."""
        deadline = time.monotonic() + seconds
        # Heard meanwhile: a box whose pipes are full waits for ever.
        while self.is_alive():
            self.listen(0.1)
            if time.monotonic() > deadline:
                said = self.speech.stderr.text()[-2000:]
                raise CellFault("box_end", f"the box did not end in time: {said}")
            if not self._selector.get_map():
                time.sleep(0.05)

    def send(self, message: object) -> None:
        """Give the runner an order; a box that is gone takes it in silence."""
        try:
            pipe = opened(self._process.stdin)
            pipe.write(encode(message))
            pipe.flush()
        except BrokenPipeError:
            return

    def listen(self, seconds: float) -> list[object]:
        """Collect output for up to ``seconds``; the runner's messages that came.

        Malformed messages are dropped: a program that forges them harms only its own
        explanations.
        """
        messages: list[object] = []
        for key, _ in self._selector.select(seconds):
            descriptor = key.fd
            try:
                chunk = os.read(descriptor, _CHUNK)
            except BlockingIOError:
                continue
            if not chunk:
                self._selector.unregister(descriptor)
            elif descriptor == self._status:
                messages += self._parse(chunk)
            else:
                self.speech.hear(chunk, is_error=descriptor == self._stderr)
        return messages

    def hold_to(self, limits: Limits) -> None:
        """Begin to hold the box to a run's limits; the kernel does in a group."""
        self._meter.precise_above = limits.memory_bytes // 2
        if self._group is not None:
            self._group.limit(memory_bytes=limits.memory_bytes, tasks=limits.processes)

    def measure(self) -> Usage:
        """Return what the box uses now: its processes and what lies in its scratch."""
        usage = self._meter.measure()
        memory = usage.memory_bytes + self.scratch.used_bytes()
        if self._group is None:
            return replace(usage, memory_bytes=memory)
        return replace(
            usage,
            memory_bytes=memory,
            # Children of a process that ignores their end are in no other's time.
            cpu_seconds=max(usage.cpu_seconds, self._group.cpu_seconds()),
            refused=self._group.crossed(),
        )

    def refused(self) -> str:
        """Return the limit that the kernel itself had to enforce, if any."""
        return "" if self._group is None else self._group.crossed()

    def standing(self) -> Standing:
        """Return how long the box's threads have run, and stood in line for a core."""
        return self._meter.standing()

    def kill(self) -> None:
        """End the box with all in it, once; returns when no process of it is left.

        Its files stay readable until :meth:`remove`.
        """
        if self._is_closed:
            return
        if self._group is not None:
            self._group.kill()
        kill_jailed(self._process)
        self.hear_last_words()
        self.close()

    def remove(self) -> None:
        """Give back the memory of the files of a box that is dead, and its group."""
        self.scratch.remove()
        if self._group is not None:
            self._group.remove()

    def hear_last_words(self) -> list[object]:
        """Read what still lies in the pipes; the runner's messages among it."""
        messages: list[object] = []
        while self._selector.get_map():
            if not self._selector.select(0):
                break
            messages += self.listen(0.0)
        return messages

    def close(self) -> None:
        """Let go of the descriptors."""
        self._is_closed = True
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue
        os.close(self._status)

    def _parse(self, chunk: bytes) -> list[object]:
        self._status_buffer += chunk
        *lines, self._status_buffer = self._status_buffer.split(b"\n")
        if len(self._status_buffer) > _STATUS_LINE:
            self._status_buffer = b""
        messages: list[object] = []
        for line in lines:
            if len(line) > _STATUS_LINE:
                continue
            try:
                messages.append(decode(line, FROM_RUNNER))
            except ProtocolError:
                continue
        return messages


def _process_limits(settings: CellSettings) -> list[str]:
    """Return the arguments of prlimit(1) for each process of the box."""
    words = {
        Protection.DATA_LIMIT: f"--data={settings.box_data_bytes}",
        Protection.TASK_LIMIT: f"--nproc={settings.box_tasks}",
        Protection.FILE_DESCRIPTORS: f"--nofile={settings.box_files}",
        Protection.FILE_SIZE: f"--fsize={settings.scratch_bytes}",
    }
    chosen = [word for name, word in words.items() if name not in settings.without]
    return [*chosen, "--core=0"]
