"""Tables as the connector sees them: columns, keys, and the encoding of values."""

import base64
import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ColumnType(StrEnum):
    """Postgres types that the library can encode."""

    INTEGER = "integer"
    BIGINT = "bigint"
    BOOLEAN = "boolean"
    TEXT = "text"
    NUMERIC = "numeric"
    DOUBLE = "double precision"
    DATE = "date"
    TIME = "time"
    TIMESTAMP = "timestamp"
    TIMESTAMPTZ = "timestamptz"


class DecimalMode(StrEnum):
    """``decimal.handling.mode`` of the connector."""

    PRECISE = "precise"
    STRING = "string"
    DOUBLE = "double"


class TimeMode(StrEnum):
    """``time.precision.mode`` of the connector.

    The first two differ in columns of type TIME with three digits or fewer only.
    """

    ADAPTIVE = "adaptive"
    ADAPTIVE_TIME_MICROSECONDS = "adaptive_time_microseconds"
    MICROSECONDS = "microseconds"
    NANOSECONDS = "nanoseconds"
    CONNECT = "connect"
    ISOSTRING = "isostring"


class ReplicaIdentity(StrEnum):
    """What Postgres logs of the old row: its key only, or all of it."""

    DEFAULT = "default"
    FULL = "full"


BARE_NUMBER = re.compile(r'"\\u0000([-+.0-9E]+)\\u0000"')
UNAVAILABLE = "__debezium_unavailable_value"
_WITHOUT_ZONE = (ColumnType.DATE, ColumnType.TIME, ColumnType.TIMESTAMP)
_NAMES_BY_MODE = {
    TimeMode.CONNECT: {
        ColumnType.DATE: "org.apache.kafka.connect.data.Date",
        ColumnType.TIME: "org.apache.kafka.connect.data.Time",
        ColumnType.TIMESTAMP: "org.apache.kafka.connect.data.Timestamp",
    },
    TimeMode.ISOSTRING: {
        ColumnType.DATE: "io.debezium.time.IsoDate",
        ColumnType.TIME: "io.debezium.time.IsoTime",
        ColumnType.TIMESTAMP: "io.debezium.time.IsoTimestamp",
    },
}
# Ticks of a second by the unit that a column's values count.
_UNITS = {"": 1_000, "Micro": 1_000_000, "Nano": 1_000_000_000}


