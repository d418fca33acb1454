"""docs/course.md names sections, checks and questions that exist.

The table is written by hand, since what teaches an outcome is a judgement; that its
places are still there is not.
"""

import re

import pytest

from curriculum.loader import load_tree
from curriculum.publishing import publish
from tests.content.labs import ROOT

OUTCOMES = 6
PLACE = re.compile(r"`([a-z-]+)([#/?])([a-z-]+)`")


@pytest.fixture(scope="module")
def content():
    return publish(load_tree(ROOT))


@pytest.fixture(scope="module")
def rows():
    """Return the rows of the tables, each as its cells."""
    lines = (ROOT / "docs/course.md").read_text("utf-8").splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| ") and PLACE.search(line)
    ]


def test_every_place_exists(content, rows):
    known = {
        f"{lesson.id}#{anchor}"
        for lesson in content.lessons
        for anchor in set.intersection(
            *(set(text.anchors) for text in lesson.texts.values())
        )
    }
    known |= {
        f"{lab.spec.id}/{check.id}" for lab in content.labs for check in lab.spec.checks
    }
    known |= {
        f"{lesson.id}?{question}"
        for lesson in content.lessons
        for question in re.findall(
            r"^```+question\nid: ([a-z-]+)$",
            (ROOT / "lessons" / lesson.folder / "ru.md").read_text("utf-8"),
            re.MULTILINE,
        )
    }
    named = {"".join(place) for row in rows for place in PLACE.findall(row[-1])}
    named |= {"".join(place) for row in rows for place in PLACE.findall(row[-2])}
    assert len(named) > 40
    assert named <= known, sorted(named - known)


def test_every_outcome_is_taught_and_tested(rows):
    outcomes = [row for row in rows if len(row) == 3]
    assert len(outcomes) == OUTCOMES
    for outcome, taught, tested in outcomes:
        assert {kind for _, kind, _ in PLACE.findall(taught)} == {"#"}, outcome
        assert {kind for _, kind, _ in PLACE.findall(tested)} <= {"/", "?"}, outcome
        assert PLACE.search(tested), outcome
