"""Words and stems, and how far they are those of Postgres' own dictionaries."""

import re
from pathlib import Path

import pytest
from django.db import connection

from search.words import query_words, stem, words_of

ROOT = Path(__file__).resolve().parents[2]


def test_words_are_folded_and_know_their_place():
    text = "Учёт: user_id, «ИТОГ» №5"
    words = list(words_of(text))
    assert [word.text for word in words] == ["учет", "user", "id", "итог", "5"]
    assert [text[word.start : word.end] for word in words][:4] == [
        "Учёт",
        "user",
        "id",
        "ИТОГ",
    ]


@pytest.mark.parametrize(
    ("forms", "expected"),
    [
        (("состояние", "состояния", "состояний"), "состоян"),
        (("таблица", "таблицами", "таблиц"), "таблиц"),
        (("watermark", "watermarks"), "watermark"),
        (("joins", "joined", "joining"), "join"),
    ],
)
def test_forms_have_one_stem(forms, expected):
    assert {stem(form) for form in forms} == {expected}


def test_small_words_are_left_out_unless_there_are_no_others():
    assert query_words("что такое watermark и как", at_most=9) == ("такое", "watermark")
    assert query_words("is not", at_most=9) == ("is", "not")
    assert query_words("a b c d x y z", at_most=3) == ("b", "c", "d")


@pytest.mark.skipif(
    connection.vendor != "postgresql", reason="asks the dictionaries of Postgres"
)
def test_stems_are_those_of_postgres(db):
    """The words of the course: what Postgres' dictionaries would have made of them.

    Its stemmers are some releases older, so a few words may differ.
    """
    words = set()
    for file in (ROOT / "lessons").rglob("*.md"):
        words |= {word.text for word in words_of(file.read_text(encoding="utf-8"))}
    letters = sorted(word for word in words if re.fullmatch("[a-zа-я]{3,}", word))
    assert len(letters) > 2_000
    different = {}
    with connection.cursor() as cursor:
        for language, pattern in (("russian", "[а-я]+"), ("english", "[a-z]+")):
            own = [word for word in letters if re.fullmatch(pattern, word)]
            cursor.execute(
                "SELECT word, (ts_lexize(%s, word))[1] FROM unnest(%s::text[]) AS word",
                [f"{language}_stem", own],
            )
            different |= {
                word: (stem(word), theirs)
                for word, theirs in cursor.fetchall()
                if theirs is not None and theirs != stem(word)
            }
    assert len(different) <= len(letters) // 200, different