@dataclass(frozen=True, slots=True)
class Column:
    """A column. ``precision`` is that of NUMERIC (digits) or of a timestamp (0..6).

    ``toasted`` says that its values lie out of line: an update that leaves one as it
    was logs no value of it, and the event has ``UNAVAILABLE`` there.
    """

    name: str
    type: ColumnType
    nullable: bool = False
    precision: int = 6
    scale: int = 0
    toasted: bool = False

    def schema(
        self, decimals: DecimalMode, times: TimeMode = TimeMode.ADAPTIVE
    ) -> dict[str, Any]:
        """Return the field's entry in the ``schema`` part, keys in Connect's order."""
        schema: dict[str, Any] = {
            "type": self._connect_type(decimals, times),
            "optional": self.nullable,
        }
        if (name := self._semantic_name(decimals, times)) is not None:
            schema |= {"name": name, "version": 1}
        if self.type is ColumnType.NUMERIC and decimals is DecimalMode.PRECISE:
            schema["parameters"] = {
                "scale": str(self.scale),
                "connect.decimal.precision": str(self.precision),
            }
        return schema | {"field": self.name}

    def encode(
        self,
        value: Any,
        decimals: DecimalMode,
        times: TimeMode = TimeMode.ADAPTIVE,
    ) -> Any:
        """Return the JSON value of ``value``.

        Takes int, bool, str, Decimal, float, date, time or an aware datetime, as the
        type asks; None only where the column is nullable, else ValueError.
        """
        if value is None:
            if not self.nullable:
                raise ValueError(f"column {self.name} is NOT NULL, got None")
            return None
        match self.type:
            case ColumnType.NUMERIC:
                return self._encode_decimal(value, decimals)
            case ColumnType.DATE if times is TimeMode.ISOSTRING:
                return f"{value.isoformat()}Z"
            case ColumnType.TIMESTAMP if times is TimeMode.ISOSTRING:
                return _iso_moment(value)
            case ColumnType.DATE:
                return (value - EPOCH.date()).days
            case ColumnType.TIME if times is TimeMode.ISOSTRING:
                return _iso_time(value)
            case ColumnType.TIME:
                moment = datetime.combine(EPOCH.date(), value, UTC)
                return self._ticks(micros_of(moment), times)
            case ColumnType.TIMESTAMP:
                return self._ticks(micros_of(value), times)
            case ColumnType.TIMESTAMPTZ:
                text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")
                return text[: 20 + self.precision].rstrip(".") + "Z"
            case ColumnType.DOUBLE:
                return java_double(value)
            case _:
                return value

    def neutral(
        self, decimals: DecimalMode, times: TimeMode = TimeMode.ADAPTIVE
    ) -> Any:
        """Return the JSON value written where Postgres logged nothing of the column.

        With REPLICA IDENTITY DEFAULT the old row has only its key. A nullable column
        becomes null, a NOT NULL one the neutral value of its type; the connector
        writes that of TIMESTAMPTZ without a fraction, whatever the precision.
        """
        if self.nullable:
            return None
        match self.type:
            case ColumnType.BOOLEAN:
                return False
            case ColumnType.TEXT:
                return ""
            case ColumnType.NUMERIC:
                return self._encode_decimal(Decimal(0), decimals)
            case ColumnType.DOUBLE:
                return 0.0
            case ColumnType.TIMESTAMPTZ:
                return "1970-01-01T00:00:00Z"
            case ColumnType.DATE if times is TimeMode.ISOSTRING:
                return "1970-01-01Z"
            case ColumnType.TIME if times is TimeMode.ISOSTRING:
                return "00:00:00Z"
            case ColumnType.TIMESTAMP if times is TimeMode.ISOSTRING:
                return "1970-01-01T00:00:00Z"
            case _:
                return 0

    def _connect_type(self, decimals: DecimalMode, times: TimeMode) -> str:
        if times is TimeMode.ISOSTRING and self.type in _WITHOUT_ZONE:
            return "string"
        if self.type is ColumnType.NUMERIC:
            return {
                DecimalMode.PRECISE: "bytes",
                DecimalMode.STRING: "string",
                DecimalMode.DOUBLE: "double",
            }[decimals]
        return {
            ColumnType.INTEGER: "int32",
            ColumnType.BIGINT: "int64",
            ColumnType.BOOLEAN: "boolean",
            ColumnType.TEXT: "string",
            ColumnType.DOUBLE: "double",
            ColumnType.DATE: "int32",
            ColumnType.TIME: "int64" if self._unit(times) else "int32",
            ColumnType.TIMESTAMP: "int64",
            ColumnType.TIMESTAMPTZ: "string",
        }[self.type]

    def _unit(self, times: TimeMode) -> str:
        """Return what a TIME or TIMESTAMP counts, as Debezium's types begin."""
        if times is TimeMode.CONNECT:
            return ""
        if times in (TimeMode.MICROSECONDS, TimeMode.NANOSECONDS):
            return "Micro" if times is TimeMode.MICROSECONDS else "Nano"
        if self.precision > 3 or (
            self.type is ColumnType.TIME
            and times is TimeMode.ADAPTIVE_TIME_MICROSECONDS
        ):
            return "Micro"
        return ""

    def _ticks(self, micros: int, times: TimeMode) -> int:
        return micros * _UNITS[self._unit(times)] // 1_000_000

    def _semantic_name(self, decimals: DecimalMode, times: TimeMode) -> str | None:
        if self.type in _WITHOUT_ZONE and times in _NAMES_BY_MODE:
            return _NAMES_BY_MODE[times][self.type]
        if self.type is ColumnType.NUMERIC and decimals is DecimalMode.PRECISE:
            return "org.apache.kafka.connect.data.Decimal"
        if self.type in (ColumnType.TIME, ColumnType.TIMESTAMP):
            kind = "Time" if self.type is ColumnType.TIME else "Timestamp"
            return f"io.debezium.time.{self._unit(times)}{kind}"
        return {
            ColumnType.DATE: "io.debezium.time.Date",
            ColumnType.TIMESTAMPTZ: "io.debezium.time.ZonedTimestamp",
        }.get(self.type)

    def _encode_decimal(self, value: Decimal, decimals: DecimalMode) -> Any:
        exact = value.quantize(Decimal(1).scaleb(-self.scale))
        if exact != value:
            raise ValueError(f"column {self.name}: {value} has more than {self.scale}")
        if decimals is DecimalMode.STRING:
            return format(exact, "f")
        if decimals is DecimalMode.DOUBLE:
            return java_double(float(exact))
        unscaled = int(exact.scaleb(self.scale))
        # BigInteger.toByteArray: two's complement, shortest, with room for the sign.
        magnitude = unscaled if unscaled >= 0 else ~unscaled
        size = magnitude.bit_length() // 8 + 1
        return base64.b64encode(unscaled.to_bytes(size, "big", signed=True)).decode()


@dataclass(frozen=True, slots=True)
class Table:
    """A captured table; ``primary_key`` names its key columns in their order."""

    name: str
    columns: tuple[Column, ...]
    primary_key: tuple[str, ...]
    replica_identity: ReplicaIdentity = ReplicaIdentity.DEFAULT
    schema: str = "public"

    def __post_init__(self) -> None:
        names = {column.name for column in self.columns}
        if missing := [name for name in self.primary_key if name not in names]:
            raise ValueError(f"table {self.name}: no key column {missing[0]}")

    def column(self, name: str) -> Column:
        """Return the column ``name``, or raise KeyError."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"table {self.name} has no column {name}")

    def key_of(self, row: dict[str, Any]) -> tuple[Any, ...]:
        """Return the values of the primary key in ``row``."""
        return tuple(row[name] for name in self.primary_key)


def _iso_moment(value: datetime) -> str:
    """Return UTC with as many digits of the fraction as the value has (0, 3 or 6)."""
    text = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S")
    if value.microsecond == 0:
        return f"{text}Z"
    fraction = f"{value.microsecond:06}"
    return f"{text}.{fraction.rstrip('0')}Z"


def _iso_time(value: time) -> str:
    """Return UTC with as many digits of the fraction as the value has."""
    text = value.isoformat()
    return f"{text.rstrip('0') if '.' in text else text}Z"


def java_double(value: float) -> Any:
    """Return what makes ``to_json`` write ``value`` as Java does.

    Below 0.001 and from ten million on Java writes 1.0E-7 and 9.999999999E7. What
    Python writes in another way becomes a text between two NULs, which no text of
    Postgres can hold; ``BARE_NUMBER`` finds it.
    """
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return value
    sign, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    power = int(exponent) + len(digits) - 1
    first, *others = map(str, digits)
    fraction = "".join(others) or "0"
    return f"\0{'-' * sign}{first}.{fraction}E{power}\0"


def micros_of(moment: datetime) -> int:
    """Return microseconds since the epoch, exactly (no float on the way)."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(micros: int) -> datetime:
    """Return the aware UTC datetime of microseconds since the epoch."""
    return EPOCH + timedelta(microseconds=micros)
