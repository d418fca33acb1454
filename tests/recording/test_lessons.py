"""What lessons 1 and 3 say of Debezium, held against what Debezium wrote.

Each claim is a sentence that stands in the lesson and a question to the recording; who
changes the sentence comes by here. Of ``skipped.operations`` and of tables without a
key the recording knows nothing: it sets the one and has none of the other.
"""

import base64
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from potok_cdc.tables import ColumnType
from recording.__main__ import FOLDER, read
from recording.workload import SNAPSHOT, TABLES

LESSONS = Path(__file__).resolve().parents[2] / "lessons"
EVENTS, SOURCE = "01-change-events", "03-pyflink-cdc-connector"
UNAVAILABLE = "__debezium_unavailable_value"
CLOCKS = {"ts_ms": 0, "ts_us": 0, "ts_ns": 0}
# Replica identities of the workload: ``orders`` FULL, the others DEFAULT.
FULL = {"orders"}


@dataclass(frozen=True, slots=True)
class Seen:
    """A record of one connector's table topic; ``event`` is None for a tombstone."""

    table: str
    key: Any
    event: dict[str, Any] | None
    headers: dict[str, bytes]


class Recording:
    """Records of tables by connector, in the order of their log positions."""

    def __init__(self, records):
        self.records = records

    def of(self, connector, table=None):
        found = []
        for record in self.records:
            words = record.topic.split(".")
            if words[0] != connector or words[1] != "public":
                continue
            if table is None or table == words[2]:
                key, value = (
                    None if text is None else opened(json.loads(text))
                    for text in (record.key, record.value)
                )
                found.append(Seen(words[2], key, value, dict(record.headers)))
        return found

    def events(self, op=None, *, connector="plain", table=None):
        return [
            seen
            for seen in self.of(connector, table)
            if seen.event is not None and op in (None, seen.event["op"])
        ]


def opened(document):
    return document.get("payload", document)


@pytest.fixture(scope="module")
def recording():
    return Recording(read(FOLDER))


CLAIMS = []


def claim(lesson, section, sentence):
    def add(check):
        CLAIMS.append(pytest.param(lesson, section, sentence, check, id=check.__name__))
        return check

    return add


@claim(EVENTS, "envelope", "the whole value of the message, if the converter works")
def the_event_shown_has_the_form_of_every_event(recording):
    text = (LESSONS / EVENTS / "en.md").read_text("utf-8")
    shown = json.loads(re.search(r"```json\n(.+?)```", text, flags=re.S)[1])
    for seen in recording.events():
        event = seen.event
        assert list(event) == list(shown)
        assert list(event["source"]) == list(shown["source"])
        for name, value in event["source"].items():
            if value is not None and shown["source"][name] is not None:
                assert type(value) is type(shown["source"][name]), name
    assert shown["source"]["version"] == event["source"]["version"]


@claim(EVENTS, "envelope", "grows with the log")
def lsn_grows(recording):
    by_transaction = {}
    for seen in recording.events():
        source = seen.event["source"]
        by_transaction.setdefault(source["txId"], []).append(source["lsn"])
    ranges = [(min(lsns), max(lsns)) for _, lsns in sorted(by_transaction.items())]
    assert all(one[1] < other[0] for one, other in pairwise(ranges))


@claim(EVENTS, "envelope", "the end of the last committed transaction (`null` until")
def sequence_is_a_text_of_two_places(recording):
    befores = set()
    for seen in recording.events():
        source = seen.event["source"]
        before, own = json.loads(source["sequence"])
        assert own == str(source["lsn"])
        assert before is None or int(before) <= source["lsn"]
        assert before is None or seen.event["op"] != "r"
        befores.add(before is None)
    assert befores == {True, False}


@claim(EVENTS, "envelope", "if `provide.transaction.metadata` is on")
def the_order_in_the_transaction_is_there_only_if_wanted(recording):
    assert all(seen.event["transaction"] is None for seen in recording.events())
    blocks = [
        seen.event["transaction"] is not None
        for seen in recording.events(connector="blocks")
        if seen.event["op"] != "r"
    ]
    assert blocks
    assert all(blocks)


@claim(EVENTS, "envelope", "Debezium puts the row's primary key there")
def the_key_is_the_row_s_primary_key(recording):
    for table in TABLES:
        for seen in recording.events(table=table.name):
            if seen.event["op"] != "t":
                row = seen.event["after"] or seen.event["before"]
                assert seen.key == {name: row[name] for name in table.primary_key}


@claim(EVENTS, "envelope", "the connector's name and the id of its run")
def records_have_headers(recording):
    for seen in recording.of("plain"):
        assert seen.headers["__debezium.context.connectorName"] == b"postgresql"
        assert seen.headers["__debezium.context.connectorLogicalName"] == b"plain"
        assert seen.headers["__debezium.context.runId"]


@claim(EVENTS, "operations", "| `c` | `INSERT` | `null` | the new row | yes |")
def an_operation_has_the_sides_of_the_table(recording):
    sides = {
        op: {
            (seen.event["before"] is None, seen.event["after"] is None, bool(seen.key))
            for seen in recording.events(op)
        }
        for op in "rcudt"
    }
    assert sides == {
        "r": {(True, False, True)},
        "c": {(True, False, True)},
        "u": {(True, False, True), (False, False, True)},
        "d": {(False, True, True)},
        "t": {(True, True, False)},
    }


