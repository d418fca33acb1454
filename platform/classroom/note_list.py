"""Notes and bookmarks with the titles of what they stand beside, and as Markdown."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby

from accounts.models import User
from curriculum.catalogue import Catalogue, Lesson, UnknownItem
from progress.models import SectionNote
from progress.reading import all_notes, notes_of, section_titles


@dataclass(frozen=True, slots=True)
class ShownNote:
    """A note beside a section; ``title`` is the section's, "" for the whole lesson.

    ``is_known`` is False where the section left the course.
    """

    lesson_id: str
    section: str
    title: str
    text: str
    is_known: bool


@dataclass(frozen=True, slots=True)
class NotesOfLesson:
    """The notes in one lesson; ``title`` is its id where the course has it no more."""

    lesson_id: str
    title: str
    is_known: bool
    notes: tuple[ShownNote, ...]


def notes_beside(user: User, lesson: Lesson, language: str) -> tuple[ShownNote, ...]:
    """Return the person's notes in a lesson, in the order of its sections."""
    return tuple(_shown(notes_of(user, lesson), section_titles(lesson, language)))


def notes_by_lesson(
    user: User, catalogue: Catalogue, language: str
) -> tuple[NotesOfLesson, ...]:
    """Return all notes of a person, in the order of the course; lost ones last."""
    found = []
    for lesson_id, notes in groupby(all_notes(user), key=lambda note: note.lesson):
        try:
            lesson = catalogue.lesson(lesson_id)
        except UnknownItem:
            shown = tuple(_shown(notes, {}))
            found.append((1, 0, NotesOfLesson(lesson_id, lesson_id, False, shown)))
            continue
        titles = section_titles(lesson, language)
        order = {section: number for number, section in enumerate(("", *titles))}
        shown = tuple(
            sorted(
                _shown(notes, titles),
                key=lambda note: order.get(note.section, len(order)),
            )
        )
        group = NotesOfLesson(lesson.id, lesson.title(language), True, shown)
        found.append((0, lesson.order, group))
    return tuple(group for *_place, group in sorted(found, key=lambda row: row[:2]))


def as_markdown(groups: Iterable[NotesOfLesson], *, bookmark: str) -> str:
    """Return notes as a Markdown text; ``bookmark`` is the word for one without text.

    Texts of several lines stay whole: each line is part of a quote.
    """
    parts = []
    for group in groups:
        parts.append(f"# {group.title}\n")
        for note in group.notes:
            parts.append(f"## {note.title or note.section or group.title}\n")
            quoted = "\n".join(f"> {line}".rstrip() for line in note.text.split("\n"))
            parts.append(f"{quoted if note.text else bookmark}\n")
    return "\n".join(parts)


def _shown(notes: Iterable[SectionNote], titles: dict[str, str]) -> Iterator[ShownNote]:
    for note in notes:
        yield ShownNote(
            lesson_id=note.lesson,
            section=note.section,
            title=titles.get(note.section, note.section),
            text=note.text,
            is_known=not note.section or note.section in titles,
        )
