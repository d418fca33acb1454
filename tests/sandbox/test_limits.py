"""Each limit leads to its own ending, and only past the limit."""

from dataclasses import replace

import pytest

from lab_protocol.messages import Ending, Limits
from sandbox.cell.limits import STORED_BYTES, Reading, crossed

LIMITS = Limits()
AT_THE_LIMIT = Reading(
    wall_seconds=LIMITS.wall_seconds,
    cpu_seconds=LIMITS.cpu_seconds,
    memory_bytes=LIMITS.memory_bytes,
    tasks=LIMITS.processes,
    said_bytes=LIMITS.stdout_total_bytes,
    rows=LIMITS.output_rows,
    row_bytes=LIMITS.output_bytes,
    stored_bytes=STORED_BYTES,
)


def test_a_run_exactly_at_its_limits_goes_on() -> None:
    assert crossed(LIMITS, AT_THE_LIMIT) is None


@pytest.mark.parametrize(
    ("change", "ending", "detail"),
    [
        ({"wall_seconds": 30.1}, Ending.TIME_LIMIT, "wall"),
        ({"cpu_seconds": 60.1}, Ending.TIME_LIMIT, "cpu"),
        ({"memory_bytes": LIMITS.memory_bytes + 1}, Ending.MEMORY_LIMIT, "memory"),
        ({"tasks": LIMITS.processes + 1}, Ending.MEMORY_LIMIT, "processes"),
        ({"said_bytes": 5_000_000}, Ending.OUTPUT_LIMIT, "stdout"),
        ({"rows": LIMITS.output_rows + 1}, Ending.OUTPUT_LIMIT, "rows"),
        ({"row_bytes": LIMITS.output_bytes + 1}, Ending.OUTPUT_LIMIT, "row_bytes"),
        ({"stored_bytes": STORED_BYTES + 1}, Ending.OUTPUT_LIMIT, "row_bytes"),
        ({"refused": "memory"}, Ending.MEMORY_LIMIT, "memory"),
        ({"refused": "processes"}, Ending.MEMORY_LIMIT, "processes"),
    ],
)
def test_a_crossed_limit_names_itself(
    change: dict[str, object], ending: Ending, detail: str
) -> None:
    crossing = crossed(LIMITS, replace(AT_THE_LIMIT, **change))
    assert crossing is not None
    assert (crossing.ending, crossing.detail) == (ending, detail)
