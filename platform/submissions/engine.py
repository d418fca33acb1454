"""The real engine behind ``execution.Engine``: the sandbox's slots, by settings."""

import logging
from pathlib import Path

from django.conf import settings

from lab_protocol.author import LabBuild
from lab_protocol.messages import RunOutcome, RunRequest
from sandbox.author import build_lab
from sandbox.errors import SandboxUnavailable
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings
from submissions.execution import Watch

logger = logging.getLogger(__name__)


class CellEngine:
    """Slots of cells on this host. Takes no work unless its jail has proved itself."""

    def __init__(self, sandbox: SandboxSettings) -> None:
        self.sandbox = sandbox
        self.pool = SlotPool(sandbox)
        self.is_ready = False
        self.detail = ""

    @classmethod
    def from_settings(cls) -> "CellEngine":
        """Return the engine that the site's settings describe."""
        return cls(
            SandboxSettings.for_root(
                Path(settings.LAB_CONTENT_ROOT),
                var_dir=Path(settings.LAB_VAR_DIR),
                runtime_dir=(
                    Path(settings.LAB_RUNTIME_DIR) if settings.LAB_RUNTIME_DIR else None
                ),
                slots=settings.LAB_SLOTS,
            )
        )

    def start(self) -> None:
        """Prove the jail and warm the slots; on failure say why and stay closed."""
        try:
            self.pool.start()
        except SandboxUnavailable as error:
            self.detail = f"{error.code}: {error.repair}"
            logger.error("labs cannot run: %s", self.detail)
        else:
            self.is_ready = True

    def stop(self) -> None:
        """End every slot and all that runs in it."""
        self.is_ready = False
        self.pool.stop()

    def build(self, *, tree: Path, lab: str, seed: int) -> LabBuild:
        """Run the lab's own code in its jail. Raises AuthorFault."""
        return build_lab(settings=self.sandbox, release=tree, lab=lab, seed=seed)

    def run(self, request: RunRequest, *, watch: Watch) -> RunOutcome:
        """Run a program in a free slot."""
        return self.pool.run(
            request, on_progress=watch.progress, is_cancelled=watch.stopped
        )
