"""The course's own troubleshooting list: large enough, whole, tied to known errors."""

import re
from collections import defaultdict
from html import unescape
from pathlib import Path

import pytest

from classroom.known_errors import known_errors
from curriculum.loader import load_tree
from curriculum.publishing import publish
from curriculum.specs import Family
from tests.content.failing_programs import failing_programs, said

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def troubles():
    return publish(load_tree(ROOT)).troubleshooting


def test_it_has_forty_entries_in_both_languages(troubles):
    assert len(troubles) >= 40
    assert all(trouble.texts.keys() == {"ru", "en"} for trouble in troubles)


def test_an_entry_with_a_message_is_what_the_message_of_a_run_links_to(troubles):
    codes = {known.code for known in known_errors()}
    for trouble in troubles:
        assert (trouble.id in codes) == (trouble.family is not Family.SILENT), (
            trouble.id
        )


def test_no_family_is_empty(troubles):
    assert {trouble.family for trouble in troubles} == set(Family)


def quoted(symptom: str) -> str:
    """Return the first piece of code of a symptom, which is what Flink says."""
    found = re.search(r"<code[^>]*>(.*?)</code>", symptom, re.DOTALL)
    assert found, symptom
    return unescape(found[1])


def stands_first(quote: str, error: dict[str, str]) -> bool:
    """Say whether a message begins as quoted; ``…`` is an omission in its first lines.

    The kind of the error may stand before the message, as pages show both.
    """
    said_text = " ".join(error["message"].split())
    pieces = [re.escape(piece) for piece in quote.split("…")]
    pattern = ".*".join(pieces)
    return any(
        re.match(pattern, text) for text in (said_text, f"{error['kind']}: {said_text}")
    )


def test_an_entry_quotes_what_flink_said(troubles):
    """The first code in a symptom begins a message that was recorded of a run."""
    errors = defaultdict(list)
    for program in failing_programs():
        if error := said()[program.id]["error"]:
            errors[program.code].append(error)
    quoting = [trouble for trouble in troubles if errors[trouble.id]]
    assert len(quoting) >= 30
    for trouble in quoting:
        quotes = {quoted(text.symptom) for text in trouble.texts.values()}
        assert len(quotes) == 1, f"{trouble.id}: the languages quote differently"
        [quote] = quotes
        assert any(stands_first(quote, error) for error in errors[trouble.id]), quote


def test_a_paraphrase_is_no_quote():
    error = {"kind": "TableException", "message": "Sort on a field\nis refused."}
    assert stands_first("Sort on a field is refused.", error)
    assert stands_first("TableException: Sort … refused.", error)
    assert not stands_first("field is refused.", error)
    assert not stands_first("Sorting is refused.", error)
