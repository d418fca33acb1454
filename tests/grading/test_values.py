import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.specs import Column
from grading.changelog import read_changelog
from grading.compare import compare_tables, tables_equal
from grading.values import Unreadable, identity, read_value, same, show_value
from tests.grading.labs import FIRST, LAB, record, window

WINDOWS = LAB.outputs["windows"]


def read(raw, kind):
    return read_value(raw, Column(name="x", type=kind))


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("decimal", Decimal("10.0"), "10.00"),
        ("decimal", 0, Decimal("-0.00")),
        ("double", Decimal("-0.0"), 0),
        ("double", "NaN", "NaN"),
        ("timestamp", "2026-01-01 10:00:00", "2026-01-01T10:00:00.000Z"),
        ("timestamp", "2026-01-01 10:00:00.1", "2026-01-01 10:00:00.100000000"),
        ("decimal", "1E+2", 100),
        ("decimal", Decimal("0.1") + Decimal("0.2"), "0.3"),
        ("double", 1.0, 1 + 1e-12),
        ("bigint", 5, 5),
        ("string", None, None),
    ],
)
def test_equal_by_rule(kind, left, right):
    assert same(read(left, kind), read(right, kind))


@pytest.mark.parametrize(
    ("kind", "left", "right"),
    [
        ("timestamp", "2026-01-01 10:00:00.000000001", "2026-01-01 10:00:00"),
        ("decimal", "0.30", "0.3000000000000000000000000000000000001"),
        ("double", 1.0, 1.0001),
        ("double", "NaN", 0),
        ("double", "Infinity", "-Infinity"),
        ("string", "a", "a "),
        ("string", "x" * 20_000 + "a", "x" * 20_000 + "b"),
        ("bigint", 0, None),
        ("string", "", None),
    ],
)
def test_different_by_rule(kind, left, right):
    assert not same(read(left, kind), read(right, kind))


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
        ("decimal", " 10 "),
        ("decimal", "1_0"),
        ("decimal", "\u0661"),
        ("decimal", Decimal("1." + "1" * 60_000)),
        ("decimal", "1" * 200),
        ("double", Decimal("1e400")),
        ("double", Decimal("1e999999999")),
        ("string", float("nan")),
        ("timestamp", "2026-01-01 10:00:00.1234567890"),
        ("timestamp", "2026-01-01 10:00:00+01:00"),
        ("bigint", True),
        ("bigint", "5"),
        ("bigint", 2**63),
        ("bigint", Decimal("5.0")),
        ("decimal", "1e999999999"),
        ("decimal", Decimal("1e999999999")),
        ("decimal", 10**60),
        ("decimal", "NaN"),
        ("double", 10**400),
        ("timestamp", "2026-13-01 00:00:00"),
        ("timestamp", 1767261600000),
        ("boolean", 1),
        ("string", 5),
    ],
)
def test_hostile_or_mistyped_values_equal_nothing(kind, raw):
    value = read(raw, kind)
    assert isinstance(value, Unreadable)
    assert not same(value, value)
    assert isinstance(show_value(value), str)


@pytest.mark.parametrize(
    "value",
    [
        b"not json",
        b"[1]",
        b"\xff\xfe",
        b'{"a":' * 100_000,
        b'{"status": "' + b"x" * 70_000 + b'"}',
        b'{"revenue": ' + b"9" * 5_000 + b"}",
        b'{"status": "paid", "status": "new"}',
        b'{"status": "' + b"x" * 10_000_000 + b'"}',
        b"[" * 60_000,
    ],
    ids=[
        "text",
        "list",
        "bytes",
        "deep",
        "large",
        "huge-int",
        "twice",
        "10-mb",
        "brackets",
    ],
)
def test_what_cannot_be_decoded_is_kept_as_a_sample(value):
    changelog = read_changelog([record(value)], WINDOWS)
    assert changelog.changes == ()
    assert len(changelog.undecodable) == 1
    assert len(changelog.undecodable[0]) <= 200


def test_missing_field_reads_as_null():
    value = window(FIRST, "paid", 1)
    del value["revenue"]
    changelog = read_changelog([record(value)], WINDOWS)
    assert changelog.changes[0].row["revenue"] is None


def test_a_hostile_exponent_is_a_row_with_an_unreadable_value():
    value = b'{"status": "paid", "revenue": 1e999999999}'
    [change] = read_changelog([record(value)], WINDOWS).changes
    assert change.row["revenue"] == Unreadable("Decimal('1E+999999999')")


def test_text_that_no_database_takes_is_shown_with_a_sign_in_its_place():
    value = b'{"status": "a\\u0000\\ud800b", "revenue": "x\\u0000"}'
    [change] = read_changelog([record(value)], WINDOWS).changes
    assert change.row["status"] == "a\0\ud800b"
    assert show_value(change.row["status"]) == "a\ufffd\ufffdb"
    shown = show_value(change.row["revenue"])
    assert isinstance(shown, str)
    assert "\0" not in shown


def test_a_long_text_is_shown_short_and_compared_whole():
    assert show_value("x" * 501) == "x" * 500 + "…"


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("2026-01-01T10:00:00Z", "2026-01-01 10:00:00.000"),
        ("2026-01-01 10:00:00.1234", "2026-01-01 10:00:00.1234"),
        ("0001-01-01 00:00:00", "0001-01-01 00:00:00.000"),
        ("9999-12-31 23:59:59.999999999", "9999-12-31 23:59:59.999999999"),
    ],
)
def test_timestamps_are_shown_as_flink_writes_them(raw, shown):
    assert show_value(read(raw, "timestamp")) == shown


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.decimals(),
    st.text(max_size=30),
    st.lists(st.integers(), max_size=2),
)
KINDS = ["string", "bigint", "decimal", "double", "boolean", "timestamp"]


@given(scalars, st.sampled_from(KINDS))
def test_any_value_is_read_and_shown_without_an_exception(raw, kind):
    value = read(raw, kind)
    assert same(value, value) is not isinstance(value, Unreadable)
    shown = json.dumps(show_value(value), allow_nan=False)
    shown.encode()
    assert "\\u0000" not in shown


@given(scalars, scalars, st.sampled_from(KINDS))
def test_sameness_is_symmetric_and_means_one_identity(left, right, kind):
    one, other = read(left, kind), read(right, kind)
    assert same(one, other) is same(other, one)
    if kind != "double" and not isinstance(one, Unreadable):
        assert same(one, other) is (identity(one) == identity(other))


rows = st.lists(
    st.builds(
        lambda start, status, cents: window(
            f"2026-01-01 10:{start:02d}:00", status, str(Decimal(cents) / 100)
        ),
        st.integers(0, 3),
        st.sampled_from(["paid", "new"]),
        st.integers(0, 500),
    ),
    max_size=12,
)


def fold(values):
    return read_changelog(
        [record(json.dumps(v).encode()) for v in values], WINDOWS
    ).fold()


@given(rows, st.randoms())
def test_comparison_ignores_order_and_finds_every_change(values, random):
    shuffled = list(values)
    random.shuffle(shuffled)
    assert tables_equal(fold(values), fold(shuffled), WINDOWS)
    if values:
        victim = random.randrange(len(values))
        fewer = [row for number, row in enumerate(values) if number != victim]
        assert len(compare_tables(fold(values), fold(fewer), WINDOWS).rows) == 1
        assert not tables_equal(fold(values), fold(fewer), WINDOWS)
        assert not tables_equal(fold(fewer), fold(values), WINDOWS)
