"""When the next stage is due: as soon as the box has had the time, never before."""

import time

import pytest

from lab_protocol.messages import Event, Stage
from sandbox.cell.feeding import _EXTENSIONS, _WATERMARK_SECONDS, Feeder


class Clock:
    """The two clocks a feeder looks at: of the wall, and of threads in line."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waited = 0.0


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
    feeder = Feeder(Written(), stages, waited=lambda: clock.waited)
    feeder.feed()
    return feeder


def test_a_stage_waits_until_the_one_before_was_read(
    feeder: Feeder, clock: Clock
) -> None:
    clock.now += 60
    assert not feeder.is_due()
    feeder.hear_consumed(1)
    assert not feeder.is_due()
    clock.now += _WATERMARK_SECONDS
    assert feeder.is_due()


def test_the_lab_may_ask_for_a_longer_time(feeder: Feeder, clock: Clock) -> None:
    feeder.feed()
    feeder.hear_consumed(1)  # an answer about the stage before
    clock.now += 1
    assert not feeder.is_due()
    feeder.hear_consumed(2)
    clock.now += 0.4
    assert not feeder.is_due()
    clock.now += 0.1
    assert feeder.is_due()


def test_a_starved_box_gets_more_time_but_not_for_ever(
    feeder: Feeder, clock: Clock
) -> None:
    feeder.hear_consumed(1)
    for _ in range(_EXTENSIONS):
        clock.now += _WATERMARK_SECONDS
        clock.waited += 0.05
        assert not feeder.is_due()
    clock.now += _WATERMARK_SECONDS
    clock.waited += 0.05
    assert feeder.is_due()


def test_after_the_last_stage_nothing_is_due(feeder: Feeder, clock: Clock) -> None:
    feeder.feed()
    feeder.feed()
    feeder.hear_consumed(3)
    clock.now += 60
    assert feeder.is_done
    assert not feeder.is_due()
