"""One slot: a cell agent as a child process, seen from the worker."""

import contextlib
import logging
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from lab_protocol.messages import (
    CancelRun,
    CellFailure,
    CellPhase,
    CellState,
    Ending,
    RunOutcome,
    RunProgress,
    RunRequest,
    SetWarmUp,
)
from lab_protocol.wire import ProtocolError, decode, encode
from sandbox.cgroups import AGENT_GROUP, NO_GROUPS, Groups, entering, remove_tree
from sandbox.errors import SandboxUnavailable
from sandbox.image.manifest import Image
from sandbox.pipes import opened
from sandbox.priority import hurry
from sandbox.privileges import (
    as_ordinary_user,
    explain_refusal,
    own_namespaces,
)
from sandbox.protections import CANARY
from sandbox.settings import SandboxSettings

logger = logging.getLogger(__name__)

_MESSAGES = (RunProgress, RunOutcome, CellState, CellFailure)
_POLL = 0.1
# What a run may take beyond its own wall limit: a start, the drain, and slack for a
# machine under load. Past it the agent itself hangs.
_AGENT_GRACE = 45.0


@dataclass(frozen=True, slots=True)
class SlotHealth:
    """What a slot says of itself; ``restarts`` counts agents that died."""

    number: int
    phase: CellPhase
    is_alive: bool
    restarts: int
    runs: int
    box_memory_bytes: int
    last_failure: str


