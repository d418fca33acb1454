"""What Flink, Kafka and Python say, and what it means: data with stable codes.

Each ``<family>.yaml`` holds errors as a learner meets them: ``code``, the pattern
``when`` whose named groups are parameters of the sentences, what happened (``says``)
and the next step (``next``) in both languages. Families and their entries are tried in
order, so the special ones stand before the general. Every entry was written from a
message that a real program got (``tests/content/failing``).
"""

import re
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field

FAMILIES = (
    "endings",
    "syntax",
    "names",
    "time",
    "changelog",
    "connectors",
    "running",
    "python",
)
# Of a hostile message no more is read; Flink's own begin with what matters.
MAX_TEXT = 8_000
MAX_PARAMETER = 200
MAX_WORDS = 2_000
CLOSE_ENOUGH = 0.7

_FOLDER = Path(__file__).resolve().parent
_ESCAPE = re.compile(r"\\u([0-9a-fA-F]{4})")
_WORD = re.compile(r"[^\W\d][\w.\-]{1,60}")


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Words(_Model):
    """One text in both languages; `{name}` is a parameter, backticks are code."""

    ru: str
    en: str

    def in_language(self, language: str) -> str:
        """Return the text in ``language``, Russian where that is not English."""
        return self.en if language == "en" else self.ru


class Closest(_Model):
    """Look for what parameter ``of`` could have meant.

    Among the words of the parameter ``among``, or of the program where it is None.
    """

    of: str
    among: str | None = None


class KnownError(_Model):
    """One error; see the module for the fields.

    ``line`` is a pattern that the named line of the program must have too. ``find``
    are texts (with parameters) of which the first that stands in the failing statement
    gives a better line than Flink's; the statement is that which begins with ``within``
    where that is given. ``lesson`` is ``<lesson id>#<anchor>``.
    """

    code: str = Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
    when: tuple[str, ...] = Field(min_length=1)
    line: str | None = None
    says: Words
    next: Words
    find: tuple[str, ...] = ()
    within: str | None = None
    closest: Closest | None = None
    lesson: str | None = None


@dataclass(frozen=True, slots=True)
class Match:
    """An error that was recognised, with the parameters of its sentences."""

    known: KnownError
    parameters: dict[str, str]

    @property
    def closest(self) -> str | None:
        """The name that was probably meant; None where none is close."""
        return self.parameters.get("closest")


@cache
def known_errors() -> tuple[KnownError, ...]:
    """Return all entries in the order in which they are tried."""
    return tuple(
        KnownError.model_validate(item)
        for family in FAMILIES
        for item in yaml.safe_load((_FOLDER / f"{family}.yaml").read_text("utf-8"))
    )


def recognise(text: str, *, line: str = "", source: str = "") -> Match | None:
    """Return the first entry that fits; None where the error is unknown.

    ``text`` is class, message and trace as the box told them, ``line`` the student's
    own line that was named, ``source`` the whole file.
    """
    text = text[:MAX_TEXT]
    for known, patterns, own_line in _compiled():
        if own_line is not None and not own_line.search(line):
            continue
        for pattern in patterns:
            if found := pattern.search(text):
                parameters = _parameters(found)
                if closest := _closest(known, found, source):
                    parameters["closest"] = closest
                return Match(known, parameters)
    return None


type _Compiled = tuple[KnownError, tuple[re.Pattern[str], ...], re.Pattern[str] | None]


@cache
def _compiled() -> tuple[_Compiled, ...]:
    return tuple(
        (
            known,
            tuple(re.compile(pattern, re.DOTALL) for pattern in known.when),
            re.compile(known.line, re.IGNORECASE) if known.line else None,
        )
        for known in known_errors()
    )


def _parameters(found: re.Match[str]) -> dict[str, Any]:
    return {
        name: _ESCAPE.sub(_sign, " ".join(value.split())[:MAX_PARAMETER])
        for name, value in found.groupdict().items()
        if value is not None
    }


def _sign(escape: re.Match[str]) -> str:
    """Return what Flink's lexer writes as ``\\u2018``; a surrogate stays as it is."""
    sign = chr(int(escape[1], 16))
    return sign if sign.isprintable() else escape[0]


def _closest(known: KnownError, found: re.Match[str], source: str) -> str | None:
    if known.closest is None:
        return None
    wrong = found[known.closest.of]
    among = source if known.closest.among is None else found[known.closest.among]
    words = list(dict.fromkeys(_WORD.findall(among or "")))[:MAX_WORDS]
    candidates = [word for word in words if word.lower() != wrong.lower()]
    close = get_close_matches(wrong, candidates, n=1, cutoff=CLOSE_ENOUGH)
    return close[0] if close else None
