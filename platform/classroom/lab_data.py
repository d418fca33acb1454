"""What flows in and out of a lab, as its workbench lists it."""

import re
from dataclasses import dataclass

from curriculum.catalogue import Lab
from curriculum.specs import Column

# Statements of a starter end with a semicolon at the end of a line.
CREATE_TABLE = re.compile(
    r"^CREATE\s+(?:TEMPORARY\s+)?TABLE\b.*?;[ \t]*$",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)


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
class LabData:
    """``ddl`` are the tables that the SQL starter gives, as they stand there."""

    streams: tuple[StreamView, ...]
    tables: tuple[TableView, ...]
    ddl: tuple[str, ...]


def lab_data(lab: Lab, language: str) -> LabData:
    """Return the streams and tables of a lab with titles in ``language``."""
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
    )
