"""How many cells a pool keeps."""

import time

import pytest

from sandbox.demand import (
    CELL_BYTES,
    IDLE_SECONDS,
    KEPT_FREE_BYTES,
    RUNS_PER_CELL,
    WINDOW_SECONDS,
    Demand,
    available_memory,
    target_cells,
)

PLENTY = KEPT_FREE_BYTES + 20 * CELL_BYTES


def target(**changed: float) -> int:
    asked = {
        "concurrency": 2,
        "spare": 3,
        "demand": 0,
        "idle_seconds": 0,
        "cells": 2,
        "memory_available": PLENTY,
    }
    return target_cells(**(asked | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("changed", "cells"),
    [
        ({}, 3),
        ({"demand": RUNS_PER_CELL}, 4),
        ({"demand": 100 * RUNS_PER_CELL}, 5),
        ({"spare": 0, "demand": 100 * RUNS_PER_CELL}, 2),
        ({"idle_seconds": IDLE_SECONDS + 1, "cells": 5}, 2),
        # Memory for one more cell, for none, and too little for those that are there.
        ({"demand": 900, "memory_available": KEPT_FREE_BYTES + CELL_BYTES}, 3),
        ({"memory_available": KEPT_FREE_BYTES}, 2),
        ({"cells": 4, "demand": 900, "memory_available": KEPT_FREE_BYTES - 1}, 3),
        ({"memory_available": 0}, 2),
    ],
)
def test_the_target_follows_demand_and_memory(
    changed: dict[str, float], cells: int
) -> None:
    assert target(**changed) == cells


def test_demand_forgets_what_is_older_than_its_window(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    demand = Demand()
    demand.note()
    now += WINDOW_SECONDS / 2
    demand.note()
    assert demand.recent() == 2
    now += WINDOW_SECONDS / 2 + 1
    assert demand.recent() == 1
    assert demand.idle_seconds() == WINDOW_SECONDS / 2 + 1


def test_the_kernel_says_how_much_memory_is_available() -> None:
    assert available_memory() > 64 * 1024 * 1024
