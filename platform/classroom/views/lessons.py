"""A lesson, its images, and the reading mark."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from classroom import wording
from classroom.asking import places_of
from classroom.diagrams import allow_diagrams
from classroom.gate import StudentRequest, course_of, student_page
from classroom.note_list import notes_beside
from classroom.reference import terms_in
from curriculum.models import Release
from curriculum.releases import asset
from progress.access import CourseMap, LessonEntry
from progress.reading import LONGEST_NOTE, SectionUnknown, keep_place, position_of
from progress.services import (
    mark_lesson_read,
    note_lesson_opened,
    unmark_lesson_read,
)


@require_safe
@student_page
def lesson(request: StudentRequest, lesson_id: str) -> HttpResponse:
    """Show an open lesson and remember that it was begun."""
    course = course_of(request)
    entry = course.require_lesson(lesson_id)
    if entry.lesson.id != lesson_id:
        return redirect("classroom:lesson", entry.lesson.id, permanent=True)
    if request.method == "GET":
        note_lesson_opened(user=request.user, course=course, lesson_id=lesson_id)
    if entry.lesson.has_diagrams(wording.page_language()):
        return _page_with_diagrams(request, course, entry)
    return _page(request, course, entry)


@require_POST
@student_page
def lesson_read(request: StudentRequest, lesson_id: str) -> HttpResponse:
    """Set the reading mark, or take it back with ``read=0``."""
    course = course_of(request)
    entry = course.require_lesson(lesson_id)
    catalogue = course.catalogue
    if request.POST.get("read") == "0":
        unmark_lesson_read(
            user=request.user, catalogue=catalogue, lesson_id=entry.lesson.id
        )
        messages.info(request, _("The reading mark is taken back."))
    else:
        mark_lesson_read(
            user=request.user, catalogue=catalogue, lesson_id=entry.lesson.id
        )
        messages.success(request, _("Marked as read."))
    return redirect("classroom:lesson", entry.lesson.id)


@require_POST
@student_page
def lesson_place(request: StudentRequest, lesson_id: str) -> HttpResponse:
    """Remember the section that is being read; the page sends it as one scrolls."""
    entry = course_of(request).require_lesson(lesson_id)
    section = request.POST.get("section", "")
    try:
        keep_place(user=request.user, lesson=entry.lesson, section=section)
    except SectionUnknown:
        return HttpResponse(_("The lesson has no such section."), status=400)
    return HttpResponse(status=204)


@require_safe
@student_page
def lesson_file(request: StudentRequest, lesson_id: str, path: str) -> HttpResponse:
    """Serve an image of an open lesson."""
    course = course_of(request)
    entry = course.require_lesson(lesson_id)
    return _image(course, "lesson", entry.lesson.id, path)


@require_safe
@student_page
def lab_file(request: StudentRequest, lab_id: str, path: str) -> HttpResponse:
    """Serve an image of an open lab."""
    course = course_of(request)
    _entry, lab_entry = course.require_lab(lab_id)
    return _image(course, "lab", lab_entry.lab.id, path)


def _page(
    request: StudentRequest, course: CourseMap, entry: LessonEntry
) -> HttpResponse:
    language = wording.page_language()
    number = course.lessons.index(entry)
    text_language = entry.lesson.language_of(language)
    html = entry.lesson.html(language)
    place = position_of(request.user, entry.lesson, language)
    notes = notes_beside(request.user, entry.lesson, language)
    context = {
        "course": course,
        "entry": entry,
        "lesson": entry.lesson,
        "text_language": text_language,
        "is_translated": text_language == language,
        "title": entry.lesson.title(language),
        "description": entry.lesson.description(language),
        "html": html,
        "toc": entry.lesson.toc(language),
        "places": places_of(course.catalogue, "lesson", entry.lesson.id, language),
        "terms": terms_in(html, course.catalogue, text_language),
        "place": place,
        "minutes_left": place.minutes_left if place else entry.lesson.minutes,
        "notes": notes,
        "noted": {note.section for note in notes},
        "longest_note": LONGEST_NOTE,
        "has_diagrams": entry.lesson.has_diagrams(language),
        "previous": course.lessons[number - 1] if number else None,
        "next": course.lessons[number + 1]
        if number + 1 < len(course.lessons)
        else None,
    }
    return render(request, "classroom/lesson.html", context)


_page_with_diagrams = allow_diagrams(_page)


def _image(course: CourseMap, kind: str, name: str, path: str) -> HttpResponse:
    release = Release.objects.light().get(pk=course.catalogue.release_id)
    try:
        found = asset(release=release, kind=kind, name=name, path=path)
    except LookupError as error:
        raise Http404 from error
    response = HttpResponse(found.content, content_type=found.content_type)
    response["X-Content-Type-Options"] = "nosniff"
    # An SVG opened by itself is a document: it may draw, and nothing else.
    response["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'"
    )
    response["Cache-Control"] = "private, max-age=300"
    return response
