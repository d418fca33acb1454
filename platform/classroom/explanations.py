"""A program's error as a student can use it: own line, plain words, folded trace."""

import re
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

CONTEXT_LINES = 2
MAX_LINE = 300

# Flink's own words → what they mean here; the first that is found is taken. Written
# for the texts of Flink 2.2 and the Kafka connector 5.0.0-2.2.
MEANINGS: tuple[tuple[re.Pattern[str], Promise], ...] = tuple(
    (re.compile(pattern, re.DOTALL), words)
    for pattern, words in (
        (
            r"Incorrect syntax near the keyword 'WATERMARK'",
            _("WATERMARK may stand in CREATE TABLE only, not in a view."),
        ),
        (
            (
                r"requires the timecol is a time attribute|"
                r"can only be defined over a time attribute"
            ),
            _(
                "The window's column is not an event time here: it needs a "
                "WATERMARK in the table, and a CAST or a recomputation in a view "
                "takes that away."
            ),
        ),
        (
            (
                r"Invalid column name '[^']*' for rowtime|"
                r"supported precision 'p' is from 0 to 3"
            ),
            _(
                "The event time must be a column of the table itself, of type "
                "TIMESTAMP(3) or TIMESTAMP_LTZ(3): compute it beside the fields of "
                "the envelope."
            ),
        ),
        (
            r"format doesn't support defining PRIMARY KEY",
            _(
                "A table of plain JSON records only grows, so it cannot have a "
                "PRIMARY KEY. Take debezium-json, upsert-kafka or a versioned view."
            ),
        ),
        (
            (
                r"Temporal Table Join requires primary key|"
                r"requires both primary key and row time"
            ),
            _(
                "The versioned side of a temporal join needs a PRIMARY KEY, a "
                "WATERMARK, and the key in the join's equality."
            ),
        ),
        (
            r"requires same rowtime type",
            _(
                "Both event times of a temporal join must have one type: TIMESTAMP "
                "or TIMESTAMP_LTZ."
            ),
        ),
        (
            r"left table's time attribute field",
            _(
                "FOR SYSTEM_TIME AS OF takes the event time of the left table "
                "itself, with its WATERMARK."
            ),
        ),
        (
            r"Processing-time temporal join is not supported",
            _(
                "A temporal join on processing time does not exist here: join by "
                "event time."
            ),
        ),
        (
            r"Table sink [^\n]* doesn't support consuming update",
            _(
                "This output only takes new rows, and the query changes rows that "
                "it has already written. Aggregate in windows (GROUP BY both "
                "window_start and window_end), or write to an upsert table."
            ),
        ),
        (
            r"doesn't support consuming update and delete changes",
            _("This operation takes rows that only grow, and its input is updated."),
        ),
        (
            r"tables require to define a PRIMARY KEY",
            _("An upsert-kafka table needs a PRIMARY KEY."),
        ),
        (
            r"integral multiple of slide|must be an integral multiple",
            _(
                "In HOP the slide comes before the size, and the size is a multiple"
                " of the slide."
            ),
        ),
        (
            (
                r"DENSE_RANK\(\) on streaming table|"
                r"can only be ordered in ASCENDING|"
                r"Sort on a non-time-attribute"
            ),
            _(
                "Streams rank by ROW_NUMBER only, with a filter on the number "
                "around it."
            ),
        ),
        (
            r'The "before" field of UPDATE message is null',
            _(
                "The source sends updates without the old row (REPLICA IDENTITY), "
                "so this format cannot read them."
            ),
        ),
        (
            r'Unknown "op" value|Corrupt Debezium JSON message',
            _(
                "The messages do not have the shape that this format expects: "
                "compare the table with the envelope in the task, its payload level"
                " above all."
            ),
        ),
        (
            r"RowTime field should not be null",
            _(
                "A row has no event time. A filter comes too late: give it a time "
                "in the column's expression, or drop the malformed message at the "
                "source."
            ),
        ),
        (
            r"Could not find any factory for identifier",
            _("A connector or format in WITH (…) has a name that is not known here."),
        ),
        (
            r"Unsupported options found for|Invalid metadata key",
            _(
                "WITH (…) or METADATA holds a name that this connector or format "
                "does not have; the message lists the ones it has."
            ),
        ),
        (
            r"transactional-id-prefix must be specified",
            _("Exactly-once delivery needs sink.transactional-id-prefix."),
        ),
        (
            r"can not satisfy the determinism requirement",
            _(
                "NOW(), UUID() and the like give another value each time, so a "
                "change could not be taken back. Take a value from the event."
            ),
        ),
        (
            r"couldn't introspect javabean",
            _("collect() cannot read TIMESTAMP_LTZ: CAST it to TIMESTAMP(3) first."),
        ),
        (
            r"Object '[^']*' not found",
            _(
                "No table or view has this name at this point. Check the spelling, "
                "and that it is created earlier in the file."
            ),
        ),
        (
            r"Column '[^']*' not found",
            _(
                "There is no such column at this level. Check the spelling and the "
                "levels of ROW."
            ),
        ),
        (
            r"SQL parse failed|Encountered \"|Lexical error",
            _(
                "This is not valid SQL. Look just before the named place: a comma, "
                "a bracket or a quote is missing, or a reserved word needs "
                "backticks."
            ),
        ),
        (
            r"TopicAuthorizationException|Not authorized to access topic",
            _(
                "A program may read the input topics and write the output topics, "
                "nothing else."
            ),
        ),
        (
            r"ModuleNotFoundError",
            _(
                "Only the standard library, PyFlink and what comes with it can be "
                "imported here."
            ),
        ),
        (
            r"IndentationError|SyntaxError",
            _(
                "This is not valid Python: look at the marked line and the one "
                "above it."
            ),
        ),
    )
)


@dataclass(frozen=True, slots=True)
class SourceLine:
    number: int
    text: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class ErrorView:
    """``line`` is the student's own; ``lines`` are it and its neighbours."""

    kind: str
    message: str
    meaning: str
    file: str
    line: int | None
    statement: int | None
    lines: tuple[SourceLine, ...]
    trace: str


def explain_error(error: dict[str, Any], *, files: dict[str, str]) -> ErrorView:
    """Return the view of a run report's ``error``."""
    message = str(error.get("message") or "")
    kind = str(error.get("kind") or "")
    file = error.get("file") or next(iter(files), "")
    line = error.get("line")
    return ErrorView(
        kind=kind,
        message=message,
        meaning=_meaning(f"{kind}: {message}\n{error.get('trace') or ''}"),
        file=file,
        line=line,
        statement=error.get("statement"),
        lines=_around(files.get(file, ""), line),
        trace=str(error.get("trace") or ""),
    )


def _meaning(text: str) -> str:
    return next((str(words) for pattern, words in MEANINGS if pattern.search(text)), "")


def _around(source: str, line: int | None) -> tuple[SourceLine, ...]:
    if line is None:
        return ()
    lines = source.split("\n")
    if not 1 <= line <= len(lines):
        return ()
    first = max(1, line - CONTEXT_LINES)
    last = min(len(lines), line + CONTEXT_LINES)
    return tuple(
        SourceLine(number, lines[number - 1][:MAX_LINE], number == line)
        for number in range(first, last + 1)
    )
