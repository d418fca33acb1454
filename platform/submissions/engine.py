"""The real engine behind ``execution.Engine``: the sandbox's slots on this host."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Unpack

from django.conf import settings

from lab_protocol.author import LabBuild
from lab_protocol.messages import (
    Ending,
    RunOutcome,
    RunRequest,
)
from lab_protocol.wire import to_jsonable
from sandbox.author import Building, BuildOptions, begin_lab
from sandbox.author_desk import AuthorDesk
from sandbox.errors import SandboxUnavailable
from sandbox.image.manifest import load_image, runtime_dir
from sandbox.pool import SlotPool
from sandbox.selfcheck import require_proof
from sandbox.settings import SandboxSettings
from submissions.execution import RunProgram
from submissions.watch import Watch

logger = logging.getLogger(__name__)

STARTING = "starting"
# A start costs some ten core-seconds, in which the worker does no other duty.
CLOSED_SECONDS = 60.0


class CellEngine:
    """Slots of cells. Takes no work before its jail has proved itself.

    ``detail`` says why it takes none: a stable code and what to type.
    """

    def __init__(self) -> None:
        self.detail = STARTING
        self._sandbox: SandboxSettings | None = None
        self._pool: SlotPool | None = None
        self._authors: AuthorDesk | None = None
        self._start_after = 0.0

    @property
    def is_ready(self) -> bool:
        """Whether labs can be run now."""
        return self._pool is not None and not self._pool.is_stale

    @property
    def is_closed(self) -> bool:
        """Whether a start has failed, so that no lab runs here before another one."""
        return self._pool is None and self.detail not in ("", STARTING)

    @property
    def health(self) -> Any:
        """The state of the pool and its slots, as JSON."""
        return {} if self._pool is None else to_jsonable(self._pool.health())

    @property
    def warm_slots(self) -> int:
        """How many slots hold a box that has run its warm-up job."""
        if self._pool is None:
            return 0
        return self._pool.health().warm

    def start(self) -> None:
        """Start the slots and prove their jail, some ten seconds; else stay closed."""
        pool = None
        try:
            image = load_image(runtime_dir(Path(settings.LAB_CONTENT_ROOT)))
            sandbox = SandboxSettings(
                image=image, slots=settings.LAB_SLOTS, spare=settings.LAB_SPARE_CELLS
            )
            pool = SlotPool(sandbox)
            pool.start()
            require_proof(pool)
        except (SandboxUnavailable, OSError) as error:
            # OSError: a full disk, or a program of the system that is not there.
            self.detail = (
                f"engine_start: {error}" if isinstance(error, OSError) else str(error)
            )
            self._start_after = time.monotonic() + CLOSED_SECONDS
            logger.error("labs cannot run: %s", error)
            if pool is not None:
                pool.stop()
            return
        self._authors = AuthorDesk(image, ready=settings.LAB_SLOTS)
        self._authors.start()
        self._sandbox, self._pool, self.detail = sandbox, pool, ""

    def stop(self) -> None:
        """End every slot with everything in it."""
        pool, self._pool = self._pool, None
        authors, self._authors = self._authors, None
        if pool is not None:
            pool.stop()
        if authors is not None:
            authors.stop()

    def renew(self) -> None:
        """Start anew, proof and all, once the image is another and nothing runs.

        One that is closed tries again now and then: what forbade it may be mended.
        """
        if self.is_closed and time.monotonic() >= self._start_after:
            self.start()
            return
        pool = self._pool
        if pool is not None and pool.is_stale and pool.is_idle:
            logger.warning("the runtime image has changed: the slots start anew")
            self.stop()
            self.detail = STARTING
            self.start()

    def expect(self, waiting: int) -> None:
        """Tell the pool how many submissions wait."""
        if self._pool is not None:
            self._pool.expect(waiting)

    def build(
        self, *, tree: Path, lab: str, seed: int, **options: Unpack[BuildOptions]
    ) -> LabBuild:
        """Run the lab's own code in its jail. Raises AuthorFault."""
        return self.begin(tree=tree, lab=lab, seed=seed, **options).whole()

    def begin(
        self, *, tree: Path, lab: str, seed: int, **options: Unpack[BuildOptions]
    ) -> Building:
        """Begin to run the lab's own code in its jail."""
        if self._sandbox is None:
            raise SandboxUnavailable("not_started", "the engine has not been started")
        return begin_lab(
            image=self._sandbox.image,
            release_files=tree,
            lab=lab,
            seed=seed,
            author=None if self._authors is None else self._authors.take(),
            **options,
        )

    @contextmanager
    def reserve(self, watch: Watch) -> Iterator[RunProgram]:
        """Hold a free slot; what is yielded runs a program in a fresh box of it."""
        if self._pool is None:
            raise SandboxUnavailable("not_started", "the engine has not been started")
        with self._pool.reserve(watch.stopped) as slot:

            def run(request: RunRequest) -> RunOutcome:
                if slot is None:
                    return RunOutcome.without_rows(request.run_id, Ending.CANCELLED)
                return slot.run(
                    request, on_progress=watch.progress, is_cancelled=watch.stopped
                )

            yield run
