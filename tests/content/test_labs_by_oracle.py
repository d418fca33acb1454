"""Every lab without Flink: streams, right answers and known mistakes, over many seeds.

A mistake that gives the right rows on one seed would let somebody pass by luck, so
each is held to its named check on all of them.
"""

import json
from collections.abc import Iterator
from random import Random

import pytest

from lab_protocol.messages import Event, Stage
from potok_cdc.stream import Stream
from tests.content.labs import (
    LABS,
    ROOT,
    SLUGS,
    build_of,
    code_of,
    comparable,
    failed_checks,
    graded,
    outcome_of,
    spec_of,
)

SEEDS = 50
ORDERS = "shop.public.orders"
FILES = [(slug, path) for slug in SLUGS for path in (LABS / slug).glob("task.*.md")]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_seed_decides_everything(slug):
    code = code_of(slug)
    assert code.build(11) == code.build(11)
    assert code.build(11).stages != code.build(12).stages


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("first", range(0, SEEDS, 10))
def test_right_rows_pass_and_every_mistake_fails_its_check(slug, first):
    spec = spec_of(slug)
    for seed in range(first, first + 10):
        build = build_of(slug, seed)
        right = graded(slug, build, outcome_of(spec, build.expected))
        assert right.points == right.max_points == spec.points, f"seed {seed}"
        for known in spec.misconceptions:
            rows = {**build.expected, **build.misconceptions[known.id]}
            verdict = graded(slug, build, outcome_of(spec, rows))
            where = f"seed {seed}, {known.id}"
            assert known.check in failed_checks(verdict), where
            assert verdict.misconception == known.id, where


@pytest.mark.parametrize("slug", SLUGS)
def test_nothing_written_scores_nothing(slug):
    spec = spec_of(slug)
    for seed in range(SEEDS):
        verdict = graded(slug, build_of(slug, seed), outcome_of(spec, {}))
        assert verdict.points == 0, f"seed {seed}"
        assert failed_checks(verdict) == {check.id for check in spec.checks}


@pytest.mark.parametrize("slug", SLUGS)
def test_specification_and_code_name_the_same_things(slug):
    spec = spec_of(slug)
    build = build_of(slug, 3)
    mistakes = {known.id for known in spec.misconceptions}
    files = {path.stem for path in (LABS / slug / "answers/wrong").iterdir()}
    assert mistakes == set(build.misconceptions) == files
    assert len(mistakes) >= 5
    assert set(build.expected) == set(spec.outputs)
    assert spec.points == 100
    assert len(spec.hints) == 3
    topics = {event.topic for stage in build.stages for event in stage.events}
    assert topics == {stream.topic for stream in spec.streams}


@pytest.mark.parametrize("slug", SLUGS)
def test_no_expected_row_is_a_closing_row_and_each_names_its_events(slug):
    spec = spec_of(slug)
    build = build_of(slug, 3)
    last = sum(len(stage.events) for stage in build.stages)
    for name, rows in build.expected.items():
        closing = spec.outputs[name].closing
        assert closing is not None
        for row in rows:
            assert row.values[closing.column] != closing.value
            assert row.events
            assert all(0 <= number < last for number in row.events)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_closing_stage_comes_last_with_the_reserved_key_twice(slug):
    *_, closing = build_of(slug, 3).stages
    assert closing.name == "closing"
    creates = [
        envelope
        for event in closing.events
        if event.topic == ORDERS
        and (envelope := envelope_of(event)) is not None
        and envelope["op"] == "c"
    ]
    assert len(creates) == 2
    assert all(envelope["after"]["status"] == "closing" for envelope in creates)


@pytest.mark.parametrize("slug", SLUGS)
def test_streams_are_of_moderate_size(slug):
    for seed in range(SEEDS):
        events = sum(len(stage.events) for stage in build_of(slug, seed).stages)
        assert 250 <= events <= 450, f"seed {seed}"


@pytest.mark.parametrize(("slug", "path"), FILES, ids=lambda value: str(value)[-40:])
def test_the_event_in_the_task_is_one_of_the_public_stream(slug, path):
    text = path.read_text("utf-8").split("```json\n")[1].split("```")[0]
    shown = json.loads(text)
    stream = code_of(slug).stream.build_stream(spec_of(slug).public_seed)
    envelopes = [envelope_of(event) for event in stream.events]
    assert shown.get("payload", shown) in envelopes


