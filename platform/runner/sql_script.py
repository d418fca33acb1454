"""Cut a SQL script into statements, keeping the line on which each one stands.

Understands what Flink's parser would: ``--`` and ``/* */`` comments (and ``/*+ hints
*/``, which are kept), quotes of three kinds with doubling, and the two spellings of a
statement set (``EXECUTE STATEMENT SET BEGIN … END;`` and ``BEGIN STATEMENT SET; …
END;``), whose INSERTs become one unit.
"""

import re
from dataclasses import dataclass

_SET_BEGIN = re.compile(
    r"(?:EXECUTE\s+STATEMENT\s+SET\s+(?:AS\s+)?BEGIN|BEGIN\s+STATEMENT\s+SET)\b",
    re.IGNORECASE,
)
_SET_END = re.compile(r"END\s*$", re.IGNORECASE)


class ScriptError(ValueError):
    """The script cannot be cut; ``line`` is where the open construct begins."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement: its ``text`` without comments around it, from ``line`` (from 1).

    ``number`` counts from 1 over the whole script, INSERTs of sets included.
    """

    text: str
    line: int
    number: int


@dataclass(frozen=True, slots=True)
class StatementSet:
    """The INSERTs that are to run as one job."""

    inserts: tuple[Statement, ...]
    line: int


def split_script(script: str) -> list[Statement | StatementSet]:
    """Return the units of ``script`` in order, or raise ScriptError."""
    units: list[Statement | StatementSet] = []
    inserts: list[Statement] | None = None
    opened = 0
    number = 0
    for text, line in _pieces(script):
        if begin := _SET_BEGIN.match(text):
            if inserts is not None:
                raise ScriptError("a statement set inside a statement set", line)
            inserts, opened = [], line
            skipped, text = text[: begin.end()], text[begin.end() :]
            line += skipped.count("\n")
            text, line = _without_lead(text, line)
            if not text:
                continue
        if inserts is not None and _SET_END.fullmatch(text):
            units.append(StatementSet(tuple(inserts), opened))
            inserts = None
            continue
        number += 1
        statement = Statement(text, line, number)
        if inserts is None:
            units.append(statement)
        else:
            inserts.append(statement)
    if inserts is not None:
        raise ScriptError("the statement set is not closed: END; is missing", opened)
    return units


def _pieces(script: str) -> list[tuple[str, int]]:
    """Return (text, line) between semicolons, without leading comments, none empty."""
    pieces = []
    start = 0
    for end in [*_semicolons(script), len(script)]:
        text, line = _without_lead(script[start:end], script.count("\n", 0, start) + 1)
        if text:
            pieces.append((text.rstrip(), line))
        start = end + 1
    return pieces


def _without_lead(text: str, line: int) -> tuple[str, int]:
    """Drop blanks and comments at the front; the rest and the line it begins on."""
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
        elif text.startswith("--", position) or _is_comment(text, position):
            position = _skip(text, position)
        else:
            break
    return text[position:], line + text.count("\n", 0, position)


def _semicolons(script: str) -> list[int]:
    found = []
    position = 0
    while position < len(script):
        if script[position] == ";":
            found.append(position)
            position += 1
        else:
            position = _skip(script, position)
    return found


def _is_comment(text: str, position: int) -> bool:
    return text.startswith("/*", position) and not text.startswith("/*+", position)


def _skip(script: str, position: int) -> int:
    """Return the position after the token at ``position``: comment, quote or letter."""
    if script.startswith("--", position):
        end = script.find("\n", position)
        return len(script) if end < 0 else end + 1
    if script.startswith("/*", position):
        end = script.find("*/", position + 2)
        if end < 0:
            raise ScriptError("a comment /* is not closed", _line(script, position))
        return end + 2
    quote = script[position]
    if quote in "'\"`":
        end = script.find(quote, position + 1)
        if end < 0:
            raise ScriptError(f"a quote {quote} is not closed", _line(script, position))
        # A doubled quote is two quoted pieces side by side: no special case.
        return end + 1
    return position + 1


def _line(script: str, position: int) -> int:
    return script.count("\n", 0, position) + 1