@claim(EVENTS, "operations", "it has another form and a topic of its own")
def a_message_is_not_about_rows(recording):
    found = [item for item in recording.records if item.topic == "plain.message"]
    assert found
    for record in found:
        event = json.loads(record.value)
        assert event["op"] == "m"
        assert not {"before", "after"} & set(event)
        assert json.loads(record.key) == {"prefix": "audit"}


@claim(EVENTS, "tombstones", "the same key and an empty value")
def after_every_deletion_comes_its_tombstone(recording):
    for table in TABLES:
        seen = recording.of("plain", table.name)
        deleted = {n for n, s in enumerate(seen) if s.event and s.event["op"] == "d"}
        empty = {n for n, item in enumerate(seen) if item.event is None}
        assert empty == {number + 1 for number in deleted}
        assert all(seen[number].key == seen[number + 1].key for number in deleted)


@claim(EVENTS, "snapshot", "writes every row as an event with `op = r`")
def the_snapshot_is_every_row_at_one_place(recording):
    read_rows = recording.events("r")
    assert len(read_rows) == sum(map(len, SNAPSHOT.values()))
    sources = [seen.event["source"] for seen in read_rows]
    assert len({source["lsn"] for source in sources}) == 1
    assert len({source["ts_us"] for source in sources}) == 1


@claim(EVENTS, "snapshot-marker", "| `last` | the last row of the snapshot |")
def the_marker_is_a_text(recording):
    markers = [seen.event["source"]["snapshot"] for seen in recording.events()]
    assert set(markers) <= {
        "first",
        "first_in_data_collection",
        "true",
        "last_in_data_collection",
        "last",
        "false",
    }
    assert (markers.count("first"), markers.count("last")) == (1, 1)
    for seen in recording.events():
        marker = seen.event["source"]["snapshot"]
        assert (marker == "false") == (seen.event["op"] != "r")


# What a column that may not be null has where its value is not in the log.
NEUTRAL = {
    ColumnType.TEXT: "",
    ColumnType.INTEGER: 0,
    ColumnType.BIGINT: 0,
    ColumnType.DOUBLE: 0.0,
    ColumnType.BOOLEAN: False,
    ColumnType.NUMERIC: "AA==",
    ColumnType.DATE: 0,
    ColumnType.TIME: 0,
    ColumnType.TIMESTAMP: 0,
    ColumnType.TIMESTAMPTZ: "1970-01-01T00:00:00Z",
}


@claim(
    EVENTS,
    "before",
    "writes the neutral value of the type: an empty text, a zero, the year",
)
def default_leaves_only_the_key(recording):
    for table in (table for table in TABLES if table.name not in FULL):
        for seen in recording.events("u", table=table.name):
            assert seen.event["before"] is None
        deleted = recording.events("d", table=table.name)
        assert deleted
        for seen in deleted:
            assert seen.event["before"] == seen.key | {
                column.name: None if column.nullable else NEUTRAL[column.type]
                for column in table.columns
                if column.name not in table.primary_key
            }


@claim(EVENTS, "before", "| `FULL` | the whole row | the whole row |")
def full_has_the_whole_row(recording):
    rows = {}
    compared = 0
    for seen in recording.events(table="orders"):
        key = json.dumps(seen.key)
        if seen.event["before"] is not None:
            known = rows[key]
            assert {name: seen.event["before"][name] for name in known} == known
            compared += 1
        rows[key] = seen.event["after"]
    assert compared >= 4


@claim(EVENTS, "key-change", "the `d` and its tombstone have `__debezium.newkey`")
def a_change_of_the_key_is_a_deletion_and_an_insertion(recording):
    for table, old, new in (("customers", 3, 4), ("orders", 3, 30)):
        seen = recording.of("plain", table)
        at = next(
            n for n, item in enumerate(seen) if "__debezium.newkey" in item.headers
        )
        gone, empty, come = seen[at : at + 3]
        assert (gone.event["op"], empty.event, come.event["op"]) == ("d", None, "c")
        assert (gone.key, come.key) == ({"id": old}, {"id": new})
        assert gone.event["source"]["lsn"] == come.event["source"]["lsn"]
        for item in (gone, empty):
            header = opened(json.loads(item.headers["__debezium.newkey"]))
            assert header == {"id": new}
        header = opened(json.loads(come.headers["__debezium.oldkey"]))
        assert header == {"id": old}


@claim(EVENTS, "toast", "With `REPLICA IDENTITY FULL` the old value is in the log")
def a_placeholder_stands_for_what_is_not_in_the_log(recording):
    prices = recording.events("u", table="products")
    assert prices[0].event["after"]["manual"] == UNAVAILABLE
    full = next(
        seen for seen in recording.events("u", table="orders") if seen.key["id"] == 2
    )
    assert len(full.event["after"]["note"]) > 2000