class Slot:
    """Starts, feeds and replaces the agent of one slot; for one thread at a time."""

    def __init__(
        self, settings: SandboxSettings, number: int, groups: Groups = NO_GROUPS
    ) -> None:
        """``groups`` are the control groups of the slot's pool."""
        self._settings = settings
        self.groups = groups
        self._group: Path | None = None
        self.number = number
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: queue.SimpleQueue[object] = queue.SimpleQueue()
        self._state = CellState(CellPhase.STARTING)
        self._sending = threading.Lock()
        self._said = b""
        self._failure = ""
        self._restarts = 0
        self._is_retired = False
        self._runs = 0

    def start(self) -> None:
        """Start the agent if none lives; returns at once."""
        self._is_retired = False
        if self._process is not None and self._process.poll() is None:
            return
        if self._process is not None:
            self._restarts += 1
            self.stop()
        self._state = CellState(CellPhase.STARTING)
        self._messages = queue.SimpleQueue()
        self._said = b""
        settings = self._settings
        uid = settings.first_uid + self.number
        self._group = self._open_group(uid)
        group = "" if self._group is None else str(self._group)
        command = [
            *([] if self._group is None else entering(self._group / AGENT_GROUP)),
            *as_ordinary_user(uid),
            *own_namespaces(),
            str(settings.image.python),
            "-m",
            "sandbox.cell",
            encode(replace(settings.cell(), group=group)).decode().strip(),
        ]
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=agent_environment(settings.image),
            cwd="/",
            # A Ctrl-C at the terminal is for the worker, which then ends its slots.
            start_new_session=True,
        )
        for reader in (self._read_messages, self._read_errors):
            threading.Thread(target=reader, args=(self._process,), daemon=True).start()

    @property
    def pid(self) -> int | None:
        """Process id of the agent's outermost process."""
        return self._process.pid if self._process is not None else None

    @property
    def is_alive(self) -> bool:
        """Whether the agent lives."""
        process = self._process
        return process is not None and process.poll() is None

    def can_serve(self) -> bool:
        """Tell whether the slot could take a run now, or is in one."""
        return self.is_alive and self._state.phase is not CellPhase.STARTING

    def set_warm_up(self, *, wanted: bool) -> None:
        """Say whether new boxes are to run a warm-up job."""
        self._settings = replace(self._settings, warm_up=wanted)
        if self.is_alive:
            self._send(SetWarmUp(wanted))

    @property
    def phase(self) -> CellPhase:
        """What the slot could do for a request now."""
        return self._state.phase

    def health(self) -> SlotHealth:
        """Return the state of the slot for a health page."""
        return SlotHealth(
            number=self.number,
            phase=self._state.phase,
            is_alive=self.is_alive,
            restarts=self._restarts,
            runs=self._runs,
            box_memory_bytes=self._state.box_memory_bytes,
            last_failure=self._failure,
        )

    def run(
        self,
        request: RunRequest,
        *,
        on_progress: Callable[[RunProgress], None],
        is_cancelled: Callable[[], bool],
    ) -> RunOutcome:
        """Run ``request`` to its outcome; faults of ours end as a platform_fault."""
        if not self._is_retired:
            self.start()
        self._runs += 1
        deadline = (
            time.monotonic()
            + request.limits.wall_seconds
            + self._settings.start_seconds
            + _AGENT_GRACE
        )
        if not self._send(request):
            return self._fault(request, "agent_died")
        if self._process is not None:
            hurry(self._process.pid)
        cancel_sent = False
        while True:
            if not cancel_sent and is_cancelled():
                cancel_sent = True
                self._send(CancelRun(request.run_id))
            try:
                message = self._messages.get(timeout=_POLL)
            except queue.Empty:
                if time.monotonic() > deadline:
                    return self._fault(request, "agent_hung")
                continue
            if isinstance(message, RunProgress) and message.run_id == request.run_id:
                on_progress(message)
            elif isinstance(message, RunOutcome) and message.run_id == request.run_id:
                return message
            elif isinstance(message, CellFailure):
                return self._fault(request, message.code, message.message)
            elif message is None:
                return self._fault(request, "agent_died")

    def wait_phase(self, phases: tuple[CellPhase, ...], seconds: float) -> None:
        """Block until the slot is in one of ``phases``, or raise SandboxUnavailable."""
        deadline = time.monotonic() + seconds
        while self._state.phase not in phases:
            process = self._process
            if process is None or process.poll() is not None:
                time.sleep(0.1)  # the last words of the agent
                raise explain_refusal(
                    self._failure or self._said.decode("utf-8", "replace")
                )
            if time.monotonic() > deadline:
                raise SandboxUnavailable(
                    "cell_slow", f"slot {self.number} was not ready in {seconds:.0f} s"
                )
            time.sleep(0.02)

    def retire(self) -> None:
        """Stop for good: a run that is still going does not start the agent anew."""
        self._is_retired = True
        self.stop()

    def stop(self) -> None:
        """End the agent and with it everything in the slot."""
        process = self._process
        if process is None:
            return
        if process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
        try:
            process.wait(self._settings.shut_seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None
        self._state = CellState(CellPhase.STARTING)
        if self._group is not None:
            remove_tree(self._group)
            self._group = None

    def _open_group(self, uid: int) -> Path | None:
        """Make the slot's control group; a kernel that refuses leaves the watchdog."""
        try:
            return self.groups.open_slot(self.number, uid)
        except OSError as error:
            self._failure = f"no_group: {error}"
            logger.warning("slot %s has no control group: %s", self.number, error)
            return None

    def _send(self, message: object) -> bool:
        process = self._process
        if process is None or process.stdin is None:
            return False
        try:
            with self._sending:
                process.stdin.write(encode(message))
                process.stdin.flush()
        except (BrokenPipeError, ValueError):  # gone, or closed by stop() meanwhile
            return False
        return True

    def _fault(self, request: RunRequest, code: str, message: str = "") -> RunOutcome:
        said = message or self._said.decode("utf-8", "replace")
        self._failure = f"{code}: {said[-2000:]}"
        self.stop()
        self._restarts += 1
        if not self._is_retired:
            self.start()
        return RunOutcome.without_rows(
            request.run_id, Ending.PLATFORM_FAULT, detail=code, stderr=said[-4000:]
        )

    def _read_messages(self, process: "subprocess.Popen[bytes]") -> None:
        messages = self._messages
        pipe = opened(process.stdout)
        for line in pipe:
            try:
                message = decode(line, _MESSAGES)
            except ProtocolError as error:
                message = CellFailure("agent_protocol", str(error))
            if isinstance(message, CellState):
                self._state = message
            else:
                if isinstance(message, CellFailure):
                    self._failure = f"{message.code}: {message.message}"
                messages.put(message)
        messages.put(None)
        pipe.close()

    def _read_errors(self, process: "subprocess.Popen[bytes]") -> None:
        pipe = opened(process.stderr)
        for line in pipe:
            self._said = (self._said + line)[-8000:]
        pipe.close()


def agent_environment(image: Image) -> dict[str, str]:
    """Return the whole environment of an agent: nothing of the worker's own."""
    paths = [image.part("agent"), image.part("cell")]
    return {
        "PATH": os.defpath,
        # Seen in a box, it proves that the box was given the agent's environment.
        "POTOK_AGENT": CANARY,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "HOME": "/",
        "PYTHONPATH": ":".join(str(path) for path in paths),
        "PYTHONUTF8": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        # The interpreter's own run path names the place it was built for.
        "LD_LIBRARY_PATH": str(image.part("python") / "lib"),
    }
