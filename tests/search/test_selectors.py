"""What is found, in which order, and what a locked lesson never gives.

CI runs this file on SQLite and again on Postgres: the same lists are the proof that
both databases agree.
"""

import pytest

from curriculum.releases import active_catalogue
from progress.selectors import course_map
from progress.services import record_lab_passed
from search.models import Document
from search.selectors import PAGE_SIZE, find, suggest
from search.services import bring_index_up_to_date
from tests.factories import make_lesson, make_release, make_user
from tests.search.corpus import content, lesson_text


@pytest.fixture
def course(db):
    make_release(content())
    bring_index_up_to_date()
    return course_map(user=make_user("reader"), catalogue=active_catalogue())


@pytest.fixture
def opened(course):
    """The course of somebody who teaches: nothing is locked."""
    staff = make_user("teacher", is_superuser=True, is_staff=True)
    return course_map(user=staff, catalogue=active_catalogue())


def places(hits):
    return [f"{hit.language} {hit.item}#{hit.anchor}".rstrip("#") for hit in hits]


def found(course, text, language="ru"):
    return places(find(course=course, language=language, text=text).hits)


def test_a_word_is_found_in_all_its_forms(course):
    expected = ["ru streams#state", "ru stream-lab"]
    for form in ("состояние", "состояния", "СОСТОЯНИЙ", "состоянию"):
        assert found(course, form) == expected, form
    assert found(course, "operators keep", "en") == ["en streams#state"]
    assert found(course, "keeping operator", "en") == ["en streams#state"]


def test_both_letters_e_are_one(course):
    assert found(course, "учет") == found(course, "учёт") == ["ru streams#state"]


def test_every_word_is_needed_and_small_ones_are_not(course):
    assert found(course, "водяной знак") == [
        "ru streams#marks",
        "ru watermark#watermark",
    ]
    assert found(course, "что такое водяной знак") == []
    assert found(course, "что же это: водяной знак?") == found(course, "водяной знак")


def test_titles_stand_first_and_the_own_language_before_the_other(course):
    assert found(course, "watermark") == [
        "ru watermark#watermark",
        "ru streams#marks",
        "ru no-rows#no-rows",
    ]
    assert found(course, "watermark", "en") == [
        "en watermark#watermark",
        "en streams#marks",
        "ru no-rows#no-rows",
    ]
    assert found(course, "stream table") == ["en streams"]


def test_names_of_the_code_are_found_by_their_parts(course):
    for text in ("scan.startup.mode", "'scan.startup.mode'", "startup mode"):
        assert found(course, text) == ["ru streams#code"], text


def test_answers_of_questions_are_not_in_the_index(opened):
    assert found(opened, "слон") == []


def test_a_locked_lesson_gives_its_titles_only(course, opened):
    assert found(course, "соединение") == ["ru joins"]
    assert found(course, "секретное") == found(course, "тайна") == []
    assert found(course, "join-lab") == ["ru join-lab"]
    hits = find(course=course, language="ru", text="соединить").hits
    assert [hit.is_locked for hit in hits] == [True]
    shown = "".join(piece.text for hit in hits for piece in hit.fragment)
    assert shown == "Как соединить два потока"
    hit, *_ = find(course=course, language="ru", text="join-lab").hits
    assert (hit.is_locked, hit.fragment) == (True, ())
    assert places(suggest(course=course, language="ru", text="соедин")) == ["ru joins"]
    assert found(opened, "секретное") == ["ru joins#joins", "ru join-lab"]


def test_what_is_passed_opens_what_is_found(course):
    user = make_user("worker")
    catalogue = active_catalogue()
    closed = course_map(user=user, catalogue=catalogue)
    assert found(closed, "секретная") == []
    record_lab_passed(user=user, lab_id="stream-lab", evidence="", catalogue=catalogue)
    opened = course_map(user=user, catalogue=catalogue)
    assert found(opened, "секретная") == ["ru joins#joins", "ru join-lab"]


def test_fragments_are_pieces_of_plain_text(opened):
    hit, *_ = find(course=opened, language="ru", text="script").hits
    assert "<script>alert(1)</script>" in "".join(piece.text for piece in hit.fragment)
    assert [piece.text for piece in hit.fragment if piece.is_hit] == [
        "script",
        "script",
    ]
    hit, *_ = find(course=opened, language="ru", text="состояние").hits
    assert [piece.text for piece in hit.title if piece.is_hit] == ["Состояние"]


def test_a_long_text_is_cut_where_the_words_stand(db):
    html = "<p>" + "Вода течёт. " * 200 + "Редкое слово. " + "Вода. " * 200 + "</p>"
    make_release(
        content().model_copy(
            update={
                "lessons": (
                    make_lesson("long", texts={"ru": lesson_text("Река", "О", html)}),
                ),
                "labs": (),
            }
        )
    )
    bring_index_up_to_date()
    course = course_map(user=make_user("reader"), catalogue=active_catalogue())
    hit, *_ = find(course=course, language="ru", text="редких слов").hits
    text = "".join(piece.text for piece in hit.fragment)
    assert "Редкое слово" in text
    assert text.startswith("… ")
    assert text.endswith(" …")
    assert len(text) < 260


def test_suggestions_go_on_from_what_is_typed(course):
    def suggested(text, language="ru"):
        return places(suggest(course=course, language=language, text=text))

    assert suggested("сост") == ["ru streams#state"]
    assert suggested("состояния") == ["ru streams#state"]
    assert suggested("состояния опер") == ["ru streams#state"]
    assert suggested("water") == ["ru watermark#watermark", "en streams#marks"]
    assert suggested("water", "en") == ["en watermark#watermark", "en streams#marks"]
    assert suggested("ключ") == []  # a word of bodies only
    assert suggested("") == suggested("?!") == []


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "'",
        '"',
        "((",
        "a & | b",
        "NEAR(a b)",
        "stems:x",
        "*",
        "-",
        "\x00",
        "%_%",
        "';--",
        "🙂",
        "½ ﬁ",
        "х" * 200,
        "а б в " * 40,
        "\u0301\u0301",
        "OR AND NOT",
    ],
)
def test_odd_queries_are_answered(course, text):
    assert find(course=course, language="ru", text=text).total >= 0
    assert suggest(course=course, language="ru", text=text) is not None


def test_pages_hold_what_is_found_once(db):
    lessons = tuple(
        make_lesson(f"lesson-{number}", order=number) for number in range(1, 31)
    )
    make_release(content().model_copy(update={"lessons": lessons, "labs": ()}))
    bring_index_up_to_date()
    course = course_map(user=make_user("reader"), catalogue=active_catalogue())
    first = find(course=course, language="ru", text="урок")
    second = find(course=course, language="ru", text="урок", page=2)
    assert (first.total, first.pages, len(first.hits)) == (60, 3, PAGE_SIZE)
    assert not set(places(first.hits)) & set(places(second.hits))
    assert find(course=course, language="ru", text="урок", page=99).page == 3


def test_the_index_is_that_of_the_shown_release(db):
    make_release(content())
    assert bring_index_up_to_date() is True
    assert bring_index_up_to_date() is False
    before = Document.objects.count()
    make_release(content().model_copy(update={"glossary": ()}))
    assert bring_index_up_to_date() is True
    assert Document.objects.count() == before - 2
