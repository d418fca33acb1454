"""The slots of one worker process: some run, the spare ones warm up meanwhile.

At most ``settings.slots`` runs go on at once. A box is used once and takes some five
seconds to be warm again, so the pool keeps more cells than that, as far as memory and
recent demand allow. A cell that is dead or of an older image is never handed out.
"""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from types import TracebackType

from lab_protocol.messages import (
    CellPhase,
    Ending,
    RunOutcome,
    RunProgress,
    RunRequest,
)
from sandbox.cgroups import NO_GROUPS, LimitMode, open_groups
from sandbox.demand import Demand, available_memory, target_cells
from sandbox.errors import SandboxUnavailable
from sandbox.image.manifest import load_image
from sandbox.protections import Protection
from sandbox.settings import CellSettings, SandboxSettings
from sandbox.slot import Slot, SlotHealth

logger = logging.getLogger(__name__)

_ORDER = (CellPhase.WARM, CellPhase.READY, CellPhase.BUSY, CellPhase.STARTING)
_USABLE = (CellPhase.WARM, CellPhase.READY)
_TEND_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class PoolHealth:
    """What the pool says of itself.

    ``running`` of at most ``concurrency`` runs go on; ``target`` is how many cells it
    wants to keep, ``warm`` how many could take a run at once, ``spare`` how many more
    it keeps than may run. ``demand`` counts the runs of the last two minutes. Memory
    is in bytes: what the warm boxes hold together, and what the machine has left.
    ``limits`` is what holds the sum of a box's processes to its limits besides the
    watchdog, which always does; ``limits_reason`` says why the kernel does not.
    """

    concurrency: int
    running: int
    target: int
    warm: int
    spare: int
    demand: int
    memory_bytes: int
    memory_available_bytes: int
    is_stale: bool
    limits: LimitMode
    limits_reason: str
    slots: tuple[SlotHealth, ...]


