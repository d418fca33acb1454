import json
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from curriculum.specs import Column
from grading.changelog import read_changelog
from grading.compare import compare_tables, tables_equal
from grading.values import Unreadable, read_value, same, show_value
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
        ("bigint", 5, 5),
        ("string", None, None),
    ],
)
def test_equal_by_rule(kind, left, right):
    assert same(read(left, kind), read(right, kind))


@pytest.mark.parametrize(
    ("kind", "raw"),
    [
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
    ],
    ids=["text", "list", "bytes", "deep", "large", "huge-int"],
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
