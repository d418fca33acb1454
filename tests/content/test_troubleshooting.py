"""The course's own troubleshooting list: large enough, whole, tied to known errors."""

from pathlib import Path

import pytest

from classroom.known_errors import known_errors
from curriculum.loader import load_tree
from curriculum.publishing import publish
from curriculum.specs import Family

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
