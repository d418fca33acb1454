"""What flows in and out of a lab, as its workbench lists it."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from classroom.result_views import EventView
from classroom.results import event_view
from curriculum.catalogue import Lab
from curriculum.specs import Column

# Statements of a starter end with a semicolon at the end of a line.
CREATE_TABLE = re.compile(
    r"^CREATE\s+(?:TEMPORARY\s+)?TABLE\b.*?;[ \t]*$",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)

# The name of a table, and of each column, which begins its line.
_NAMES = re.compile(
    r"(?:TABLE\s+(?:IF\s+NOT\s+EXISTS\s+)?|^\s*)`?([a-z_]\w*)`?(?=\s+[A-Z(])",
    re.MULTILINE,
)
_JSON_KINDS = {
    bool: "true / false",
    int: "number",
    float: "number",
    str: "string",
    list: "array",
    dict: "object",
    type(None): "null",
}


@dataclass(frozen=True, slots=True)
class StreamView:
    """An input topic."""

    topic: str
    title: str
    partitions: int


@dataclass(frozen=True, slots=True)
class TableView:
    """An output topic: its columns, and those that make a row one and the same."""

    topic: str
    title: str
    mode: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class FieldView:
    """A column of the rows in a topic's envelopes, and how JSON writes its values."""

    topic: str
    name: str
    kind: str


@dataclass(frozen=True, slots=True)
class LabData:
    """``ddl`` are the tables that the SQL starter gives, as they stand there.

    ``events`` are the first ones of the public stream, ``fields`` what they carry.
    """

    streams: tuple[StreamView, ...]
    tables: tuple[TableView, ...]
    ddl: tuple[str, ...]
    events: tuple[EventView, ...]
    fields: tuple[FieldView, ...]

    @property
    def names(self) -> str:
        """Every table, column and topic once, for the editor's completion."""
        tables = [name for text in self.ddl for name in _NAMES.findall(text)]
        columns = [column.name for table in self.tables for column in table.columns]
        fields = [item.name for item in self.fields]
        topics = [item.topic for item in self.streams]
        topics += [item.topic for item in self.tables]
        return " ".join(dict.fromkeys([*tables, *columns, *fields, *topics]))


def lab_data(lab: Lab, language: str, events: Sequence[dict[str, Any]] = ()) -> LabData:
    """Return the streams and tables of a lab with titles in ``language``.

    ``events`` are the stored first ones of its public stream.
    """
    starter = next(
        (text for known, text in lab.starters.items() if known == "sql"), None
    )
    return LabData(
        streams=tuple(
            StreamView(item.topic, item.title.in_language(language), item.partitions)
            for item in lab.spec.streams
        ),
        tables=tuple(
            TableView(
                item.topic,
                item.title.in_language(language),
                item.mode,
                item.columns,
                item.key,
            )
            for item in lab.spec.outputs.values()
        ),
        ddl=tuple(CREATE_TABLE.findall(starter.text)) if starter else (),
        events=tuple(event_view(event, "first-event-") for event in events),
        fields=_fields(events),
    )


def _fields(events: Sequence[dict[str, Any]]) -> tuple[FieldView, ...]:
    """Return what the rows of each topic hold, by the first value that is not null."""
    found: dict[tuple[str, str], str] = {}
    for event in events:
        for name, value in _row(event["value"]).items():
            place = (event["topic"], name)
            if found.get(place, "null") == "null":
                found[place] = _JSON_KINDS[type(value)]
    return tuple(FieldView(topic, name, kind) for (topic, name), kind in found.items())


def _row(text: str | None) -> dict[str, Any]:
    """Return the row of an envelope, the newer one; {} where there is none."""
    text = (text or "null").replace('{"schema": …, ', "{", 1)
    try:
        message = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(message, dict):
        return {}
    envelope = message.get("payload", message)
    if not isinstance(envelope, dict) or "op" not in envelope:
        return {}
    row = envelope.get("after") or envelope.get("before")
    return row if isinstance(row, dict) else {}
