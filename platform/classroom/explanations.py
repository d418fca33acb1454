"""A program's error as a student can use it: own line, plain words, folded trace."""

import re
from dataclasses import dataclass, replace
from typing import Any

from classroom.known_errors import Match, Words, recognise

CONTEXT_LINES = 2
MAX_LINE = 300
MAX_HEADLINE = 400

PERHAPS = Words(
    ru="Возможно, имелось в виду `{closest}`.",
    en="Perhaps `{closest}` was meant.",
)

_CODE = re.compile(r"`([^`]*)`")
# A semicolon, or the end of the SQL text of a Python call.
_STATEMENT_END = re.compile(r';\s*(?:--.*)?$|"""\s*\)')
_EQUALS = re.compile(r"\s*=\s*")
_PARAMETER = re.compile(r"\{(\w+)\}")
_RECORD = re.compile(
    r"(?:Failed to deserialize JSON|Corrupt Debezium JSON message) '([^\n]{1,400})"
)
# What the parser would have taken instead: hundreds of words that name no mistake.
_EXPECTED = re.compile(r"\s*Was expecting(?: one of)?:\s.*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class SourceLine:
    number: int
    text: str
    is_wrong: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece of a sentence; code is set in the code face."""

    text: str
    is_code: bool


@dataclass(frozen=True, slots=True)
class ErrorView:
    """``line`` is the student's own; ``lines`` are it and its neighbours.

    ``code`` is that of the known error, "" where it is unknown; then ``says`` and
    ``next_step`` are empty. ``headline`` is the first sentence of the error's own
    words, ``message`` all of them. ``record`` is the Kafka record at which the job
    stopped. ``lesson`` is ``<lesson id>#<anchor>`` or "", ``lesson_url`` its address
    where the course has it, ``trouble_url`` that of the troubleshooting entry.
    """

    code: str
    says: tuple[Piece, ...]
    next_step: tuple[Piece, ...]
    lesson: str
    kind: str
    headline: str
    message: str
    file: str
    line: int | None
    statement: int | None
    lines: tuple[SourceLine, ...]
    record: str
    trace: str
    lesson_url: str = ""
    trouble_url: str = ""


def explain_error(
    error: dict[str, Any], *, files: dict[str, str], language: str
) -> ErrorView:
    """Return the view of a run report's ``error`` for a reader of ``language``."""
    message = str(error.get("message") or "")
    kind = str(error.get("kind") or "")
    trace = str(error.get("trace") or "")
    file = str(error.get("file") or next(iter(files), ""))
    source = files.get(file, "")
    told = line = error.get("line")
    match = recognise(
        f"{kind}: {message}\n{trace}", line=_line_of(source, line), source=source
    )
    if match is not None:
        line = _better_line(match, source, told)
    # A place above is in another statement, such as the CREATE TABLE it reads.
    is_above = line is not None and told is not None and line < told
    return ErrorView(
        code=match.known.code if match else "",
        says=_says(match, language),
        next_step=_next_step(match, language),
        lesson=(match.known.lesson or "") if match else "",
        kind=kind,
        headline=_headline(kind, message),
        message=message,
        file=file,
        line=line,
        statement=None if is_above else error.get("statement"),
        lines=_around(source, line),
        record=_record(trace),
        trace=trace,
    )


def explain_ending(
    ending: str, detail: str, *, files: dict[str, str], language: str
) -> ErrorView | None:
    """Return the view of a run without an error; None where nothing is to be said.

    ``detail`` is which limit was crossed, or ``no_job``.
    """
    if recognise(f"{ending}: {detail}") is None:
        return None
    told = {"kind": ending, "message": detail}
    view = explain_error(told, files=files, language=language)
    return replace(view, kind="", headline="", message="")


def pieces(text: str, parameters: dict[str, str]) -> tuple[Piece, ...]:
    """Fill ``text`` and cut it into pieces; a parameter cannot end its own code."""
    return tuple(
        Piece(_PARAMETER.sub(lambda name: parameters[name[1]], part), bool(number % 2))
        for number, part in enumerate(_CODE.split(text))
        if part
    )


def _says(match: Match | None, language: str) -> tuple[Piece, ...]:
    if match is None:
        return ()
    return pieces(match.known.says.in_language(language), match.parameters)


def _next_step(match: Match | None, language: str) -> tuple[Piece, ...]:
    if match is None:
        return ()
    text = match.known.next.in_language(language)
    if match.closest:
        text = f"{PERHAPS.in_language(language)} {text}"
    return pieces(text, match.parameters)


def _headline(kind: str, message: str) -> str:
    """Return class and first sentences of a message; the class where it has none."""
    told = _EXPECTED.sub("", message).strip()
    first = next((line for line in told.splitlines() if line.strip()), "")
    head = f"{kind}: {first}" if kind and first else kind or first
    return head if len(head) <= MAX_HEADLINE else f"{head[:MAX_HEADLINE]}…"


def _record(trace: str) -> str:
    """Return the record that Flink names above the cause; its end may be cut off."""
    found = _RECORD.search(trace)
    return found[1].removesuffix("'.") if found else ""


def _better_line(match: Match, source: str, line: int | None) -> int | None:
    """Return where a text to find stands in the failing statement.

    Where the statement has none of them, it is the only place of the whole program;
    among several places a guess would mislead, so the line stays.
    """
    lines = [_plain(own) for own in source.split("\n")]
    begin = line or 1
    if match.known.within:
        begin = (_places(lines, _filled(match.known.within, match)) or [begin])[0]
    end = next(
        (
            number
            for number, own in enumerate(lines[begin - 1 :], start=begin)
            if _STATEMENT_END.search(own)
        ),
        len(lines),
    )
    found = [_places(lines, _filled(text, match)) for text in match.known.find]
    for places in found:
        inside = [place for place in places if begin <= place <= end]
        if inside:
            return inside[0]
    return next((places[0] for places in found if len(places) == 1), line)


def _filled(text: str, match: Match) -> str:
    return _PARAMETER.sub(lambda name: match.parameters[name[1]], text)


def _places(lines: list[str], text: str) -> list[int]:
    """Return the numbers (from 1) of the lines that hold ``text``, no comments."""
    return [
        number
        for number, own in enumerate(lines, start=1)
        if _plain(text) in own and not own.lstrip().startswith(("--", "#"))
    ]


def _plain(text: str) -> str:
    """Return ``text`` as it compares: SQL cares for neither case nor blanks at "="."""
    return _EQUALS.sub("=", text.lower())


def _line_of(source: str, line: int | None) -> str:
    lines = source.split("\n")
    return lines[line - 1] if line is not None and 1 <= line <= len(lines) else ""


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
