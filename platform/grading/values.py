"""The rules by which values are read and compared: exactly, and within bounds.

Rows come from a topic that a student's program wrote, so every value is hostile: what
is not of its column's type becomes an :class:`Unreadable`, which equals nothing, and
never an exception. The rules, one for each type of a column (docs/grading.md says the
same to authors):

``string``     JSON text; code points compare, nothing is trimmed, folded or cut.
``bigint``     a JSON integer within 64 bits; ``5.0``, ``"5"`` and ``true`` are not one.
``decimal``    a number, or text that holds one; exact, so that 10.0 = 10.00 and
               0.1 + 0.2 = 0.3; at most 38 digits on either side of the point, as in
               Flink. −0.00 equals 0.00. NaN and infinities are not decimals.
``double``     a JSON number, or "NaN", "Infinity", "-Infinity" as Flink writes them;
               equal within a relative 1e-9 (sums depend on their order). −0.0 equals
               0.0, NaN equals NaN. What is too large for 64 bits is unreadable.
``boolean``    true or false; 0 and 1 are not.
``timestamp``  ``2026-01-01 10:00:00.123`` with up to nine digits, "T" or a blank, an
               optional "Z"; equal as instants to the nanosecond.
NULL           equals NULL and nothing else; a field that is missing is NULL.

Every reader is linear in the length of the text; a record has at most 64 KiB.
"""

import math
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from curriculum.specs import Column

# DECIMAL in Flink has at most 38 digits; Decimal("1e999999999") is refused by this.
MAX_DECIMAL_EXPONENT = 38
MAX_DECIMAL_DIGITS = 2 * MAX_DECIMAL_EXPONENT
# A sign, a point, an exponent and zeros in front beside those digits.
MAX_DECIMAL_TEXT = 100
MAX_SHOWN_TEXT = 500
TIMESTAMP = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[ T](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9}))?Z?", re.ASCII
)
NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d{1,9})?", re.ASCII)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NANOS = 10**9
UNPRINTABLE = re.compile("[\ud800-\udfff\x00]")


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A value that is not of its column's type; equal to nothing expected."""

    text: str


@dataclass(frozen=True, slots=True, order=True)
class Instant:
    """A moment in nanoseconds since the epoch, without a time zone."""

    nanos: int

    def __str__(self) -> str:
        """Return it as Flink's JSON writes it, with three digits or what it takes."""
        seconds, nanos = divmod(self.nanos, NANOS)
        moment = datetime.fromtimestamp(seconds, tz=UTC)
        fraction = f"{nanos:09}"
        shown = fraction[:3] + fraction[3:].rstrip("0")
        return f"{moment.year:04}-{moment:%m-%d %H:%M:%S}.{shown}"


type Value = str | int | bool | float | Decimal | Instant | Unreadable | None


def read_value(raw: Any, column: Column) -> Value:
    """Return ``raw`` as the column's type; ``changelog.parse_json`` made it."""
    if raw is None:
        return None
    value = READERS[column.type](raw)
    return value if value is not None else Unreadable(repr(raw)[:200])


def show_value(value: Value) -> str | int | float | bool | None:
    """Return ``value`` as JSON for a report; decimals and timestamps as text."""
    match value:
        case Instant():
            return str(value)
        case Decimal():
            return format(value, "f")
        case Unreadable(text):
            return printable(text)
        case str():
            cut = value[:MAX_SHOWN_TEXT]
            return printable(cut if cut == value else f"{cut}…")
        case float() if not math.isfinite(value):
            return str(value)
        case _:
            return value


def printable(text: str) -> str:
    """Return ``text`` without what a database refuses: NUL and halves of a pair.

    Postgres takes no U+0000 in JSON, and a lone surrogate has no UTF-8.
    """
    return UNPRINTABLE.sub("\ufffd", text)


def same(expected: Value, actual: Value) -> bool:
    """Say whether two values count as equal."""
    if isinstance(expected, float) and isinstance(actual, float):
        if math.isnan(expected) or math.isnan(actual):
            return math.isnan(expected) and math.isnan(actual)
        return math.isclose(expected, actual, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(expected, Unreadable) or isinstance(actual, Unreadable):
        return False
    return type(expected) is type(actual) and expected == actual


def identity(value: Value) -> Any:
    """Return what two values share exactly if they are the same; hashable.

    Doubles that are the same within their tolerance may differ here. ``True`` is not
    1, and NaN is itself.
    """
    if isinstance(value, float) and math.isnan(value):
        return (float, "NaN")
    return (type(value), value)


def _string(raw: Any) -> str | None:
    return raw if isinstance(raw, str) else None


def _bigint(raw: Any) -> int | None:
    if isinstance(raw, bool) or not isinstance(raw, int):
        return None
    return raw if -(2**63) <= raw < 2**63 else None


def _decimal(raw: Any) -> Decimal | None:
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal | str):
        return None
    if isinstance(raw, str) and (
        len(raw) > MAX_DECIMAL_TEXT or not NUMBER.fullmatch(raw)
    ):
        # Python alone would take " 1_0 " and digits of other scripts too.
        return None
    if isinstance(raw, int) and abs(raw) >= 10**MAX_DECIMAL_EXPONENT:
        return None
    try:
        number = Decimal(raw)
    except InvalidOperation:
        return None
    if not number.is_finite():
        return None
    if not number:
        return Decimal(0)
    if not -MAX_DECIMAL_EXPONENT <= number.adjusted() < MAX_DECIMAL_EXPONENT:
        return None
    return number if len(number.as_tuple().digits) <= MAX_DECIMAL_DIGITS else None


def _double(raw: Any) -> float | None:
    if isinstance(raw, str):
        return float(raw) if raw in ("NaN", "Infinity", "-Infinity") else None
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        return None
    try:
        number = float(raw)
    except (OverflowError, ValueError):
        return None
    # float(Decimal("1e400")) is infinite without an error; the number was not.
    if isinstance(raw, Decimal) and not math.isfinite(number):
        return None
    return number if number else 0.0


def _boolean(raw: Any) -> bool | None:
    return raw if isinstance(raw, bool) else None


def _timestamp(raw: Any) -> Instant | None:
    if not isinstance(raw, str):
        return None
    match = TIMESTAMP.fullmatch(raw)
    if match is None:
        return None
    *parts, fraction = match.groups()
    try:
        moment = datetime(*map(int, parts), tzinfo=UTC)  # type: ignore[misc,arg-type]
    except ValueError:
        return None
    passed = moment - EPOCH
    seconds = passed.days * 86_400 + passed.seconds
    return Instant(seconds * NANOS + int((fraction or "0").ljust(9, "0")))


READERS = {
    "string": _string,
    "bigint": _bigint,
    "decimal": _decimal,
    "double": _double,
    "boolean": _boolean,
    "timestamp": _timestamp,
}
