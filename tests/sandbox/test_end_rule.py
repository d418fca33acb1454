"""The pure rules that end a run."""

from dataclasses import replace

import pytest

from lab_protocol.messages import EndRule
from sandbox.cell.end_rule import CpuHistory, Observation, Stillness, end_of_run

CALM = Observation(
    now=100.0,
    moved_at=90.0,
    quiet_seconds=1.0,
    stream_is_fed=True,
    closing_rows_seen=False,
    all_topics_close=True,
    stillness=Stillness.CERTAIN,
    jobs_running=1,
    jobs_finished=0,
    program_ended_at=95.0,
    box_is_alive=True,
)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({}, EndRule.QUIET),
        ({"closing_rows_seen": True}, EndRule.CLOSING_ROWS),
        ({"closing_rows_seen": True, "stream_is_fed": False}, None),
        (
            {"closing_rows_seen": True, "all_topics_close": False, "moved_at": 99.5},
            None,
        ),
        ({"stream_is_fed": False}, None),
        ({"moved_at": 99.5}, None),
        ({"quiet_seconds": 20.0}, None),
        ({"stillness": Stillness.BUSY}, None),
        ({"stillness": Stillness.PERHAPS, "moved_at": 93.0}, None),
        ({"stillness": Stillness.PERHAPS, "moved_at": 91.0}, EndRule.QUIET),
        ({"jobs_running": 0, "program_ended_at": None}, None),
        ({"jobs_running": 0}, EndRule.BOX_EXITED),
        ({"jobs_running": 0, "program_ended_at": 99.7}, None),
        ({"jobs_running": 0, "stream_is_fed": False}, EndRule.BOX_EXITED),
        ({"box_is_alive": False}, EndRule.BOX_EXITED),
    ],
)
def test_a_run_ends_by_the_first_rule_that_holds(
    change: dict[str, object], expected: EndRule | None
) -> None:
    assert end_of_run(replace(CALM, **change)) is expected


def history(*samples: tuple[float, float]) -> CpuHistory:
    """A history of (used, waited) seconds per sample of 0.2 s."""
    result = CpuHistory()
    used = waited = 0.0
    result.add(0.0, 0.0, 0.0)
    for number, (more_used, more_waited) in enumerate(samples, start=1):
        used += more_used
        waited += more_waited
        result.add(0.2 * number, used, waited)
    return result


@pytest.mark.parametrize(
    ("samples", "expected"),
    [
        ([(0.01, 0.0)] * 4, Stillness.BUSY),
        ([(0.01, 0.0)] * 5, Stillness.CERTAIN),
        ([(0.2, 0.0)] + [(0.01, 0.0)] * 4, Stillness.BUSY),
        ([(0.2, 0.0)] + [(0.01, 0.0)] * 5, Stillness.CERTAIN),
        ([(0.01, 0.0)] * 4 + [(0.02, 0.2)], Stillness.PERHAPS),
        # Threads that ended take their waits with them.
        ([(0.01, 0.05), (0.01, -0.04)] + [(0.01, 0.0)] * 3, Stillness.CERTAIN),
    ],
)
def test_stillness_is_judged_over_five_samples(
    samples: list[tuple[float, float]], expected: Stillness
) -> None:
    assert history(*samples).stillness is expected


def test_a_reading_is_due_every_fifth_of_a_second() -> None:
    cpu = CpuHistory()
    assert cpu.is_due(5.0)
    cpu.add(5.0, 1.0, 0.0)
    assert not cpu.is_due(5.1)
    assert cpu.is_due(5.2)
