"""The shapes of content: what ``lesson`` front matter and ``lab.yaml`` may say.

All models are frozen and refuse unknown keys, so that a misspelt key is an error with
a place and not a silent default. Nothing here touches the disk or the database.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from lab_protocol.messages import JobSetup, Language, Limits, StateBackend

Slug = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$")]
TopicName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_.-]{0,80}$")]
FileName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.(sql|py)$")]
ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$")]

Paragraph = Annotated[
    str,
    StringConstraints(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*#[a-z0-9][a-z0-9_-]*$"),
]
OneLine = Annotated[str, StringConstraints(pattern=r"^\S[^\n]*$")]
ShortText = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


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
    """Front matter of ``lessons/<nn-slug>/<language>.md``. Times are minutes.

    A ``draft`` is checked, and left out of what is imported.
    """

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
    draft: bool = False


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
    tombstone deletes. retract: a record adds a row or takes an equal one away, as its
    ``encoding`` says. ``key`` names the columns that align rows in a diff.
    """

    topic: TopicName
    title: Text
    mode: Literal["append", "upsert", "retract"]
    encoding: Literal["json", "debezium-json", "row-kind"] = "json"
    columns: tuple[Column, ...]
    key: tuple[ColumnName, ...]
    closing: ClosingKey | None = None


class StageTitle(Spec):
    """What readers call a stage of the stream; ``name`` is the one in stream.py."""

    name: ColumnName
    title: Text


CheckKind = Literal[
    "rows_equal",
    "append_only",
    "upsert_keys",
    "retractions",
    "late_events",
    "advances",
    "counted_once",
    "deletes_gone",
]


class Check(Spec):
    """One named check of one output; docs/grading.md says what each kind demands.

    ``aspect`` narrows it to rows that the oracle tagged so. ``after`` names a stage
    whose state is compared instead of the final rows (rows_equal). ``side`` names the
    output that late events are routed to (late_events).
    """

    id: Slug
    title: Text
    kind: CheckKind
    output: Slug | ColumnName
    aspect: str | None = None
    after: ColumnName | None = None
    side: Slug | ColumnName | None = None
    points: Annotated[int, Field(ge=0, le=100)]
    lesson_anchor: str | None = None

    @property
    def needs_states(self) -> bool:
        """Whether it looks at what should stand there after a stage."""
        return self.after is not None or self.kind == "deletes_gone"


VariationKind = Literal["shuffle", "phantoms", "duplicates", "time_shift", "partitions"]


class Variation(Spec):
    """The same workload in another form, which must come out right as well.

    ``id`` is its name in ``VARIATIONS`` of stream.py; ``kind`` says what changes and
    decides the words of a failure. It runs after all checks have passed, and costs a
    run of its own.
    """

    id: Slug
    kind: VariationKind
    title: Text
    points: Annotated[int, Field(ge=0, le=100)]
    lesson_anchor: str | None = None


class Misconception(Spec):
    """A known mistake: what to tell a student whose output equals its output.

    ``check`` is the check that must fail; ``wrong`` names files under
    ``answers/wrong/`` that make the mistake. ``unpredictable`` names outputs that the
    mistake leaves to chance: rehearsals of a wrong answer do not look at them.
    """

    id: Slug
    check: Slug
    title: Text
    explanation: Text
    lesson_anchor: str | None = None
    unpredictable: tuple[str, ...] = ()


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


class LabSetup(Spec):
    """How Flink keeps state in a lab's runs; docs/lab-kinds.md says when to use what.

    ``kill_during`` names stages, neither the first nor the last, in which the task
    manager is killed.
    """

    state_backend: StateBackend = StateBackend.HASHMAP
    checkpoint_interval_ms: Annotated[int, Field(ge=0, le=60_000)] = 0
    kill_during: tuple[ColumnName, ...] = ()

    def as_setup(self) -> JobSetup:
        """Return the setup as the engine takes it."""
        return JobSetup(
            self.state_backend, self.checkpoint_interval_ms, self.kill_during
        )


class LabSpec(Spec):
    """``labs/<slug>/lab.yaml``; a ``draft`` as for a lesson."""

    id: Slug
    lesson: Slug
    title: Text
    summary: Text
    minutes: Annotated[int, Field(ge=1, le=600)]
    starters: tuple[StarterFile, ...]
    streams: tuple[StreamTopic, ...]
    outputs: dict[str, Output]
    stages: tuple[StageTitle, ...] = ()
    checks: tuple[Check, ...]
    variations: tuple[Variation, ...] = ()
    misconceptions: tuple[Misconception, ...] = ()
    hints: tuple[Hint, ...] = ()
    limits: LabLimits = LabLimits()
    setup: LabSetup = LabSetup()
    public_seed: int = 1
    aliases: tuple[Slug, ...] = ()
    draft: bool = False

    @property
    def languages(self) -> tuple[Language, ...]:
        """The languages a student may choose from, in the order of the starters."""
        return tuple(starter.language for starter in self.starters)

    @property
    def points(self) -> int:
        """The most points a submission can get."""
        return sum(item.points for item in self.judged)

    @property
    def judged(self) -> tuple[Check | Variation, ...]:
        """All that a verdict has a line for: the checks, then the variations."""
        return (*self.checks, *self.variations)

    @property
    def needs_states(self) -> bool:
        """Whether a check looks at the state after a stage."""
        return any(check.needs_states for check in self.checks)


class Family(StrEnum):
    """What a trouble is about; the page has them in this order."""

    SYNTAX = "syntax"
    NAMES = "names"
    CONNECTORS = "connectors"
    TIME = "time"
    CHANGELOG = "changelog"
    RUNNING = "running"
    PYTHON = "python"
    ENDINGS = "endings"
    SILENT = "silent"


class TermSpec(Spec):
    """An entry of ``lessons/_shared/glossary.<language>.yaml``.

    ``aka`` are other names of the term; ``lesson`` is ``<lesson id>#<anchor>`` of the
    section that explains it.
    """

    id: Slug
    term: OneLine
    aka: tuple[OneLine, ...] = ()
    text: ShortText
    lesson: Paragraph


class TroubleSpec(Spec):
    """An entry of ``lessons/_shared/troubleshooting.<language>.yaml``.

    ``id`` is the code of the known error where the program gets a message; a wrong
    result without one has an id of its own.
    """

    id: Slug
    family: Family
    title: OneLine
    symptom: ShortText
    cause: ShortText
    cure: ShortText
    lesson: Paragraph | None = None
