"""Every lab without Flink: streams, right answers and known mistakes, over many seeds.

A mistake that gives the right rows on one seed would let somebody pass by luck, so
each is held to its named check on all of them: the first five in ``make test``, fifty
with POTOK_TESTS=all.
"""

import json
import os
from collections import Counter
from decimal import Decimal
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lab_protocol.messages import Event, Stage
from potok_cdc.stream import Stream
from tests.content.labs import (
    FLINK_SLUGS,
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
    varied_right,
)

SEEDS = 50 if os.environ.get("POTOK_TESTS") == "all" else 5
ORDERS = "shop.public.orders"
FILES = [(slug, path) for slug in SLUGS for path in (LABS / slug).glob("task.*.md")]


@pytest.mark.parametrize("slug", SLUGS)
def test_a_seed_decides_everything(slug):
    code = code_of(slug)
    assert code.build(11) == code.build(11)
    assert code.build(11).stages != code.build(12).stages


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_right_rows_pass_and_every_mistake_fails_its_check(slug, seed):
    spec = spec_of(slug)
    build = build_of(slug, seed)
    right = graded(
        slug, build, outcome_of(spec, build.expected), varied_right(slug, seed)
    )
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
        assert failed_checks(verdict) == {item.id for item in spec.judged}


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
    assert [stage.name for stage in spec.stages] == [s.name for s in build.stages]
    varied = getattr(code_of(slug).stream, "VARIATIONS", {})
    assert {variation.id for variation in spec.variations} == set(varied)
    topics = {event.topic for stage in build.stages for event in stage.events}
    assert topics == {stream.topic for stream in spec.streams}


@pytest.mark.parametrize("slug", FLINK_SLUGS)
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


@pytest.mark.parametrize("slug", FLINK_SLUGS)
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
def test_the_events_in_the_task_are_of_the_public_stream(slug, path):
    stream = code_of(slug).stream.build_stream(spec_of(slug).public_seed)
    records = [record_of(event) for event in stream.events]
    blocks = path.read_text("utf-8").split("```json\n")[1:]
    assert blocks
    for block in blocks:
        shown = json.loads(block.split("```")[0])
        assert shown.get("payload", shown) in records, shown


@pytest.mark.parametrize("seed", range(5))
def test_counts_do_not_depend_on_the_order_of_the_topic(seed):
    code = code_of("cdc-source")
    stream = code.stream.build_stream(seed)
    shuffled = list(stream.events)
    Random(seed).shuffle(shuffled)
    one_stage = Stream((Stage(name="all", events=tuple(shuffled)),))
    assert_same_rows(code.oracle, stream, one_stage)


@pytest.mark.parametrize("seed", range(10))
def test_the_dashboards_orders_in_another_order_give_the_same_rows(seed):
    code = code_of("realtime-dashboard")
    stream = code.stream.build_stream(seed)
    shuffled = code.stream.VARIATIONS["another-order"](seed)
    assert orders_of(stream) != orders_of(shuffled)
    assert sorted(orders_of(stream)) == sorted(orders_of(shuffled))
    assert_same_rows(code.oracle, stream, shuffled)


def test_only_another_order_tells_four_seconds_from_five():
    """What the variation is for: a bound that is too small and passes without it."""
    code = code_of("realtime-dashboard")
    name = "revenue_per_minute"

    def is_noticed(stream, bound):
        orders = code.oracle.read_orders(stream)
        wrong = code.oracle.windows(orders, bound=bound)[name]
        right = code.oracle.windows(orders, bound=code.oracle.BOUND)[name]
        return comparable(wrong) != comparable(right)

    unnoticed = 0
    for seed in range(10):
        stream = code.stream.build_stream(seed)
        shuffled = code.stream.VARIATIONS["another-order"](seed)
        for bound in (4_000, 4_500, 4_700):
            unnoticed += not is_noticed(stream, bound)
            assert is_noticed(shuffled, bound), (seed, bound)
    assert unnoticed > 20


@pytest.mark.parametrize("slug", SLUGS)
def test_the_rows_after_the_last_stage_are_the_rows(slug):
    for seed in range(5):
        build = build_of(slug, seed)
        assert list(build.after) == [stage.name for stage in build.stages]
        for name, rows in build.after[build.stages[-1].name].items():
            assert comparable(rows) == comparable(build.expected[name])


