"""When the next stage is due: as soon as the box has had the time, never before."""

import time

import pytest

from lab_protocol.messages import Event, Stage
from sandbox.cell.feeding import (
    _EXTENSIONS,
    _LONGEST_SECONDS,
    _MOMENT_SECONDS,
    _WATERMARK_SECONDS,
    Feeder,
)
from sandbox.cell.process_table import Standing


class Clock:
    """The clocks a feeder looks at: of the wall, of threads that run and that wait."""

    def __init__(self) -> None:
        self.now = 100.0
        self.ran = 0.0
        self.waited = 0.0

    def standing(self) -> Standing:
        return Standing(self.ran, self.waited)


class Written:
    """A producer that has written everything at once."""

    def produce(self, topic: str, **event: object) -> None:
        pass

    def flush(self, seconds: float) -> int:
        return 0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(time, "monotonic", lambda: clock.now)
    return clock


@pytest.fixture
def feeder(clock: Clock) -> Feeder:
    stages = [
        Stage(name, (Event("orders", None, b"{}"),), settle_ms=settle)
        for name, settle in (("snapshot", 0), ("live", 500), ("closing", 0))
    ]
    feeder = Feeder(Written(), stages, standing=clock.standing)
    feeder.feed()
    return feeder


def is_due_after(
    feeder: Feeder,
    clock: Clock,
    seconds: float,
    *,
    waiting: float = 0.0,
    running: float = 3.0,
) -> bool:
    """Ask every 5 ms; meanwhile so many threads stand in line, and so many run."""
    end = clock.now + seconds
    while clock.now < end - 1e-9:
        clock.now += 0.005
        clock.waited += 0.005 * waiting
        clock.ran += 0.005 * running
        if feeder.is_due():
            return True
    return False


def test_a_stage_waits_until_the_one_before_was_read(
    feeder: Feeder, clock: Clock
) -> None:
    clock.now += 60
    assert not feeder.is_due()
    feeder.hear_consumed(1)
    assert not is_due_after(feeder, clock, _WATERMARK_SECONDS - 0.01)
    assert is_due_after(feeder, clock, 0.02)


def test_the_lab_may_ask_for_a_longer_time(feeder: Feeder, clock: Clock) -> None:
    feeder.feed()
    feeder.hear_consumed(1)  # an answer about the stage before
    clock.now += 1
    assert not feeder.is_due()
    feeder.hear_consumed(2)
    assert not is_due_after(feeder, clock, 0.49)
    assert is_due_after(feeder, clock, 0.02)


def test_a_starved_box_gets_more_time_but_not_for_ever(
    feeder: Feeder, clock: Clock
) -> None:
    longest = _WATERMARK_SECONDS + _EXTENSIONS * _MOMENT_SECONDS
    feeder.hear_consumed(1)
    assert not is_due_after(feeder, clock, longest - 0.01, waiting=3)
    # Each moment ends at the next question, up to 5 ms later.
    assert is_due_after(feeder, clock, 0.03 + _EXTENSIONS * 0.005, waiting=3)


def test_a_moment_counts_by_what_the_cell_got_of_it(
    feeder: Feeder, clock: Clock
) -> None:
    feeder.hear_consumed(1)
    longest = _WATERMARK_SECONDS + _EXTENSIONS * _MOMENT_SECONDS
    # A tenth of what is asked for: the moments last five times as long.
    little = {"waiting": 2.7, "running": 0.3}
    assert not is_due_after(feeder, clock, 4 * longest, **little)
    assert is_due_after(feeder, clock, 2.5 * longest, **little)


def test_a_cell_that_gets_nothing_does_not_hold_the_stream_for_ever(
    feeder: Feeder, clock: Clock
) -> None:
    feeder.hear_consumed(1)
    nothing = {"waiting": 3.0, "running": 0.0}
    assert not is_due_after(feeder, clock, _LONGEST_SECONDS - 0.1, **nothing)
    assert is_due_after(feeder, clock, 0.3, **nothing)


def test_threads_in_line_count_only_at_the_end_of_the_time(
    feeder: Feeder, clock: Clock
) -> None:
    feeder.hear_consumed(1)
    assert not is_due_after(feeder, clock, _WATERMARK_SECONDS - 0.03, waiting=3)
    assert is_due_after(feeder, clock, 0.04)


def test_after_the_last_stage_nothing_is_due(feeder: Feeder, clock: Clock) -> None:
    feeder.feed()
    feeder.feed()
    feeder.hear_consumed(3)
    clock.now += 60
    assert feeder.is_done
    assert not feeder.is_due()
