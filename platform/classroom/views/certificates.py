"""The certificate: getting it, and the page on which anybody may verify it."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from classroom.gate import StudentRequest, course_of, student_page
from progress.access import CourseMap, LessonState
from progress.models import Certificate
from progress.services import NameUnfit, NotCompleted, issue_certificate


@require_safe
@student_page
def certificate(request: StudentRequest) -> HttpResponse:
    """Show what is missing, the form, or the way to the certificate."""
    return _page(request, course_of(request))


@require_POST
@student_page
def issue(request: StudentRequest) -> HttpResponse:
    """Make the certificate out to the name that was written."""
    course = course_of(request)
    try:
        made = issue_certificate(
            user=request.user, course=course, name=request.POST.get("name", "")
        )
    except NotCompleted:
        return _page(request, course, status=403)
    except NameUnfit:
        problem = _("The name is empty or longer than 120 characters.")
        return _page(request, course, problem=problem, status=400)
    return redirect(made)


@require_safe
def verify(request: HttpRequest, public_id: UUID) -> HttpResponse:
    """Say to anybody who has the address that the certificate is real."""
    try:
        found = Certificate.objects.get(public_id=public_id)
    except Certificate.DoesNotExist:
        raise Http404 from None
    context = {"certificate": found, "address": request.build_absolute_uri()}
    return render(request, "classroom/verify.html", context)


def _page(
    request: StudentRequest, course: CourseMap, *, problem: str = "", status: int = 200
) -> HttpResponse:
    context = {
        "course": course,
        "certificate": Certificate.objects.filter(user=request.user).first(),
        "left": [
            entry
            for entry in course.lessons
            if entry.state is not LessonState.COMPLETED
        ],
        "problem": problem,
    }
    return render(request, "classroom/certificate.html", context, status=status)
