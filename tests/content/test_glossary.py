"""The course's own glossary: large enough, whole in both languages, short."""

import re
from pathlib import Path

import pytest

from curriculum.loader import load_tree
from curriculum.publishing import publish

ROOT = Path(__file__).resolve().parents[2]
TAG = re.compile(r"<[^>]+>")


@pytest.fixture(scope="module")
def content():
    return publish(load_tree(ROOT))


def test_it_has_sixty_terms_in_both_languages(content):
    assert len(content.glossary) >= 60
    assert all(term.texts.keys() == {"ru", "en"} for term in content.glossary)


def test_every_lesson_explains_some_of_the_terms(content):
    lessons = {lesson.id for lesson in content.lessons}
    assert {term.lesson for term in content.glossary} == lessons


def test_no_term_is_called_as_another_one(content):
    for language in ("ru", "en"):
        names = [term.text(language).name.casefold() for term in content.glossary]
        assert len(set(names)) == len(names)


def test_a_text_is_some_sentences_and_in_its_language(content):
    for term in content.glossary:
        for language in ("ru", "en"):
            plain = TAG.sub("", term.text(language).text)
            assert 50 <= len(plain) <= 400, term.id
            has_russian = bool(re.search("[а-яё]", plain))
            assert has_russian == (language == "ru"), term.id
