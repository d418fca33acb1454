"""The slots of one worker process."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType

from lab_protocol.messages import (
    CellPhase,
    Ending,
    EndRule,
    RunOutcome,
    RunProgress,
    RunRequest,
)
from sandbox.errors import SandboxUnavailable
from sandbox.settings import SandboxSettings
from sandbox.slot import Slot, SlotHealth

_ORDER = (CellPhase.WARM, CellPhase.READY, CellPhase.BUSY, CellPhase.STARTING)
_USABLE = (CellPhase.WARM, CellPhase.READY)


class SlotPool:
    """Hands each run a slot that is free, the warmest first. Safe for threads."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._slots = [Slot(settings, number) for number in range(settings.slots)]
        self._free = list(self._slots)
        self._changed = threading.Condition()
        self._stopped = True

    def start(self) -> None:
        """Start all slots; returns at once, they warm up by themselves."""
        with self._changed:
            self._stopped = False
        for slot in self._slots:
            slot.start()

    def wait_ready(self, seconds: float, *, warm: bool = False) -> None:
        """Block until every slot takes runs; SandboxUnavailable says why not."""
        phases = (CellPhase.WARM,) if warm else _USABLE
        for slot in self._slots:
            slot.wait_phase(phases, seconds)

    def stop(self) -> None:
        """End all slots with everything in them."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        for slot in self._slots:
            slot.retire()

    def health(self) -> list[SlotHealth]:
        """Return the state of each slot."""
        return [slot.health() for slot in self._slots]

    def pids(self) -> list[int]:
        """Return the outermost process of each slot that lives."""
        return [slot.pid for slot in self._slots if slot.pid is not None]

    def run(
        self,
        request: RunRequest,
        *,
        on_progress: Callable[[RunProgress], None],
        is_cancelled: Callable[[], bool],
    ) -> RunOutcome:
        """Run ``request`` in the first free slot; blocks until its outcome.

        Never raises for what a learner's program does. SandboxUnavailable when the
        pool is stopped.
        """
        with self.reserve(is_cancelled) as slot:
            if slot is None:
                return RunOutcome(
                    run_id=request.run_id,
                    ending=Ending.CANCELLED,
                    end_rule=EndRule.STOPPED,
                    records={},
                )
            return slot.run(request, on_progress=on_progress, is_cancelled=is_cancelled)

    @contextmanager
    def reserve(self, is_cancelled: Callable[[], bool]) -> Iterator[Slot | None]:
        """Hold one slot for several runs, each in a fresh box; None when cancelled.

        SandboxUnavailable when the pool is stopped.
        """
        slot = self._take(is_cancelled)
        try:
            yield slot
        finally:
            if slot is not None:
                with self._changed:
                    self._free.append(slot)
                    self._changed.notify()

    def __enter__(self) -> "SlotPool":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _take(self, is_cancelled: Callable[[], bool]) -> Slot | None:
        with self._changed:
            while True:
                if self._stopped:
                    raise SandboxUnavailable("pool_stopped", "the pool is stopped")
                if self._free:
                    best = min(self._free, key=lambda slot: _ORDER.index(slot.phase))
                    self._free.remove(best)
                    return best
                if is_cancelled():
                    return None
                self._changed.wait(0.2)
