"""Home and the course map."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.views.decorators.http import require_safe

from accounts.selectors import coming_ends
from accounts.visits import note_visit
from classroom.activity_strip import activity_strip
from classroom.changes import changes_since
from classroom.continuing import next_item
from classroom.gate import (
    StudentRequest,
    active_catalogue_or_none,
    course_of,
    student_page,
)
from classroom.prerequisite_graph import prerequisite_graph
from classroom.wording import page_language
from curriculum.catalogue import Catalogue, Lab, UnknownItem
from progress.access import LessonState
from submissions.models import Submission
from submissions.own_work import activity
from submissions.selectors import open_submissions, recent_attempts


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Show where to continue; strangers are told what this is."""
    if not request.user.is_authenticated:
        context = {"catalogue": active_catalogue_or_none()}
        return render(request, "classroom/welcome.html", context)
    return _own_home(request)  # type: ignore[arg-type]


@require_safe
@student_page
def course(request: StudentRequest) -> HttpResponse:
    """Show every lesson and lab with its state and what is missing."""
    own = course_of(request)
    as_graph = request.GET.get("view") == "graph"
    modules = [
        (name, [own.lesson(lesson.id) for lesson in lessons])
        for name, lessons in own.catalogue.modules.items()
        if not as_graph
    ]
    minutes_left = sum(
        entry.lesson.minutes
        for entry in own.lessons
        if entry.state is not LessonState.COMPLETED
    )
    context = {
        "course": own,
        "modules": modules,
        "minutes_left": minutes_left,
        "graph": prerequisite_graph(own, page_language()) if as_graph else None,
    }
    return render(request, "classroom/course.html", context)


@student_page
def _own_home(request: StudentRequest) -> HttpResponse:
    own = course_of(request)
    recent = recent_attempts(user=request.user)
    first_visit = not recent and all(
        entry.state in {LessonState.OPEN, LessonState.LOCKED} for entry in own.lessons
    )
    context = {
        "course": own,
        "next": next_item(user=request.user, course=own, language=page_language()),
        "under_way": _with_labs(open_submissions(user=request.user), own.catalogue),
        "recent": _with_labs(recent, own.catalogue),
        "first_visit": first_visit,
        "weeks": activity_strip(activity(user=request.user, today=localdate())),
        "changes": changes_since(
            user=request.user,
            catalogue=own.catalogue,
            since=note_visit(user=request.user, session=request.session),
        ),
        "deadlines": coming_ends(request.user, today=localdate()),
    }
    return render(request, "classroom/home.html", context)


def _with_labs(
    submissions: list[Submission], catalogue: Catalogue
) -> list[tuple[Submission, Lab | None]]:
    """Pair each submission with its lab; None where the course has it no more."""
    pairs: list[tuple[Submission, Lab | None]] = []
    for submission in submissions:
        try:
            pairs.append((submission, catalogue.lab(submission.lab)))
        except UnknownItem:
            pairs.append((submission, None))
    return pairs
