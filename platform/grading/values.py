"""Read one column's value from JSON, exactly and within bounds.

Rows come from a topic that a student's program wrote, so every value is hostile: wrong
types, huge exponents and NaN become an :class:`Unreadable`, never an exception.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from curriculum.specs import Column

# DECIMAL in Flink has at most 38 digits; Decimal("1e999999999") is refused by this.
MAX_DECIMAL_EXPONENT = 40
MAX_TEXT = 10_000
TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that is not of its column's type; equal to nothing expected."""

    text: str


type Value = str | int | bool | float | Decimal | datetime | Unreadable | None


def read_value(raw: Any, column: Column) -> Value:
    """Return ``raw`` (from ``json.loads`` with Decimal floats) as the column's type.

    Numbers compare exactly, timestamps as instants with millisecond precision, and
    JSON null as None. −0.0 equals 0.0, and NaN equals NaN.
    """
    if raw is None:
        return None
    value = READERS[column.type](raw)
    return value if value is not None else Unreadable(repr(raw)[:200])


def show_value(value: Value) -> str | int | float | bool | None:
    """Return ``value`` as JSON for a report; decimals and timestamps as text."""
    match value:
        case datetime():
            return value.isoformat(sep=" ", timespec="milliseconds")[:23]
        case Decimal():
            return format(value, "f")
        case Unreadable(text):
            return text
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


def _string(raw: Any) -> str | None:
    return raw[:MAX_TEXT] if isinstance(raw, str) else None


def _bigint(raw: Any) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int):
        return None
    return raw if -(2**63) <= raw < 2**63 else None


def _decimal(raw: Any) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal | str):
        return None
    if isinstance(raw, str) and len(raw) > 2 * MAX_DECIMAL_EXPONENT:
        return None
    if isinstance(raw, int) and abs(raw) >= 10**MAX_DECIMAL_EXPONENT:
        return None
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if number and not -MAX_DECIMAL_EXPONENT <= number.adjusted() < MAX_DECIMAL_EXPONENT:
        return None
    return number if number else Decimal(0)


def _double(raw: Any) -> float | None:
    if raw in ("NaN", "Infinity", "-Infinity"):
        return float(raw)
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None
    try:
        number = float(raw)
    except OverflowError:
        return None
    return number if number else 0.0


def _boolean(raw: Any) -> bool | None:
    return raw if isinstance(raw, bool) else None


def _timestamp(raw: Any) -> datetime | None:
    if not isinstance(raw, str):
        return None
    match = TIMESTAMP.fullmatch(raw)
    if match is None:
        return None
    *parts, fraction = match.groups()
    millis = int((fraction or "0").ljust(3, "0")[:3])
    try:
        return datetime(*map(int, parts), millis * 1000, tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None


READERS = {
    "string": _string,
    "bigint": _bigint,
    "decimal": _decimal,
    "double": _double,
    "boolean": _boolean,
    "timestamp": _timestamp,
}


def same(expected: Value, actual: Value) -> bool:
    """Say whether two values count as equal."""
    if isinstance(expected, float) and isinstance(actual, float):
        if math.isnan(expected) or math.isnan(actual):
            return math.isnan(expected) and math.isnan(actual)
        return math.isclose(expected, actual, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(expected, Unreadable) or isinstance(actual, Unreadable):
        return False
    return type(expected) is type(actual) and expected == actual
