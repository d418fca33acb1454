"""The shapes of content: what ``lesson`` front matter and ``lab.yaml`` may say.

All models are frozen and refuse unknown keys, so that a misspelt key is an error with
a place and not a silent default. Nothing here touches the disk or the database.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lab_protocol.messages import Language, Limits

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
TopicName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,80}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.(sql|py)$")]
ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]


class Spec(BaseModel):
    """Base of all content models: frozen, no unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Spec):
    """A short text in the languages of the site; Russian is canonical."""

    ru: Annotated[str, StringConstraints(min_length=1)]
    en: str = ""

    def in_language(self, language: str) -> str:
        """Return the text in ``language``, or in Russian where it is missing."""
        return (self.en if language == "en" else "") or self.ru


class Difficulty(StrEnum):
    BEGINNER = "beginner"
    INTERMEDIATE = "intermediate"
    ADVANCED = "advanced"


class LessonFront(Spec):
    """Front matter of ``lessons/<nn-slug>/<language>.md``. Times are minutes."""

    id: Slug
    title: str
    description: str
    module: Slug
    order: Annotated[int, Field(ge=1)]
    difficulty: Difficulty
    estimatedTime: Annotated[int, Field(ge=1, le=600)]  # noqa: N815 (the key of the file)
    topics: tuple[str, ...] = ()
    prerequisites: tuple[Slug, ...] = ()
    labs: tuple[Slug, ...] = ()
    aliases: tuple[Slug, ...] = ()


class StreamTopic(Spec):
    """An input topic of a lab: what the student's DDL points at."""

    topic: TopicName
    title: Text
    partitions: Annotated[int, Field(ge=1, le=8)] = 1


class Column(Spec):
    """One column of an output row, as the check reads it from the record.

    ``type`` decides the comparison: ``decimal`` and ``timestamp`` are exact, never
    floats; ``source`` says whether it stands in the record's key or value.
    """

    name: ColumnName
    type: Literal["string", "bigint", "decimal", "double", "boolean", "timestamp"]
    source: Literal["value", "key"] = "value"


class ClosingKey(Spec):
    """The reserved value that marks the row which proves that a topic is complete."""

    column: ColumnName
    value: str


class Output(Spec):
    """An output topic: the contract between the student's sink and the checks.

    ``mode`` append: every record is a row. upsert: records fold by ``key``, a
    tombstone deletes. ``key`` names the columns that align rows in a diff.
    """

    topic: TopicName
    title: Text
    mode: Literal["append", "upsert"]
    columns: tuple[Column, ...]
    key: tuple[ColumnName, ...]
    closing: ClosingKey | None = None


class Check(Spec):
    """One named check. ``aspect`` narrows it to rows that the oracle tagged so.

    ``rows_equal`` compares the folded output with the oracle's; ``append_only``
    demands that no key of an append output came twice and no tombstone came at all.
    """

    id: Slug
    title: Text
    kind: Literal["rows_equal", "append_only"]
    output: Slug | ColumnName
    aspect: str | None = None
    points: Annotated[int, Field(ge=0, le=100)]
    lesson_anchor: str | None = None


class Misconception(Spec):
    """A known mistake: what to tell a student whose output equals its output.

    ``check`` is the check that must fail; ``wrong`` names files under
    ``answers/wrong/`` that make the mistake.
    """

    id: Slug
    check: Slug
    title: Text
    explanation: Text
    lesson_anchor: str | None = None


class Hint(Spec):
    text: Text


class StarterFile(Spec):
    """The file a student begins with, from ``given/``, one for each language."""

    language: Language
    name: FileName


class LabLimits(Spec):
    """Limits a lab may set; what is left out is the site's default."""

    wall_seconds: Annotated[float, Field(ge=1, le=120)] = 30.0
    cpu_seconds: Annotated[float, Field(ge=1, le=240)] = 60.0
    memory_mib: Annotated[int, Field(ge=256, le=2048)] = 1200
    output_rows: Annotated[int, Field(ge=10, le=200_000)] = 20_000
    quiet_seconds: Annotated[float, Field(ge=0.5, le=10)] = 1.0

    def as_limits(self) -> Limits:
        """Return the limits in the protocol's units (bytes, seconds)."""
        return Limits(
            wall_seconds=self.wall_seconds,
            cpu_seconds=self.cpu_seconds,
            memory_bytes=self.memory_mib * 1024 * 1024,
            output_rows=self.output_rows,
            quiet_seconds=self.quiet_seconds,
        )


class LabSpec(Spec):
    """``labs/<slug>/lab.yaml``."""

    id: Slug
    lesson: Slug
    title: Text
    summary: Text
    minutes: Annotated[int, Field(ge=1, le=600)]
    starters: tuple[StarterFile, ...]
    streams: tuple[StreamTopic, ...]
    outputs: dict[str, Output]
    checks: tuple[Check, ...]
    misconceptions: tuple[Misconception, ...] = ()
    hints: tuple[Hint, ...] = ()
    limits: LabLimits = LabLimits()
    public_seed: int = 1
    aliases: tuple[Slug, ...] = ()

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages a student may choose from, in the order of the starters."""
        return tuple(starter.language for starter in self.starters)

    @property
    def points(self) -> int:
        """The most points a submission can get."""
        return sum(check.points for check in self.checks)
