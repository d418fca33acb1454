"""Stages and the numbers of events."""

import pytest

from lab_protocol.messages import Event
from potok_cdc.stream import StreamBuilder


def event(topic: str) -> Event:
    return Event(topic=topic, key=None, value=b"{}")


def test_events_are_numbered_over_all_stages():
    builder = StreamBuilder()
    builder.stage("snapshot", [event("a"), event("b")], settle_ms=50)
    builder.stage("live", [event("b"), event("a")])
    stream = builder.build()
    assert [found[:2] for found in stream.numbered("a")] == [
        (0, "snapshot"),
        (3, "live"),
    ]
    assert len(stream.events) == 4
    assert [stage.settle_ms for stage in stream.stages] == [50, 0]


def test_a_stage_has_one_name():
    builder = StreamBuilder()
    builder.stage("live", [])
    with pytest.raises(ValueError, match="stage live exists"):
        builder.stage("live", [])
