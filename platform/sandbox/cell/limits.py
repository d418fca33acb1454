"""Which limit a run has crossed: pure rules over one reading."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Any

from lab_protocol.messages import Ending, Limits
from sandbox.protections import Protection

_NEVER = 2**62
# What the broker may have stored more than before the run: inputs and outputs are some
# 20 MB, and rows of a transaction that is never committed are seen nowhere else. The
# cell's memory for it is 512 MiB.
STORED_BYTES = 128 * 1024 * 1024
_FIELDS: dict[Protection, tuple[str, ...]] = {
    Protection.WALL_LIMIT: ("wall_seconds",),
    Protection.CPU_LIMIT: ("cpu_seconds",),
    Protection.MEMORY_WATCHDOG: ("memory_bytes",),
    Protection.TASK_WATCHDOG: ("processes",),
    Protection.OUTPUT_ROWS: ("output_rows",),
    Protection.OUTPUT_BYTES: ("output_bytes",),
    Protection.SAID_BYTES: ("stdout_bytes", "stdout_total_bytes"),
}


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run has used so far.

    ``refused`` is ``memory`` or ``processes`` where the kernel has held the box's
    control group to that limit already.
    """

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int
    tasks: int
    said_bytes: int
    rows: int
    row_bytes: int
    stored_bytes: int = 0
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Crossing:
    """The ending that a crossed limit leads to, and which limit it was."""

    ending: Ending
    detail: str


def relaxed(limits: Limits, without: Collection[Protection]) -> Limits:
    """Return ``limits`` with those never reached that a test leaves out."""
    changes: dict[str, Any] = {
        name: type(getattr(limits, name))(_NEVER)
        for protection in without
        for name in _FIELDS.get(protection, ())
    }
    return replace(limits, **changes)


def crossed(limits: Limits, reading: Reading) -> Crossing | None:
    """Return the first crossed limit, None when all hold."""
    if reading.refused:
        return Crossing(Ending.MEMORY_LIMIT, reading.refused)
    rules = (
        (reading.memory_bytes > limits.memory_bytes, Ending.MEMORY_LIMIT, "memory"),
        (reading.tasks > limits.processes, Ending.MEMORY_LIMIT, "processes"),
        (reading.rows > limits.output_rows, Ending.OUTPUT_LIMIT, "rows"),
        (reading.row_bytes > limits.output_bytes, Ending.OUTPUT_LIMIT, "row_bytes"),
        (reading.stored_bytes > STORED_BYTES, Ending.OUTPUT_LIMIT, "row_bytes"),
        (reading.said_bytes > limits.stdout_total_bytes, Ending.OUTPUT_LIMIT, "stdout"),
        (reading.cpu_seconds > limits.cpu_seconds, Ending.TIME_LIMIT, "cpu"),
        (reading.wall_seconds > limits.wall_seconds, Ending.TIME_LIMIT, "wall"),
    )
    for is_crossed, ending, detail in rules:
        if is_crossed:
            return Crossing(ending, detail)
    return None
