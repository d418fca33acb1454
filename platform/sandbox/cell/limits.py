"""Which limit a run has crossed: pure rules over one reading."""

from dataclasses import dataclass

from lab_protocol.messages import Ending, Limits

# A quarter of a million empty files cost the kernel about 250 MiB of its own.
FILES = 50_000


@dataclass(frozen=True, slots=True)
class Reading:
    """What a run has used so far."""

    wall_seconds: float
    cpu_seconds: float
    memory_bytes: int
    tasks: int
    has_too_many_files: bool
    said_bytes: int
    rows: int
    row_bytes: int


@dataclass(frozen=True, slots=True)
class Crossing:
    """The ending that a crossed limit leads to, and which limit it was."""

    ending: Ending
    detail: str


def crossed(limits: Limits, reading: Reading) -> Crossing | None:
    """Return the first crossed limit, None when all hold."""
    rules = (
        (reading.memory_bytes > limits.memory_bytes, Ending.MEMORY_LIMIT, "memory"),
        (reading.tasks > limits.processes, Ending.MEMORY_LIMIT, "processes"),
        (reading.has_too_many_files, Ending.OUTPUT_LIMIT, "files"),
        (reading.rows > limits.output_rows, Ending.OUTPUT_LIMIT, "rows"),
        (reading.row_bytes > limits.output_bytes, Ending.OUTPUT_LIMIT, "row_bytes"),
        (reading.said_bytes > limits.stdout_total_bytes, Ending.OUTPUT_LIMIT, "stdout"),
        (reading.cpu_seconds > limits.cpu_seconds, Ending.TIME_LIMIT, "cpu"),
        (reading.wall_seconds > limits.wall_seconds, Ending.TIME_LIMIT, "wall"),
    )
    for is_crossed, ending, detail in rules:
        if is_crossed:
            return Crossing(ending, detail)
    return None
