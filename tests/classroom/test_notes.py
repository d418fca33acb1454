"""Notes, bookmarks and the place in a lesson: kept, shown, taken along, private."""

import io
import json
import zipfile

import pytest
from django.utils import timezone

from curriculum.markdown import TocEntry
from progress.models import ReadingPlace, SectionNote
from progress.reading import LONGEST_NOTE
from tests.classroom.test_attempts import client_of
from tests.factories import course_content, make_catalogue, make_user

WRITE = "/lessons/first/note/"


@pytest.fixture
def sections(db):
    """Give the first lesson the sections ``a`` and ``b``."""
    content = course_content()
    first = content.lessons[0]
    toc = (
        TocEntry(id="a", title="Начало", level=2),
        TocEntry(id="b", title="Середина", level=2),
    )
    texts = {
        name: text.model_copy(update={"toc": toc, "anchors": ("a", "b")})
        for name, text in first.texts.items()
    }
    lessons = (first.model_copy(update={"texts": texts}), *content.lessons[1:])
    make_catalogue(content.model_copy(update={"lessons": lessons}))


@pytest.fixture
def reader(sections, student):
    return client_of(student)


def keep(user, lesson, section, text):
    """Store a note as it may be left over from an older release."""
    SectionNote.objects.create(
        user=user,
        lesson=lesson,
        section=section,
        text=text,
        changed_at=timezone.now(),
    )


def test_a_note_stands_in_the_lesson_and_in_the_list(reader):
    answer = reader.post(WRITE, {"section": "b", "text": "Ключ <один>\nи ещё"})
    assert answer.url == "/lessons/first/#b"
    lesson = reader.get("/lessons/first/").text
    assert "Ключ &lt;один&gt;" in lesson
    assert 'href="#b">Середина' in lesson
    listed = reader.get("/notes/").text
    assert "Ключ &lt;один&gt;" in listed
    assert 'href="/lessons/first/#b"' in listed


def test_a_note_is_its_writers_alone(reader):
    reader.post(WRITE, {"section": "a", "text": "Только мне"})
    other = client_of(make_user())
    for url in ("/lessons/first/", "/notes/", "/notes/notes.md"):
        assert "Только мне" not in other.get(url).text
    other.post("/notes/remove/", {"lesson": "first", "section": "a"})
    assert SectionNote.objects.count() == 1


def test_a_bookmark_leaves_the_note_that_is_there(reader):
    reader.post(WRITE, {"section": "a", "text": "Важное"})
    reader.post(WRITE, {"section": "a", "text": "", "mark": "1"})
    reader.post(WRITE, {"section": "", "text": "", "mark": "1"})
    assert set(SectionNote.objects.values_list("section", "text")) == {
        ("a", "Важное"),
        ("", ""),
    }


def test_notes_are_taken_along_as_markdown(reader):
    reader.post(WRITE, {"section": "b", "text": "Первая строка\n# вторая"})
    reader.post(WRITE, {"section": "a", "mark": "1"})
    answer = reader.get("/notes/notes.md")
    assert answer["Content-Type"] == "text/markdown; charset=utf-8"
    assert answer.text == (
        "# Урок first\n\n## Начало\n\nЗакладка\n\n"
        "## Середина\n\n> Первая строка\n> # вторая\n"
    )


def test_a_removed_note_is_gone(reader):
    reader.post(WRITE, {"section": "a", "text": "Лишнее"})
    answer = reader.post("/notes/remove/", {"lesson": "first", "section": "a"})
    assert answer.url == "/notes/"
    assert not SectionNote.objects.exists()


def test_notes_of_what_left_the_course_stay_readable_and_removable(reader, student):
    keep(student, "gone", "x", "Было")
    keep(student, "first", "y", "Есть")
    listed = reader.get("/notes/").text
    assert "Было" in listed
    assert "Этого урока в курсе больше нет." in listed
    assert "Есть" in listed
    assert "/lessons/gone/" not in listed
    assert "#y" not in listed
    reader.post("/notes/remove/", {"lesson": "gone", "section": "x"})
    assert SectionNote.objects.get().lesson == "first"


def test_a_text_that_is_too_long_is_given_back(reader):
    answer = reader.post(WRITE, {"section": "a", "text": "я" * (LONGEST_NOTE + 1)})
    assert answer.status_code == 400
    assert "я" * 100 in answer.text
    assert not SectionNote.objects.exists()


def test_a_section_that_is_not_there_is_refused(reader):
    for extra in ({}, {"mark": "1"}):
        answer = reader.post(WRITE, {"section": "z", "text": "Текст"} | extra)
        assert answer.status_code == 400
        assert "Текст" in answer.text or extra
    assert not SectionNote.objects.exists()


def test_notes_cost_a_lesson_and_their_list_few_queries(
    reader, student, django_assert_max_num_queries
):
    for section in ("", "a", "b"):
        reader.post(WRITE, {"section": section, "text": f"О {section}"})
    reader.get("/lessons/first/")
    with django_assert_max_num_queries(8):
        reader.get("/lessons/first/")
    with django_assert_max_num_queries(6):
        reader.get("/notes/")


def test_notes_and_places_are_in_the_archive_of_own_data(reader, student):
    reader.post(WRITE, {"section": "a", "text": "Моё"})
    reader.post("/lessons/first/place/", {"section": "b"})
    other = make_user()
    keep(other, "first", "a", "Чужое")
    content = reader.get("/own-data/potok.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        texts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert not any("Чужое" in text for text in texts.values())
    person = next(
        json.loads(text) for text in texts.values() if '"reading_places"' in text
    )
    [place] = person["reading_places"]
    assert (place["lesson"], place["section"]) == ("first", "b")
    [note] = person["notes"]
    assert (note["section"], note["text"]) == ("a", "Моё")


def test_notes_and_places_go_with_the_account(reader, student):
    other = make_user()
    keep(other, "first", "a", "Чужое")
    reader.post(WRITE, {"section": "a", "text": "Моё"})
    reader.post("/lessons/first/place/", {"section": "b"})
    assert ReadingPlace.objects.exists()
    reader.post("/own-data/delete/", {"password": "password"})
    assert SectionNote.objects.get().user == other
    assert not ReadingPlace.objects.exists()


def test_a_lesson_offers_to_go_on_where_one_stopped(reader):
    assert "Вы остановились" not in reader.get("/lessons/first/").text
    reader.post("/lessons/first/place/", {"section": "b"})
    text = reader.get("/lessons/first/").text
    assert "Вы остановились" in text
    assert 'data-section="b"' in text
    assert "Вы остановились" not in client_of(make_user()).get("/lessons/first/").text


def test_home_leads_to_the_section_read_last(reader):
    reader.get("/lessons/first/")
    reader.post("/lessons/first/place/", {"section": "b"})
    text = reader.get("/").text
    assert 'href="/lessons/first/#b"' in text
    assert "Последнее прочитанное: «Середина»" in text


def test_a_section_with_a_note_is_marked_on_this_page(reader):
    assert "есть заметка" not in reader.get("/lessons/first/").text
    reader.post(WRITE, {"section": "b", "mark": "1"})
    assert reader.get("/lessons/first/").text.count("есть заметка") == 1
