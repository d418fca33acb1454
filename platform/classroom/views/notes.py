"""A reader's own notes and bookmarks: write, list, take along, remove."""

from urllib.parse import quote

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from classroom.gate import StudentRequest, course_of, student_page
from classroom.note_list import as_markdown, notes_by_lesson
from classroom.wording import page_language
from curriculum.catalogue import Lesson
from curriculum.releases import active_catalogue
from progress.reading import (
    LONGEST_NOTE,
    NoteTooLong,
    SectionUnknown,
    remove_note,
    set_bookmark,
    write_note,
)


@require_POST
@student_page
def note_write(request: StudentRequest, lesson_id: str) -> HttpResponse:
    """Keep a note beside a section, or mark the section where ``mark`` is sent.

    A note without text is a bookmark too.
    """
    lesson = course_of(request).require_lesson(lesson_id).lesson
    user, section = request.user, request.POST.get("section", "")
    try:
        if request.POST.get("mark"):
            set_bookmark(user=user, lesson=lesson, section=section)
        else:
            text = request.POST.get("text", "")
            write_note(user=user, lesson=lesson, section=section, text=text)
    except SectionUnknown:
        return _refused(request, lesson, _("The lesson has no such section."))
    except NoteTooLong:
        words = ngettext(
            "A note has at most %(count)d character.",
            "A note has at most %(count)d characters.",
            LONGEST_NOTE,
        )
        return _refused(request, lesson, words % {"count": LONGEST_NOTE})
    messages.success(request, _("Kept. Only you see your notes and bookmarks."))
    return redirect(f"{_address(lesson)}#{quote(section) or 'notes'}")


@require_POST
@student_page
def note_remove(request: StudentRequest) -> HttpResponse:
    """Remove a note of one's own, of a lesson that is locked or gone too."""
    lesson_id = request.POST.get("lesson", "")
    section = request.POST.get("section", "")
    remove_note(user=request.user, lesson_id=lesson_id, section=section)
    messages.success(request, _("Removed."))
    return redirect("classroom:notes")


@require_safe
@student_page
@never_cache
def notes(request: StudentRequest) -> HttpResponse:
    """Show all notes and bookmarks of the person by lesson."""
    groups = notes_by_lesson(request.user, active_catalogue(), page_language())
    return render(request, "classroom/notes.html", {"groups": groups})


@require_safe
@student_page
@never_cache
def notes_file(request: StudentRequest) -> HttpResponse:
    """Give all notes and bookmarks as one Markdown file."""
    groups = notes_by_lesson(request.user, active_catalogue(), page_language())
    text = as_markdown(groups, bookmark=_("Bookmark"))
    response = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="potok-notes.md"'
    return response


def _refused(request: StudentRequest, lesson: Lesson, problem: str) -> HttpResponse:
    """Say why the note was not kept, and give its text back."""
    context = {
        "problem": problem,
        "text": request.POST.get("text", ""),
        "address": f"{_address(lesson)}#notes",
    }
    return render(request, "classroom/note_refused.html", context, status=400)


def _address(lesson: Lesson) -> str:
    return reverse("classroom:lesson", args=[lesson.id])
