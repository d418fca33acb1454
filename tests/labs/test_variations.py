"""What each variation of the library promises, on any workload."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lab_protocol.messages import Event, Stage
from potok_cdc.capture import Delete, Insert, Update
from potok_cdc.stream import Stream
from potok_cdc.variations import (
    delayed,
    murmur2,
    partition_of,
    resent,
    spread,
    whole_windows,
    with_phantoms,
)

items = st.lists(
    st.tuples(st.integers(0, 1_000), st.integers(0, 3)), max_size=30, unique=True
)


@given(items, st.integers(1, 200), st.randoms(use_true_random=False))
def test_a_delayed_item_is_never_behind_a_watermark_of_the_same_bound(
    items, bound, random
):
    arrivals = delayed(
        items, random, time=lambda item: item[0], bound=bound, key=lambda item: item[1]
    )
    assert sorted(item for _, item in arrivals) == sorted(items)
    assert [at for at, _ in arrivals] == sorted(at for at, _ in arrivals)
    latest = -1
    for at, item in arrivals:
        assert item[0] <= at < item[0] + bound
        assert item[0] > latest - bound
        latest = max(latest, item[0])
    for key in range(4):
        times = [item[0] for _, item in arrivals if item[1] == key]
        assert times == sorted(times)


@given(st.integers(1, 20), st.integers(0, 5), st.randoms(use_true_random=False))
def test_phantoms_leave_the_other_changes_as_they_are(changes, phantoms, random):
    real = [Update("orders", (n,), {}) for n in range(changes)]
    pairs = [
        (Insert("orders", {"id": -n}), Delete("orders", (-n,)))
        for n in range(1, phantoms + 1)
    ]
    result = with_phantoms(real, random, pairs)
    assert [change for change in result if isinstance(change, Update)] == real
    for insert, delete in pairs:
        assert result.index(insert) < result.index(delete)
    assert len(result) == changes + 2 * phantoms


@given(st.integers(2, 40), st.integers(1, 15), st.randoms(use_true_random=False))
def test_a_restart_repeats_a_run_of_events_at_once(count, most, random):
    events = [Event("t", None, str(n).encode()) for n in range(count)]
    again = resent(events, random, most=most)
    repeats = len(again) - count
    assert 1 <= repeats <= most
    [end] = [
        place
        for place in range(1, count + 1)
        if again[:place] == events[:place]
        and again[place : place + repeats] == events[place - repeats : place]
        and again[place + repeats :] == events[place:]
    ][:1]
    assert end >= repeats


def test_one_event_cannot_be_sent_again_before_another():
    with pytest.raises(ValueError, match="nothing to send again"):
        resent([Event("t", None, b"")], None, most=3)


@given(st.randoms(use_true_random=False), st.integers(1, 10_000))
def test_a_shift_is_whole_windows_and_never_none(random, size):
    shift = whole_windows(random, size=size)
    assert shift
    assert shift % size == 0
    assert abs(shift) <= 5 * size


@pytest.mark.parametrize(
    ("key", "value"),
    # From UtilsTest of Kafka's client library.
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_the_partitioner_hashes_as_kafka_does(key, value):
    assert murmur2(key) == value % 2**32


@given(st.lists(st.binary(max_size=12), max_size=30), st.integers(1, 8))
def test_events_of_a_key_stay_together_and_in_order(keys, partitions):
    events = tuple(Event("t", key, str(n).encode()) for n, key in enumerate(keys))
    other = Event("other", b"k", b"")
    stream = Stream((Stage("one", (*events, other, Event("t", None, b""))),))
    varied = spread(stream, "t", partitions)
    assert varied.partitions == {"t": partitions}
    assert [event.value for event in varied.events] == [
        event.value for event in stream.events
    ]
    for event in varied.events[:-2]:
        assert event.partition == partition_of(event.key or b"", partitions)
    assert {event.partition for event in varied.events[-2:]} == {0}
