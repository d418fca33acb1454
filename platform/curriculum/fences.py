"""Code fences of a Markdown text: their header's grammar and where they stand.

The renderer and the checks read the same header grammar from here; the tests that
execute lessons take their blocks from :func:`find_fences`.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

LANGUAGES: dict[str, str] = {
    "bash": "Bash",
    "console": "Shell",
    "csv": "CSV",
    "diff": "Diff",
    "dockerfile": "Dockerfile",
    "ini": "INI",
    "java": "Java",
    "json": "JSON",
    "properties": "Properties",
    "python": "Python",
    "sql": "SQL",
    "text": "Text",
    "toml": "TOML",
    "xml": "XML",
    "yaml": "YAML",
}
MERMAID = "mermaid"
QUESTION = "question"


class FenceKind(StrEnum):
    """What a block is to the reader and to the test that executes the lesson."""

    PLAIN = "plain"
    RUN = "run"
    FAILS = "fails"
    OUTPUT = "output"
    NORUN = "norun"


# What a test executes, and the only blocks that a page says so of.
EXECUTED = frozenset({FenceKind.RUN, FenceKind.FAILS})
RUNNABLE = frozenset({"sql", "python"})


class Engine(StrEnum):
    """What executes a block: Flink, or Python with its standard library alone."""

    FLINK = "flink"
    PYTHON = "python"


@dataclass(frozen=True, slots=True)
class FenceHeader:
    """What stands after the backticks; ``unknown`` has what is not understood.

    ``lab`` is the id of the lab that runs the block's twin.
    """

    language: str
    kind: FenceKind = FenceKind.PLAIN
    engine: Engine = Engine.FLINK
    title: str = ""
    highlighted_lines: tuple[int, ...] = ()
    lab: str = ""
    unknown: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fence:
    """A block from the line of its header to its last line (both from 1).

    ``closed`` is False where the text ends before the block does.
    """

    line: int
    last_line: int
    header: FenceHeader
    body: str
    closed: bool


_HEADER = re.compile(r"\s*(?P<language>[^\s{]*)[ \t]*(?:\{(?P<attributes>.*)\})?\s*$")
_ATTRIBUTE = re.compile(
    r'\s*(?:\.(?P<kind>[^\s.=]+)|(?P<key>[\w-]+)="(?P<value>[^"]*)")'
)
_LINES = re.compile(r"\d+(?:-\d+)?(?:[ ,]+\d+(?:-\d+)?)*")
_OPENING = re.compile(r"(?P<prefix>[> \t]*)(?P<ticks>`{3,}|~{3,})(?P<header>[^`]*)$")


def parse_header(text: str) -> FenceHeader:
    """Parse the header ``python {.run on="python" title="…" hl_lines="2 4-5"}``.

    >>> parse_header('sql {.run title="Источник"}').kind
    <FenceKind.RUN: 'run'>
    >>> parse_header("sql {.rum}").unknown
    ('.rum',)
    """
    found = _HEADER.match(text)
    if not found:
        return FenceHeader(language=text.split()[0], unknown=(text.strip(),))
    unknown: list[str] = []
    kind, engine, title = FenceKind.PLAIN, Engine.FLINK, ""
    lines: tuple[int, ...] = ()
    lab = ""
    rest = found["attributes"] or ""
    while rest.strip():
        attribute = _ATTRIBUTE.match(rest)
        if not attribute:
            unknown.append(rest.strip())
            break
        rest = rest[attribute.end() :]
        if attribute["kind"] in set(FenceKind) - {FenceKind.PLAIN}:
            kind = FenceKind(attribute["kind"])
        elif attribute["key"] == "on" and attribute["value"] in set(Engine):
            engine = Engine(attribute["value"])
        elif attribute["key"] == "title":
            title = attribute["value"]
        elif attribute["key"] == "lab" and attribute["value"]:
            lab = attribute["value"]
        elif attribute["key"] == "hl_lines" and _LINES.fullmatch(attribute["value"]):
            lines = _numbers(attribute["value"])
        else:
            unknown.append(attribute[0].strip())
    return FenceHeader(
        found["language"], kind, engine, title, lines, lab, tuple(unknown)
    )


def find_fences(text: str, *, first_line: int = 1) -> tuple[Fence, ...]:
    """Return the fences of a text that begins at ``first_line`` of its file."""
    fences: list[Fence] = []
    lines = text.split("\n")
    index = 0
    while index < len(lines):
        opening = _OPENING.match(lines[index])
        if not opening:
            index += 1
            continue
        start = index
        body: list[str] = []
        closing = re.compile(rf"[> \t]*{re.escape(opening['ticks'])}[ \t]*$")
        index += 1
        while index < len(lines) and not closing.match(lines[index]):
            body.append(_without_prefix(lines[index], opening["prefix"]))
            index += 1
        fences.append(
            Fence(
                line=first_line + start,
                last_line=first_line + min(index, len(lines) - 1),
                header=parse_header(opening["header"]),
                body="\n".join(body),
                closed=index < len(lines),
            )
        )
        index += 1
    return tuple(fences)


def without_fences(text: str, *, keep: str = "") -> str:
    """Return ``text`` with its fences emptied but those of the language ``keep``.

    The number of lines stays.
    """
    lines = text.split("\n")
    for fence in find_fences(text):
        if keep and fence.header.language == keep:
            continue
        count = fence.last_line - fence.line + 1
        lines[fence.line - 1 : fence.last_line] = [""] * count
    return "\n".join(lines)


def _without_prefix(line: str, prefix: str) -> str:
    """Remove the quote marks and the indentation that the fence itself stands in."""
    return line[len(prefix) :] if line.startswith(prefix) else line.lstrip("> \t")


def _numbers(text: str) -> tuple[int, ...]:
    numbers: set[int] = set()
    for part in re.split(r"[ ,]+", text):
        first, _, last = part.partition("-")
        # 2000 lines are more than a file of the largest allowed size is read for.
        numbers.update(
            range(int(first), min(int(last or first), int(first) + 2000) + 1)
        )
    return tuple(sorted(numbers))
