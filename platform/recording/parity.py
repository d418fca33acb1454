"""The library's events beside Debezium's, field by field, and the table of it."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lab_protocol.messages import Event
from recording.session import Record

# What differs by nature and no longer. Of these fields the JSON type is compared;
# a transaction's id is its txId and an lsn.
BY_NATURE = {
    "ts_ms": "clock time",
    "ts_us": "clock time",
    "ts_ns": "clock time",
    "source.ts_ms": "clock time",
    "source.ts_us": "clock time",
    "source.ts_ns": "clock time",
    "source.lsn": "lsn",
    "source.txId": "txId",
    "source.xmin": "xmin",
    "source.sequence": "sequence",
    "source.version": "connector version",
    "transaction.id": "txId and lsn",
    "id": "txId and lsn",
}
_Leaf = tuple[str, Any]


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same."""

    place: str
    field: str
    debezium: Any
    library: Any


@dataclass(slots=True)
class Parity:
    """The result: by field how often it was compared, and what differs."""

    compared: dict[str, int]
    differences: list[Difference]


def compare(records: Sequence[Record], events: Sequence[Event]) -> Parity:
    """Compare both topic by topic, record by record, field by field, in order."""
    real = _by_topic([(item.topic, item.key, item.value) for item in records])
    made = _by_topic([(item.topic, item.key, item.value) for item in events])
    result = Parity(defaultdict(int), [])
    for topic in sorted(real | made):
        theirs, ours = real.get(topic, []), made.get(topic, [])
        if len(theirs) != len(ours):
            result.differences.append(
                Difference(topic, "number of records", len(theirs), len(ours))
            )
        for number, (their, our) in enumerate(zip(theirs, ours, strict=False)):
            for part, left, right in zip(("key", "value"), their, our, strict=True):
                place = f"{topic}[{number}] {part}"
                _compare_part(result, place, part, left, right)
    return result


def table(parities: dict[str, Parity]) -> str:
    """Return the table in Markdown: fields by connector, compared and different."""
    fields = dict.fromkeys(
        field for parity in parities.values() for field in parity.compared
    )
    lines = ["| field | by nature | compared | different |", "|---|---|---|---|"]
    for field in fields:
        count = sum(parity.compared.get(field, 0) for parity in parities.values())
        wrong = sum(
            difference.field == field
            for parity in parities.values()
            for difference in parity.differences
        )
        nature = BY_NATURE.get(_name(field), "")
        lines.append(f"| `{field}` | {nature} | {count} | {wrong} |")
    return "\n".join(lines)


def _compare_part(
    result: Parity, place: str, part: str, left: bytes | None, right: bytes | None
) -> None:
    theirs, ours = _leaves(left), _leaves(right)
    paths = [[path for path, _ in leaves] for leaves in (theirs, ours)]
    if paths[0] != paths[1]:
        result.differences.append(Difference(place, f"{part} fields in order", *paths))
    values = dict(ours)
    for path, value in theirs:
        field = f"{part}:{path}"
        result.compared[field] += 1
        if path not in values:
            continue
        other = values[path]
        same = type(value) is type(other)
        if _name(field) not in BY_NATURE:
            same = same and value == other
        if not same:
            result.differences.append(Difference(place, field, value, other))


def _name(field: str) -> str:
    return field.partition(":")[2].removeprefix("payload.")


def _leaves(data: bytes | None) -> list[_Leaf]:
    """Return the document's leaves in order; the schema is one leaf, as its text."""
    if data is None:
        return [("(none)", None)]
    return list(_walk("", json.loads(data)))


def _walk(path: str, value: Any) -> Iterator[_Leaf]:
    if path == "schema":
        # A text keeps the order of its keys, a dict compares without it.
        yield path, json.dumps(value, ensure_ascii=False)
    elif isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _walk(f"{path}.{name}" if path else name, part)
    else:
        yield path, value


def _by_topic(
    rows: Sequence[tuple[str, bytes | None, bytes | None]],
) -> dict[str, list[tuple[bytes | None, bytes | None]]]:
    topics = defaultdict(list)
    for topic, key, value in rows:
        topics[topic].append((key, value))
    return dict(topics)
