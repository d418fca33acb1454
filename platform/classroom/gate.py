"""Who may see a student's page, and what everybody else is answered.

One decorator around every view, so that no page and no fragment decides by itself.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, cast

from django.contrib.auth.views import redirect_to_login
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _

from accounts.models import User
from curriculum.catalogue import Catalogue, UnknownItem
from curriculum.releases import NoActiveRelease, active_catalogue
from progress.access import CourseMap, Locked
from progress.selectors import course_map
from submissions.models import Submission


class StudentRequest(HttpRequest):
    """A request of a signed-in person, as :func:`student_page` lets it through."""

    user: User
    htmx: Any


type View[**P] = Callable[Concatenate[StudentRequest, P], HttpResponse]


def student_page[**P](view: View[P]) -> View[P]:
    """Let signed-in people through; answer what is locked, unknown or not there."""

    @wraps(view)
    def guarded(
        request: StudentRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponse:
        response = _answer(view, request, *args, **kwargs)
        patch_vary_headers(response, ["HX-Request"])
        return response

    return cast(View[P], guarded)


def course_of(request: StudentRequest) -> CourseMap:
    """Return the active course as the signed-in person has it."""
    return course_map(user=request.user, catalogue=active_catalogue())


def active_catalogue_or_none() -> Catalogue | None:
    """Return the active course, or None before the first import."""
    try:
        return active_catalogue()
    except NoActiveRelease:
        return None


def wants_json(request: HttpRequest) -> bool:
    """Say whether a script asks that reads JSON."""
    return request.headers.get("Accept", "") == "application/json"


def posted_source(request: HttpRequest) -> str:
    """Return the program that came with a refused request, to give it back."""
    return request.POST.get("source", "") if request.method == "POST" else ""


def _answer[**P](
    view: View[P], request: StudentRequest, *args: P.args, **kwargs: P.kwargs
) -> HttpResponse:
    if not request.user.is_authenticated:
        return _log_in_first(request)
    try:
        return view(request, *args, **kwargs)
    except Locked as locked:
        return _locked(request, locked)
    except (UnknownItem, Submission.DoesNotExist) as error:
        raise Http404 from error
    except NoActiveRelease:
        return render(request, "errors/no_course.html", status=503)


def _log_in_first(request: StudentRequest) -> HttpResponse:
    """Send a reader to the log-in page; give a writer the text back."""
    if wants_json(request):
        message = _("Your session has ended. The text is kept in this browser.")
        return JsonResponse({"code": "session-ended", "message": message}, status=401)
    if request.htmx:
        return render(request, "errors/session_ended.html#notice", status=401)
    if request.method == "POST":
        context = {"source": posted_source(request)}
        return render(request, "errors/session_ended.html", context, status=401)
    return redirect_to_login(request.get_full_path())


def _locked(request: StudentRequest, locked: Locked) -> HttpResponse:
    if wants_json(request):
        message = _("This lab is locked now. The text is kept in this browser.")
        return JsonResponse({"code": "locked", "message": message}, status=403)
    template = "classroom/locked.html" + ("#reasons" if request.htmx else "")
    context = {
        "entry": locked.entry,
        "lab": locked.lab,
        "course": course_of(request),
        "source": posted_source(request),
    }
    return render(request, template, context, status=403)
