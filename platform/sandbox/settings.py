"""What a host decides about its engine; no framework and no global state."""

import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.image.manifest import Image, load_image, runtime_dir
from sandbox.privileges import may_renice
from sandbox.protections import Protection

MIB = 1024 * 1024
# A box starts for five seconds on two cores: a run of another slot goes first.
START_NICENESS = 10


@dataclass(frozen=True, slots=True)
class CellSettings:
    """What one cell agent is told when it starts. Bytes, seconds.

    ``box_data_bytes`` bounds the private memory of each single process of the box;
    below 700 MiB the Java machine does not live. ``box_tasks`` bounds processes and
    threads together. ``scratch_bytes`` is the size of each of /tmp and /work.
    ``without`` names protections that a test leaves out. ``group`` is the slot's own
    control group, empty where the worker has none.
    ``linger_seconds`` is for tests of the end rule alone: for so long a box lives on
    after its end was decided; rows that come then carry a stage that no stream has.
    """

    runtime: str
    folders: dict[str, str]
    warm_up: bool = True
    archives: bool = True
    box_data_bytes: int = 1536 * MIB
    box_tasks: int = 700
    box_files: int = 4096
    scratch_bytes: int = 256 * MIB
    broker_bytes: int = 512 * MIB
    broker_runs: int = 50
    start_seconds: float = 60.0
    start_niceness: int = 0
    without: tuple[Protection, ...] = ()
    group: str = ""
    linger_seconds: float = 0.0

    @property
    def image(self) -> Image:
        """The image as it was when the agent was started."""
        return Image(Path(self.runtime), self.folders)


@dataclass(frozen=True, slots=True)
class SandboxSettings:
    """Slots of this host and the ordinary users they run as when the host is root.

    Each slot has a user id of its own, ``first_uid`` plus its number, so that no slot
    can signal, trace or starve another even if its namespaces failed. Ids need no
    account. ``spare`` is how many more cells than ``slots`` a pool may keep warm.
    ``shut_seconds`` is the grace a slot gets to end by itself. ``without`` names
    protections that a test leaves out; such slots serve nobody.
    """

    image: Image
    slots: int = 2
    spare: int = 0
    first_uid: int = 61_300
    warm_up: bool = True
    broker_runs: int = 50
    start_seconds: float = 60.0
    shut_seconds: float = 2.0
    without: frozenset[Protection] = frozenset()
    linger_seconds: float = 0.0

    def cell(self) -> CellSettings:
        """Return what the agent of a slot is told."""
        return CellSettings(
            runtime=str(self.image.runtime.resolve()),
            folders=self.image.folders,
            warm_up=self.warm_up,
            broker_runs=self.broker_runs,
            start_seconds=self.start_seconds,
            start_niceness=START_NICENESS if may_renice() else 0,
            without=tuple(sorted(self.without)),
            linger_seconds=self.linger_seconds,
        )


def settings_from_environment(root: Path) -> SandboxSettings:
    """Read LAB_SLOTS, LAB_WARM_UP and LAB_RUNTIME_DIR for the checkout ``root``.

    Raises SandboxUnavailable where the image is not there and ValueError for a number
    that is none.
    """
    return SandboxSettings(
        image=load_image(runtime_dir(root)),
        slots=int(os.environ.get("LAB_SLOTS", "2")),
        warm_up=os.environ.get("LAB_WARM_UP", "1") != "0",
    )