@pytest.mark.parametrize("seed", range(5))
def test_counts_do_not_depend_on_the_order_of_the_topic(seed):
    code = code_of("cdc-source")
    stream = code.stream.build_stream(seed)
    shuffled = list(stream.events)
    Random(seed).shuffle(shuffled)
    one_stage = Stream((Stage(name="all", events=tuple(shuffled)),))
    assert_same_rows(code.oracle, stream, one_stage)


@pytest.mark.parametrize("seed", range(10))
def test_disorder_within_the_bound_changes_nothing(seed):
    code = code_of("realtime-dashboard")
    stream = code.stream.build_stream(seed)
    random = Random(seed)
    stages = tuple(
        Stage(name=stage.name, events=tuple(shuffle(stage.events, random)))
        if stage.name in ("live", "price_changes")
        else stage
        for stage in stream.stages
    )
    assert stages != stream.stages
    assert_same_rows(code.oracle, stream, Stream(stages))


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_dashboard_has_what_its_task_promises(seed):
    rows = build_of("realtime-dashboard", seed).expected
    tagged = [tag for row in rows["revenue_per_minute"] for tag in row.aspects]
    assert tagged.count("late") >= 3
    assert tagged.count("disorder") >= 3
    assert sum("late" in row.aspects for row in rows["customer_sessions"]) >= 3
    assert sum("late" in row.aspects for row in rows["channel_averages"]) >= 3
    prices = rows["order_prices"]
    assert sum("no_version" in row.aspects for row in prices) >= 20
    assert sum("near_change" in row.aspects for row in prices) >= 20


@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_source_lab_has_what_its_task_promises(seed):
    rows = build_of("cdc-source", seed).expected
    tags = [tag for row in rows["orders_after"] for tag in row.aspects]
    assert tags.count("snapshot") == 40
    assert tags.count("damaged") == 9
    assert tags.count("new_column") >= 20
    assert tags.count("update") >= 50
    assert len(rows["deleted_orders"]) >= 5


def test_the_connector_handles_events_in_the_order_of_its_topic():
    for slug in SLUGS:
        stream = code_of(slug).stream.build_stream(5)
        for topic in {event.topic for event in stream.events}:
            seen = [
                envelope["ts_us"]
                for _, _, event in stream.numbered(topic)
                if (envelope := envelope_of(event)) is not None
            ]
            assert seen == sorted(seen), (slug, topic)


def test_starters_and_solutions_are_there_in_both_languages():
    for slug in SLUGS:
        for starter in spec_of(slug).starters:
            name = starter.name
            assert (LABS / slug / "given" / name).is_file()
            solution = f"solution.{name.rsplit('.', 1)[1]}"
            assert (LABS / slug / "answers" / solution).is_file()


def test_no_answer_stands_in_a_starter():
    words = ("before`.id", "IS NULL", "TUMBLE(", "HOP(", "SESSION(", "FOR SYSTEM_TIME")
    for path in ROOT.glob("labs/*/given/*"):
        text = path.read_text("utf-8")
        assert not [word for word in words if word in text], path


def shuffle(events: tuple[Event, ...], random: Random) -> Iterator[Event]:
    """Yield the events with the orders in another order of at most 4.5 s."""
    orders = [event for event in events if event.topic == ORDERS]
    orders.sort(
        key=lambda event: (
            json.loads(event.value or b"")["after"]["ordered_at"]
            + random.randrange(4_500)
        )
    )
    pending = iter(orders)
    for event in events:
        yield next(pending) if event.topic == ORDERS else event


def assert_same_rows(oracle, one: Stream, other: Stream) -> None:
    """The oracle says the same of both streams."""
    left, right = oracle.expected(one), oracle.expected(other)
    for name in left:
        assert comparable(left[name]) == comparable(right[name]), name


def envelope_of(event: Event):
    """Return the envelope in ``event``, or None where there is none."""
    try:
        message = json.loads(event.value or b"null")
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    envelope = message.get("payload", message)
    return envelope if isinstance(envelope, dict) and "op" in envelope else None