@pytest.mark.parametrize("slug", SLUGS)
def test_rows_that_are_out_stay_out(slug):
    """Of append outputs a state only grows from stage to stage."""
    spec = spec_of(slug)
    for seed in range(5):
        states = list(build_of(slug, seed).after.values())
        for name, output in spec.outputs.items():
            if output.mode == "append":
                sizes = [len(set(comparable(state[name]))) for state in states]
                assert sizes == sorted(sizes)
                for earlier, later in pairwise(states):
                    assert set(comparable(earlier[name])) <= set(
                        comparable(later[name])
                    )


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
    for slug in FLINK_SLUGS:
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
    words = (
        "signed=True",
        "before`.id",
        "IS NULL",
        "TUMBLE(",
        "HOP(",
        "SESSION(",
        "FOR SYSTEM_TIME",
    )
    for path in ROOT.glob("labs/*/given/*"):
        text = path.read_text("utf-8")
        assert not [word for word in words if word in text], path


def orders_of(stream: Stream) -> list[str]:
    """Return the rows of the orders' topic as text, in the order of the topic."""
    return [
        json.dumps(json.loads(event.value or b"null")["after"])
        for _, _, event in stream.numbered(ORDERS)
    ]


def assert_same_rows(oracle, one: Stream, other: Stream) -> None:
    """The oracle says the same of both streams."""
    left, right = oracle.expected(one), oracle.expected(other)
    for name in left:
        assert comparable(left[name]) == comparable(right[name]), name


def record_of(event: Event):
    """Return the JSON object in ``event``, its payload where it has one, or None."""
    try:
        message = json.loads(event.value or b"null")
    except ValueError:
        return None
    if not isinstance(message, dict):
        return None
    return message.get("payload", message)


def envelope_of(event: Event):
    """Return the envelope in ``event``, or None where there is none."""
    envelope = record_of(event)
    return envelope if isinstance(envelope, dict) and "op" in envelope else None


@settings(max_examples=15)
@given(st.integers(0, 10**6))
def test_the_source_labs_totals_are_direct_counts(seed):
    code = code_of("cdc-source")
    stream = code.stream.build_stream(seed)
    rows = code.oracle.expected(stream)
    operations = Counter()
    for event in stream.events:
        envelope = envelope_of(event)
        if envelope is not None and envelope["source"]["table"] == "orders":
            image = envelope["after"] or envelope["before"]
            operations[envelope["op"]] += image["status"] != "closing"
    changes = operations["r"] + operations["c"] + operations["u"]
    assert len(rows["orders_after"]) == changes
    assert sum(row.values["events"] for row in rows["status_counts"]) == changes
    assert len(rows["deleted_orders"]) == operations["d"]
    assert sum(row.values["events"] for row in rows["bad_rows"]) == 9


@settings(max_examples=10)
@given(st.integers(0, 10**6))
def test_the_dashboards_windows_hold_every_order_if_none_is_late(seed):
    code = code_of("realtime-dashboard")
    stream = code.stream.build_stream(seed)
    orders = code.oracle.read_orders(stream)
    amount = sum((order.amount for order in orders), Decimal(0))
    windows = code.oracle.windows(orders, bound=10**9)

    def total(name, column):
        return sum(Decimal(row.values[column]) for row in windows[name])

    assert total("revenue_per_minute", "orders") == len(orders)
    assert total("revenue_per_minute", "revenue") == amount
    # Five minutes, moved by one: each order is in five windows.
    assert total("channel_averages", "orders") == 5 * len(orders)
    assert total("customer_sessions", "orders") == len(orders)
    assert total("customer_sessions", "total") == amount
    prices = code.oracle.expected(stream)["order_prices"]
    assert sorted(row.values["order_id"] for row in prices) == sorted(
        order.row["id"] for order in orders
    )


@settings(max_examples=5)
@given(st.integers(0, 10**6), st.randoms(use_true_random=False))
def test_no_oracle_looks_at_where_a_stage_ends(seed, random):
    for slug in SLUGS:
        code = code_of(slug)
        stream = code.stream.build_stream(seed)
        cut = random.randrange(len(stream.events))
        halves = Stream(
            (
                Stage("one", stream.events[:cut]),
                Stage("two", stream.events[cut:]),
            )
        )
        assert_same_rows(code.oracle, stream, halves)
