"""What a person leaves in a lesson while reading: the place, notes and bookmarks.

All of it is the reader's own: no page of anybody else asks for it, and it goes with
the account. Places and notes are kept by the lesson's id and its headings' ids, so
they outlive a release; those whose heading is gone are still the reader's.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from accounts.models import User
from curriculum.catalogue import Catalogue, Lesson, UnknownItem
from progress.models import ReadingPlace, SectionNote

# A reader who stays in a section is written down again at most this often.
SAME_PLACE = timedelta(seconds=60)
LONGEST_NOTE = 4000


class SectionUnknown(LookupError):
    """The lesson has no heading with this id in any language."""


class NoteTooLong(ValueError):
    """The note is longer than LONGEST_NOTE characters."""


@dataclass(frozen=True, slots=True)
class Place:
    """A section of a lesson of the present course; ``title`` is "" at the top.

    ``minutes_left`` counts from that section to the end of the lesson.
    """

    lesson: Lesson
    section: str
    title: str
    minutes_left: int
    seen_at: datetime


def position_of(user: User, lesson: Lesson, language: str) -> Place | None:
    """Return where ``user`` was last in ``lesson``; None before the first visit.

    A heading that the lesson has no more gives the lesson's top.
    """
    row = ReadingPlace.objects.filter(user=user, lesson=lesson.id).first()
    return _place(row, lesson, language) if row else None


def last_position(user: User, catalogue: Catalogue, language: str) -> Place | None:
    """Return the place where ``user`` read last in all of the course, or None.

    Whether that lesson is open now is the caller's question to the course map.
    """
    for row in ReadingPlace.objects.filter(user=user).order_by("-seen_at")[:5]:
        try:
            return _place(row, catalogue.lesson(row.lesson), language)
        except UnknownItem:
            continue
    return None


def keep_place(*, user: User, lesson: Lesson, section: str) -> None:
    """Remember that ``user`` reads ``section``; raise SectionUnknown.

    One UPDATE, which touches nothing while the reader stays in the section; the first
    visit of a lesson is one INSERT more.
    """
    _require_section(lesson, section)
    now = timezone.now()
    rows = ReadingPlace.objects.filter(user=user, lesson=lesson.id)
    stale = ~Q(section=section) | Q(seen_at__lt=now - SAME_PLACE)
    if not rows.filter(stale).update(section=section, seen_at=now):
        ReadingPlace.objects.get_or_create(
            user=user,
            lesson=lesson.id,
            defaults={"section": section, "seen_at": now},
        )


def notes_of(user: User, lesson: Lesson) -> list[SectionNote]:
    """Return the notes and bookmarks of ``user`` in ``lesson``, in its order."""
    order = {anchor: number for number, anchor in enumerate(_anchors(lesson))}
    notes = SectionNote.objects.filter(user=user, lesson=lesson.id)
    return sorted(notes, key=lambda note: order.get(note.section, len(order)))


def all_notes(user: User) -> list[SectionNote]:
    """Return all notes and bookmarks of ``user``, by lesson, oldest first."""
    return list(
        SectionNote.objects.filter(user=user).order_by("lesson", "changed_at", "pk")
    )


def write_note(*, user: User, lesson: Lesson, section: str, text: str) -> None:
    """Keep ``text`` beside a section; an empty one is a bookmark.

    Raises SectionUnknown or NoteTooLong.
    """
    _require_section(lesson, section)
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_NOTE:
        raise NoteTooLong
    SectionNote.objects.update_or_create(
        user=user,
        lesson=lesson.id,
        section=section,
        defaults={"text": text, "changed_at": timezone.now()},
    )


def set_bookmark(*, user: User, lesson: Lesson, section: str) -> None:
    """Mark a section; a note that is there already stays. Raises SectionUnknown."""
    _require_section(lesson, section)
    SectionNote.objects.get_or_create(
        user=user,
        lesson=lesson.id,
        section=section,
        defaults={"changed_at": timezone.now()},
    )


def remove_note(*, user: User, lesson_id: str, section: str) -> None:
    """Remove a note or bookmark of ``user``; nothing happens if there is none."""
    SectionNote.objects.filter(user=user, lesson=lesson_id, section=section).delete()


def section_titles(lesson: Lesson, language: str) -> dict[str, str]:
    """Return the titles of the headings of the second and third level by their ids."""
    titles: dict[str, str] = {}
    for entry in lesson.toc(language):
        titles[entry.id] = entry.title
        titles.update((child.id, child.title) for child in entry.children)
    return titles


def _place(row: ReadingPlace, lesson: Lesson, language: str) -> Place:
    titles = section_titles(lesson, language)
    section = row.section if row.section in titles else ""
    ids = list(titles)
    part = (len(ids) - ids.index(section)) / len(ids) if section else 1
    return Place(
        lesson=lesson,
        section=section,
        title=titles.get(section, ""),
        minutes_left=max(1, round(lesson.minutes * part)),
        seen_at=row.seen_at,
    )


def _require_section(lesson: Lesson, section: str) -> None:
    if section and section not in _anchors(lesson):
        raise SectionUnknown(section)


def _anchors(lesson: Lesson) -> list[str]:
    return list(dict.fromkeys(a for t in lesson.texts.values() for a in t.anchors))
