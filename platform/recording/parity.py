"""The library's records beside Debezium's, field by field, and the table of it."""

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from recording.library import library_records
from recording.nature import RUN_ID, nature_of, relations
from recording.records import Record, payload_of
from recording.settings import VARIANTS

_Leaf = tuple[str, Any]
_TOLD = 3
_SHORT = 120


class _Number(str):
    """A number with a fraction or exponent, as the text that stands in the JSON."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Difference:
    """One field that is not the same."""

    place: str
    field: str
    debezium: Any
    library: Any

    def __str__(self) -> str:
        sides = f"Debezium {_short(self.debezium)}, the library {_short(self.library)}"
        return f"{self.place} {self.field}: {sides}"


@dataclass(slots=True)
class Parity:
    """The result for one connector.

    ``compared`` says by (part, field) how often it was compared, ``related`` by
    relation over how many values it was; ``natures`` why a field's values may differ.
    """

    records: int = 0
    compared: dict[tuple[str, str], int] = field(
        default_factory=lambda: defaultdict(int)
    )
    related: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    natures: dict[tuple[str, str], str] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)


def summary(differences: Sequence[Difference]) -> str:
    """Return one line for a report: how many, and the first of them."""
    first = "; ".join(map(str, differences[:_TOLD]))
    return f"{len(differences)} differences: {first}" if differences else ""


def compare(debezium: Sequence[Record], library: Sequence[Record]) -> Parity:
    """Compare both topic by topic in order, and then what holds across topics.

    ``library`` is in the order of the log, which Kafka keeps within a topic only.
    """
    result = Parity()
    theirs, ours = _by_topic(debezium), _by_topic(library)
    for topic in sorted(theirs | ours):
        counts = len(theirs.get(topic, [])), len(ours.get(topic, []))
        if counts[0] != counts[1]:
            result.differences.append(Difference(topic, "number of records", *counts))
    pairs = [
        (theirs[record.topic][record.offset], record)
        for record in library
        if record.offset < len(theirs.get(record.topic, []))
    ]
    for their, our in pairs:
        result.records += 1
        _compare_record(result, their, our)
    if result.differences:
        # Of fields that have another type nothing further can be asked.
        return result
    for relation in relations(
        [left for left, _ in pairs], [right for _, right in pairs]
    ):
        result.related[relation.name] += relation.compared
        if relation.debezium != relation.library:
            result.differences.append(
                Difference(
                    "all topics", relation.name, relation.debezium, relation.library
                )
            )
    return result


def parities_of(records: Sequence[Record]) -> dict[str, Parity]:
    """Compare a whole recording with the library, connector by connector."""
    return {
        variant.name: compare(
            [item for item in records if item.topic.startswith(f"{variant.name}.")],
            library_records(variant),
        )
        for variant in VARIANTS
    }


def document(parities: dict[str, Parity], *, version: str, day: date) -> str:
    """Return docs/debezium-parity.md: what was compared and how it came out."""
    records = sum(parity.records for parity in parities.values())
    wrong = sum(len(parity.differences) for parity in parities.values())
    return "\n".join(
        [
            "# The course's events beside Debezium's",
            "",
            f"Written by `make record` on {day.isoformat()} against a live"
            f" Debezium {version} (Postgres connector, pgoutput, Kafka's"
            " JsonConverter):",
            f"{records} records of {len(parities)} connectors"
            f" ({', '.join(parities)}), {wrong} differences. Settings:"
            " `platform/recording/settings.py`; tables and transactions:",
            "`platform/recording/workload.py`; what Debezium wrote:"
            " `labs/_library/recorded/`. `tests/recording` compares both again with"
            " these records,",
            "and with those of a Debezium that it starts.",
            "",
            "A field's JSON type, value and place among its neighbours are compared."
            " Where the second column names a reason, values differ by nature:",
            "there the type is compared, and the second table says what of the values"
            " is. Numbers with a fraction are compared as text. Partition, offset,",
            "headers, and how many quotes, escapes and brackets a record has are"
            " compared for each record.",
            "",
            "| field | differs by nature | compared | different |",
            "|---|---|---|---|",
            *_field_rows(parities),
            "",
            "| across fields and topics | compared | different |",
            "|---|---|---|",
            *_relation_rows(parities),
            "",
        ]
    )


def _field_rows(parities: dict[str, Parity]) -> Iterator[str]:
    places = dict.fromkeys(
        place for parity in parities.values() for place in parity.compared
    )
    for place in sorted(places, key=lambda place: _PARTS.index(place[0])):
        part, name = place
        count = sum(parity.compared.get(place, 0) for parity in parities.values())
        nature = next(
            (p.natures[place] for p in parities.values() if place in p.natures), ""
        )
        different = _different(parities, f"{part} {name}")
        yield f"| {part} `{name}` | {nature} | {count} | {different} |"


def _relation_rows(parities: dict[str, Parity]) -> Iterator[str]:
    names = dict.fromkeys(name for p in parities.values() for name in p.related)
    for name in names:
        count = sum(parity.related.get(name, 0) for parity in parities.values())
        yield f"| {name} | {count} | {_different(parities, name)} |"


def _different(parities: dict[str, Parity], name: str) -> int:
    return sum(
        difference.field == name
        for parity in parities.values()
        for difference in parity.differences
    )


# Topics of transactions and messages have fields of their own, some of one name.
_KINDS = ("", "transaction ", "message ")
_PARTS = ("record", "header", *(k + part for k in _KINDS for part in ("key", "value")))


def _compare_record(result: Parity, their: Record, our: Record) -> None:
    place = f"{our.topic}[{our.offset}]"
    for name in ("partition", "offset"):
        values = getattr(their, name), getattr(our, name)
        _note(result, place, ("record", name), *values)
    names = [[name for name, _ in record.headers] for record in (their, our)]
    _note(result, place, ("record", "names of the headers, in order"), *names)
    for (name, left), (_, right) in zip(their.headers, our.headers, strict=False):
        if name == RUN_ID:
            result.natures["header", name] = "clock time"
        _note(result, place, ("header", name), left, right)
    last = our.topic.rpartition(".")[2]
    kind = f"{last} " if f"{last} " in _KINDS else ""
    for name in ("key", "value"):
        left, right = getattr(their, name), getattr(our, name)
        part = f"{kind}{name}"
        marks = [_punctuation(left), _punctuation(right)]
        _note(result, place, (part, "punctuation of the text"), *marks)
        _compare_part(result, place, part, left, right)


def _compare_part(
    result: Parity,
    place: str,
    part: str,
    left: bytes | None,
    right: bytes | None,
) -> None:
    theirs, ours = _leaves(left), _leaves(right)
    paths = [[path for path, _ in leaves] for leaves in (theirs, ours)]
    _note(result, place, (part, "names of the fields, in order"), *paths)
    values = dict(ours)
    for path, value in theirs:
        if path not in values:
            continue
        if nature := nature_of(part, path):
            result.natures[part, path] = nature
        _note(result, place, (part, path), value, values[path])


def _note(
    result: Parity, place: str, name: tuple[str, str], left: Any, right: Any
) -> None:
    """Count one comparison; of what differs by nature, of the types only."""
    result.compared[name] += 1
    same = type(left) is type(right)
    if name not in result.natures:
        same = same and left == right
    if not same:
        result.differences.append(Difference(place, " ".join(name), left, right))


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _SHORT else f"{text[:_SHORT]}…"


def _punctuation(data: bytes | None) -> list[int]:
    """Count what tells one way to write the same JSON from another."""
    return [] if data is None else [data.count(mark) for mark in b'"\\{}[]:, \n/']


def _leaves(data: bytes | None) -> list[_Leaf]:
    """Return the document's leaves in order, the schema as one, out of its wrapper."""
    if data is None:
        return [("(tombstone or no key)", None)]
    whole = json.loads(data, parse_float=_Number)
    if list(whole) != ["schema", "payload"]:
        return list(_walk("", whole))
    # A text keeps the order of its keys, a dict compares without it.
    schema = json.dumps(whole["schema"], ensure_ascii=False)
    return [("schema", schema), *_walk("", whole["payload"])]


def _walk(path: str, value: Any) -> Iterator[_Leaf]:
    if isinstance(value, dict) and value:
        for name, part in value.items():
            yield from _walk(f"{path}.{name}" if path else name, part)
    elif isinstance(value, list) and value:
        for number, part in enumerate(value):
            yield from _walk(f"{path}[{number}]", part)
    else:
        yield path, value


def _by_topic(records: Sequence[Record]) -> dict[str, list[Record]]:
    topics = defaultdict(list)
    for record in sorted(records, key=lambda item: (item.partition, item.offset)):
        topics[record.topic].append(record)
    return dict(topics)


def version_of(records: Sequence[Record]) -> str:
    """Return the version that the connector gives in its first event."""
    for record in records:
        payload = payload_of(record.value)
        if payload is not None and "source" in payload:
            version: str = payload["source"]["version"]
            return version
    raise ValueError("no event among the records")
