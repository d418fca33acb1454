"""The place in a lesson, notes and bookmarks: kept, in order, and the reader's own."""

from datetime import timedelta

import pytest
from django.utils import timezone

from curriculum.markdown import TocEntry
from progress.models import ReadingPlace, SectionNote
from progress.reading import (
    LONGEST_NOTE,
    NoteTooLong,
    SectionUnknown,
    all_notes,
    keep_place,
    last_position,
    notes_of,
    position_of,
    remove_note,
    write_note,
)
from tests.factories import course_content, make_catalogue, make_user


@pytest.fixture
def lesson(db):
    """Return a lesson of 20 minutes with the headings a, b and, below b, c."""
    content = course_content()
    first = content.lessons[0]
    toc = (
        TocEntry(id="a", title="Начало", level=2),
        TocEntry(
            id="b",
            title="Середина",
            level=2,
            children=(TocEntry(id="c", title="Внутри", level=3),),
        ),
    )
    texts = {
        name: text.model_copy(update={"toc": toc, "anchors": ("a", "b", "c")})
        for name, text in first.texts.items()
    }
    first = first.model_copy(update={"texts": texts, "minutes": 30})
    lessons = (first, *content.lessons[1:])
    make_catalogue(content.model_copy(update={"lessons": lessons}))
    return first


@pytest.fixture
def user(db):
    return make_user()


def test_the_last_section_is_where_one_goes_on(lesson, user):
    assert position_of(user, lesson, "ru") is None
    keep_place(user=user, lesson=lesson, section="a")
    keep_place(user=user, lesson=lesson, section="b")
    place = position_of(user, lesson, "ru")
    assert (place.section, place.title, place.minutes_left) == ("b", "Середина", 20)
    assert position_of(make_user(), lesson, "ru") is None


def test_staying_in_a_section_writes_once_a_minute(
    lesson, user, django_assert_num_queries
):
    keep_place(user=user, lesson=lesson, section="a")
    before = ReadingPlace.objects.get().seen_at
    keep_place(user=user, lesson=lesson, section="a")
    assert ReadingPlace.objects.get().seen_at == before
    ReadingPlace.objects.update(seen_at=timezone.now() - timedelta(minutes=2))
    with django_assert_num_queries(1):
        keep_place(user=user, lesson=lesson, section="a")
    assert ReadingPlace.objects.get().seen_at > before


def test_a_section_that_left_the_course_gives_the_top(lesson, user):
    ReadingPlace.objects.create(
        user=user, lesson=lesson.id, section="gone", seen_at=timezone.now()
    )
    place = position_of(user, lesson, "ru")
    assert (place.section, place.title, place.minutes_left) == ("", "", 30)


def test_a_section_that_never_was_is_refused(lesson, user):
    with pytest.raises(SectionUnknown):
        keep_place(user=user, lesson=lesson, section="nothing")
    with pytest.raises(SectionUnknown):
        write_note(user=user, lesson=lesson, section="nothing", text="")
    assert not ReadingPlace.objects.exists()
    assert not SectionNote.objects.exists()


def test_the_last_position_skips_lessons_that_left_the_course(lesson, user):
    catalogue = make_catalogue()
    assert last_position(user, catalogue, "ru") is None
    keep_place(user=user, lesson=lesson, section="a")
    ReadingPlace.objects.create(
        user=user, lesson="gone", section="", seen_at=timezone.now()
    )
    assert last_position(user, catalogue, "ru").lesson.id == lesson.id


def test_notes_stand_in_the_order_of_the_lesson(lesson, user):
    write_note(user=user, lesson=lesson, section="c", text=" three\r\nlines ")
    write_note(user=user, lesson=lesson, section="a", text="")
    write_note(user=make_user(), lesson=lesson, section="a", text="another's")
    SectionNote.objects.create(
        user=user, lesson=lesson.id, section="gone", changed_at=timezone.now()
    )
    assert [(note.section, note.text) for note in notes_of(user, lesson)] == [
        ("a", ""),
        ("c", "three\nlines"),
        ("gone", ""),
    ]
    assert len(all_notes(user)) == 3
    write_note(user=user, lesson=lesson, section="a", text="now a note")
    remove_note(user=user, lesson_id=lesson.id, section="c")
    remove_note(user=user, lesson_id=lesson.id, section="gone")
    assert [note.text for note in notes_of(user, lesson)] == ["now a note"]


def test_a_note_has_a_limit(lesson, user):
    with pytest.raises(NoteTooLong):
        write_note(user=user, lesson=lesson, section="a", text="x" * (LONGEST_NOTE + 1))
