"""How one column is described and encoded, against what the connector writes."""

import base64
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from potok_cdc.tables import (
    Column,
    ColumnType,
    DecimalMode,
    Table,
    micros_of,
    moment_of,
)

MOMENT = datetime(2026, 3, 2, 9, 0, 5, 123_456, tzinfo=UTC)
AMOUNT = Column("amount", ColumnType.NUMERIC, precision=10, scale=2)


@pytest.mark.parametrize(
    ("column", "value", "encoded"),
    [
        (Column("n", ColumnType.BIGINT), 2**40, 2**40),
        (Column("b", ColumnType.BOOLEAN), True, True),
        (Column("s", ColumnType.TEXT), "поток", "поток"),
        (Column("d", ColumnType.DATE), date(1970, 2, 1), 31),
        (Column("d", ColumnType.DATE), date(1969, 12, 31), -1),
        (Column("t", ColumnType.TIMESTAMP), MOMENT, 1_772_442_005_123_456),
        (Column("t", ColumnType.TIMESTAMP, precision=3), MOMENT, 1_772_442_005_123),
        (Column("z", ColumnType.TIMESTAMPTZ), MOMENT, "2026-03-02T09:00:05.123456Z"),
        (
            Column("z", ColumnType.TIMESTAMPTZ, precision=3),
            MOMENT.astimezone(timezone(timedelta(hours=3))),
            "2026-03-02T09:00:05.123Z",
        ),
        (
            Column("z", ColumnType.TIMESTAMPTZ, precision=0),
            MOMENT,
            "2026-03-02T09:00:05Z",
        ),
        (Column("n", ColumnType.TEXT, nullable=True), None, None),
    ],
)
def test_values_are_encoded_as_the_connector_does(column, value, encoded):
    assert column.encode(value, DecimalMode.PRECISE) == encoded


@pytest.mark.parametrize(
    ("mode", "encoded"),
    # 12.50 unscaled is 1250 = 0x04E2.
    [(DecimalMode.STRING, "12.50"), (DecimalMode.DOUBLE, 12.5), ("precise", "BOI=")],
)
def test_decimal_modes(mode, encoded):
    assert AMOUNT.encode(Decimal("12.5"), DecimalMode(mode)) == encoded


@given(st.integers(-(10**18), 10**18))
def test_precise_decimals_are_the_shortest_signed_bytes(unscaled):
    column = Column("n", ColumnType.NUMERIC, precision=20, scale=3)
    text = column.encode(Decimal(unscaled).scaleb(-3), DecimalMode.PRECISE)
    data = base64.b64decode(text)
    assert int.from_bytes(data, "big", signed=True) == unscaled
    if len(data) > 1:
        shorter = data[1:]
        assert int.from_bytes(shorter, "big", signed=True) != unscaled


def test_a_decimal_with_too_many_digits_is_refused():
    with pytest.raises(ValueError, match=r"amount.*12\.345"):
        AMOUNT.encode(Decimal("12.345"), DecimalMode.STRING)


def test_null_is_refused_where_the_column_is_not_null():
    with pytest.raises(ValueError, match="amount is NOT NULL"):
        AMOUNT.encode(None, DecimalMode.STRING)


@pytest.mark.parametrize(
    ("column", "schema"),
    [
        (
            Column("id", ColumnType.BIGINT),
            {"type": "int64", "optional": False, "field": "id"},
        ),
        (
            Column("at", ColumnType.TIMESTAMP, precision=3),
            {
                "type": "int64",
                "optional": False,
                "name": "io.debezium.time.Timestamp",
                "version": 1,
                "field": "at",
            },
        ),
        (
            Column("at", ColumnType.TIMESTAMP, nullable=True),
            {
                "type": "int64",
                "optional": True,
                "name": "io.debezium.time.MicroTimestamp",
                "version": 1,
                "field": "at",
            },
        ),
        (
            AMOUNT,
            {
                "type": "bytes",
                "optional": False,
                "name": "org.apache.kafka.connect.data.Decimal",
                "version": 1,
                "parameters": {"scale": "2", "connect.decimal.precision": "10"},
                "field": "amount",
            },
        ),
    ],
)
def test_schema_entries_and_their_order(column, schema):
    made = column.schema(DecimalMode.PRECISE)
    assert list(made.items()) == list(schema.items())


def test_a_key_column_must_exist():
    with pytest.raises(ValueError, match="no key column id"):
        Table("orders", (AMOUNT,), ("id",))


@given(st.integers(0, 4_102_444_800_000_000))
def test_moments_keep_every_microsecond(micros):
    assert micros_of(moment_of(micros)) == micros