@claim(EVENTS, "types", "base64 of the bytes of an integer")
def decimals_are_what_the_mode_says(recording):
    row = recording.events(table="orders")[0].event["after"]
    unscaled = int.from_bytes(base64.b64decode(row["amount"]), "big", signed=True)
    assert Decimal(unscaled).scaleb(-2) == SNAPSHOT["orders"][0]["amount"]
    negative = recording.events(table="orders")[1].event["after"]["amount"]
    assert base64.b64decode(negative) == b"\xff"
    other = {
        name: recording.events(connector=name, table="orders")[0].event["after"]
        for name in ("connect", "micros")
    }
    assert other["connect"]["amount"] == "19.90"
    assert other["micros"]["amount"] == 19.9


@claim(EVENTS, "types", "| `timestamptz` | ISO-8601 text in UTC")
def times_have_the_units_of_the_table(recording):
    row = recording.events(table="orders")[0].event["after"]
    given = SNAPSHOT["orders"][0]
    seconds = given["placed_at"].timestamp()
    assert row["placed_at"] == round(seconds * 1_000_000)
    assert row["changed_at"] == round(given["changed_at"].timestamp() * 1_000)
    assert row["ordered_on"] == (given["ordered_on"] - date(1970, 1, 1)).days
    assert row["seen_at"].endswith("Z")
    assert datetime.fromisoformat(row["seen_at"]) == given["seen_at"].astimezone(UTC)
    for name in ("connect", "iso", "nsec", "usec"):
        event = recording.events(connector=name, table="orders")[0].event
        assert event["after"]["seen_at"] == row["seen_at"]


@claim(EVENTS, "schema-wrapper", "and they are independent")
def the_wrappers_of_key_and_value_are_independent(recording):
    shapes = {}
    for record in recording.records:
        name, kind, *_ = record.topic.split(".")
        if kind == "public" and record.key is not None and record.value is not None:
            both = tuple(
                list(json.loads(text)) == ["schema", "payload"]
                for text in (record.key, record.value)
            )
            shapes.setdefault(name, set()).add(both)
    assert shapes["plain"] == {(False, False)}
    assert shapes["schema"] == {(True, True)}
    assert shapes["micros"] == {(False, True)}


@claim(EVENTS, "schema-wrapper", "several times larger than the event itself")
def the_schema_is_larger_than_the_event(recording):
    for table in TABLES:
        for record in recording.records:
            if record.topic == f"schema.public.{table.name}" and record.value:
                document = json.loads(record.value)
                sizes = [len(json.dumps(document[part])) for part in document]
                placeholder = document["payload"]["after"] or {}
                if not any(len(str(value)) > 200 for value in placeholder.values()):
                    assert sizes[0] > 2 * sizes[1]


@claim(EVENTS, "truncate", "one event `t` comes, without a key and without rows")
def a_truncate_is_one_event(recording):
    (found,) = recording.events("t")
    assert found.key is None
    assert (found.event["before"], found.event["after"]) == (None, None)


@claim(EVENTS, "duplicates", "a repeat has another `ts_ms`")
def a_repeat_has_the_same_source_and_another_time(recording):
    seen = recording.events(table="customers")[-4:]
    for first, again in zip(seen[:2], seen[2:], strict=True):
        assert first.key == again.key
        assert {**first.event, **CLOCKS} == {**again.event, **CLOCKS}
        assert first.event["ts_ms"] < again.event["ts_ms"]


@claim(SOURCE, "pipeline", "The topic's name is `<prefix>.<schema>.<table>`")
def topics_are_called_so(recording):
    for record in recording.records:
        if ".public." in record.topic and record.value is not None:
            source = opened(json.loads(record.value))["source"]
            parts = source["name"], source["schema"], source["table"]
            assert record.topic == ".".join(parts)


@claim(SOURCE, "envelope", "is the time of the snapshot, not the age of the row")
def rows_of_the_snapshot_have_its_time(recording):
    read_rows = recording.events("r")
    moments = {seen.event["source"]["ts_ms"] for seen in read_rows}
    assert len(moments) == 1
    first = min(s.event["source"]["ts_ms"] for s in recording.events("c"))
    assert moments.pop() < first


@claim(SOURCE, "envelope", "when the database made the change")
def the_connector_s_time_is_after_the_database_s(recording):
    for seen in recording.events():
        assert seen.event["ts_ms"] >= seen.event["source"]["ts_ms"]


@claim(SOURCE, "envelope", "`timestamp` is by default microseconds")
def a_timestamp_of_six_digits_is_microseconds(recording):
    row = recording.events(table="orders")[0].event["after"]
    assert row["placed_at"] % 1_000_000 == 123_456


@pytest.mark.parametrize(("lesson", "section", "sentence", "check"), CLAIMS)
def test_debezium_does_what_the_lesson_says(
    recording, lesson, section, sentence, check
):
    english = (LESSONS / lesson / "en.md").read_text("utf-8")
    part = re.split(r"^#{2,3} ", english.split(f"{{#{section}}}", 1)[1], flags=re.M)[0]
    assert sentence in part
    assert f"{{#{section}}}" in (LESSONS / lesson / "ru.md").read_text("utf-8")
    check(recording)