class SlotPool:
    """Hands each run a slot that is free, the warmest first. Safe for threads."""

    def __init__(self, settings: SandboxSettings) -> None:
        self._settings = settings
        self._slots = [Slot(settings, number) for number in range(settings.slots)]
        self._free = list(self._slots)
        self._groups = NO_GROUPS
        self._running = 0
        self._changed = threading.Condition()
        self._stopped = True
        self._demand = Demand()
        self._target = settings.slots
        self._warms_up = settings.warm_up
        self._tending: threading.Thread | None = None

    def start(self) -> None:
        """Start all slots; returns at once, they warm up by themselves."""
        with self._changed:
            self._stopped = False
        self._groups = open_groups()
        if self._groups.mode is LimitMode.CGROUP_V2:
            logger.info("the kernel limits each box: %s", self._groups.folder)
        else:
            logger.warning("a watchdog limits the boxes: %s", self._groups.reason)
        for slot in self._slots:
            slot.groups = self._groups
            slot.start()
        if self._settings.spare:
            # One at once: it warms up while the jail is proven in another.
            if self._wanted() > len(self._slots):
                self._add()
            self._tending = threading.Thread(target=self._tend, daemon=True)
            self._tending.start()

    def wait_ready(self, seconds: float, *, warm: bool = False) -> None:
        """Block until every slot takes runs; SandboxUnavailable says why not."""
        phases = (CellPhase.WARM,) if warm else _USABLE
        for slot in list(self._slots):
            slot.wait_phase(phases, seconds)

    def stop(self) -> None:
        """End all slots with everything in them."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
        if self._tending is not None:
            self._tending.join()
        for slot in self._slots:
            slot.retire()
        self._groups.close()

    @property
    def is_stale(self) -> bool:
        """Whether the image was rebuilt or removed since the pool was made."""
        image = self._settings.image
        try:
            return load_image(image.runtime).folders != image.folders
        except SandboxUnavailable:
            return True

    @property
    def is_idle(self) -> bool:
        """Whether no run goes on."""
        return self._running == 0

    def health(self) -> PoolHealth:
        """Return the state of the pool and of each slot, for a health page."""
        slots = tuple(slot.health() for slot in list(self._slots))
        return PoolHealth(
            concurrency=self._settings.slots,
            running=self._running,
            target=self._target,
            warm=sum(slot.phase is CellPhase.WARM for slot in slots),
            spare=max(0, len(slots) - self._settings.slots),
            demand=self._demand.recent(),
            memory_bytes=sum(slot.box_memory_bytes for slot in slots),
            memory_available_bytes=available_memory(),
            is_stale=self.is_stale,
            limits=self._groups.mode,
            limits_reason=self._groups.reason,
            slots=slots,
        )

    @property
    def cell(self) -> CellSettings:
        """What the agents of this pool were told."""
        return self._settings.cell()

    @property
    def without(self) -> frozenset[Protection]:
        """The protections that a test has left out; empty for a pool that serves."""
        return self._settings.without

    def pids(self) -> list[int]:
        """Return the outermost process of each slot that lives."""
        return [slot.pid for slot in list(self._slots) if slot.pid is not None]

    def expect(self, waiting: int) -> None:
        """Note how many submissions wait.

        With more waiting than cells, a warm-up job only takes from the runs what it
        would give to one of them: new boxes go without.
        """
        wanted = self._settings.warm_up and waiting <= len(self._slots)
        if wanted is not self._warms_up:
            self._warms_up = wanted
            for slot in list(self._slots):
                slot.set_warm_up(wanted=wanted)

    def run(
        self,
        request: RunRequest,
        *,
        on_progress: Callable[[RunProgress], None],
        is_cancelled: Callable[[], bool],
    ) -> RunOutcome:
        """Run ``request`` in the first free slot; blocks until its outcome.

        Never raises for what a learner's program does. SandboxUnavailable when the
        pool is stopped or its image is not the current one any more.
        """
        with self.reserve(is_cancelled) as slot:
            if slot is None:
                return RunOutcome.without_rows(request.run_id, Ending.CANCELLED)
            return slot.run(request, on_progress=on_progress, is_cancelled=is_cancelled)

    @contextmanager
    def reserve(self, is_cancelled: Callable[[], bool]) -> Iterator[Slot | None]:
        """Hold one slot for several runs, each in a fresh box; None when cancelled.

        SandboxUnavailable when the pool is stopped or its image is not the current
        one any more.
        """
        if self.is_stale:
            raise SandboxUnavailable(
                "stale_image", "the runtime image was rebuilt since the slots started"
            )
        slot = self._take(is_cancelled)
        try:
            yield slot
        finally:
            if slot is not None:
                with self._changed:
                    self._running -= 1
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
                if self._free and self._running < self._settings.slots:
                    best = min(self._free, key=_rank)
                    self._free.remove(best)
                    self._running += 1
                    self._demand.note()
                    return best
                if is_cancelled():
                    return None
                self._changed.wait(0.2)

    def _tend(self) -> None:
        """Follow demand and memory: one cell more or less at a time."""
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopped, _TEND_SECONDS)
                if self._stopped:
                    return
                starting = any(not slot.can_serve() for slot in self._slots)
            self._target = self._wanted()
            # A cell in its start has not taken its memory yet.
            if self._target > len(self._slots) and not starting:
                self._add()
            elif self._target < len(self._slots):
                self._remove()

    def _wanted(self) -> int:
        return target_cells(
            concurrency=self._settings.slots,
            spare=self._settings.spare,
            demand=self._demand.recent(),
            idle_seconds=self._demand.idle_seconds(),
            cells=len(self._slots),
            memory_available=available_memory(),
        )

    def _add(self) -> None:
        taken = {slot.number for slot in self._slots}
        number = next(n for n in range(len(taken) + 1) if n not in taken)
        settings = replace(self._settings, warm_up=self._warms_up)
        slot = Slot(settings, number, self._groups)
        slot.start()
        with self._changed:
            self._slots.append(slot)
            self._free.append(slot)
            self._changed.notify()

    def _remove(self) -> None:
        with self._changed:
            if not self._free:
                return
            worst = max(self._free, key=_rank)
            self._free.remove(worst)
            self._slots.remove(worst)
        worst.retire()


def _rank(slot: Slot) -> tuple[bool, int]:
    return (not slot.is_alive, _ORDER.index(slot.phase))
