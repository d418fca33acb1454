"""docs/smallest.md has a line for every wrong answer of every lab, and none besides."""

from tests.content.labs import LABS, SLUGS
from tests.content.smallest_table import DOCUMENT, document, lines_of_document

AGAIN = "run with POTOK_TESTS=all: tests/content/test_smallest_on_flink.py"


def test_every_wrong_answer_has_its_search():
    answers = {
        (slug, path.stem)
        for slug in SLUGS
        for path in (LABS / slug / "answers/wrong").iterdir()
    }
    assert set(lines_of_document()) == answers, AGAIN


def test_the_document_was_not_edited_by_hand():
    assert DOCUMENT.read_text("utf-8") == document(lines_of_document())
