"""The texts of a lesson tell the same in each language, as far as a machine can see.

Section by section: the anchor and level of the heading, what each block is, how many
lines of tables, callouts and lists there are, and every number outside blocks.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from curriculum.labels import LANGUAGES
from tests.content.labs import LESSONS

HEADING = re.compile(r"(#+) .*\{#([\w-]+)\}$")
ADDRESS = re.compile(r"\]\([^)]*\)")
NUMBER = re.compile(r"\d+(?:[.:]\d+)*")
LINES = {"|": "table", ">": "callout", "-": "list"}


@dataclass(slots=True)
class Section:
    level: int
    anchor: str
    blocks: list[str] = field(default_factory=list)
    lines: Counter[str] = field(default_factory=Counter)
    numbers: Counter[str] = field(default_factory=Counter)


def sections_of(text: str) -> list[Section]:
    """Split a lesson's Markdown; what stands before the first heading is left out."""
    found: list[Section] = []
    inside = opening = False
    for line in text.partition("\n---\n")[2].splitlines():
        heading = None if inside else HEADING.match(line)
        if heading:
            found.append(Section(len(heading[1]), heading[2]))
        elif not found:
            continue
        elif line.startswith("```"):
            inside = opening = not inside
            if inside:
                found[-1].blocks.append(line[3:].partition(" title=")[0])
        elif inside:
            # A diagram's first line says its kind: flowchart, sequenceDiagram, gantt.
            if opening and found[-1].blocks[-1] == "mermaid":
                found[-1].blocks.append(line)
            opening = False
        else:
            found[-1].numbers.update(NUMBER.findall(ADDRESS.sub("", line)))
            if line[:1] in LINES:
                found[-1].lines[LINES[line[0]]] += 1
    return found


def texts(lesson: Path) -> list[str]:
    return [(lesson / f"{one}.md").read_text("utf-8") for one in LANGUAGES]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_sections_blocks_tables_and_numbers_are_the_same(lesson):
    first, second = (sections_of(text) for text in texts(lesson))
    assert len(first) > 10
    assert first == second


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("5–10 секунд", "5–15 секунд"),
        ("\n```mermaid\ngantt", "\n```mermaid\nflowchart LR"),
        ("{.fails", "{.run"),
        ("\n| `numRestarts`", "\n`numRestarts`"),
        ("{#tumble}", "{#tumbling}"),
    ],
)
def test_what_differs_is_seen(old, new):
    text = texts(LESSONS[-1])[0]
    assert old in text
    assert sections_of(text.replace(old, new, 1)) != sections_of(text)
