"""One attempt: its page, its polled status, cancel, and its text back in the editor."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from classroom.continuing import next_step
from classroom.gate import StudentRequest, course_of, student_page
from classroom.views.live import live_context
from classroom.wording import summary
from curriculum.catalogue import Catalogue, Lab, UnknownItem
from curriculum.releases import active_catalogue
from submissions.models import Submission
from submissions.run_parts import parts_of
from submissions.selectors import (
    attempt_number,
    attempts,
    current_verdict,
    own_submission,
)
from submissions.services import cancel, store_draft

STOP_POLLING = 286


@require_safe
@student_page
def attempt(request: StudentRequest, public_id: UUID) -> HttpResponse:
    """Show a person's own run or submit: where it is, or how it ended."""
    submission = own_submission(user=request.user, public_id=public_id)
    course = course_of(request)
    is_submit = submission.kind == Submission.Kind.SUBMIT
    lab = _lab(course.catalogue, submission)
    context = live_context(submission, lab=lab, place="attempt") | {
        "lab": lab,
        "number": attempt_number(submission) if is_submit else None,
        "files": list(submission.files.items()),
        "next_step": next_step(course, submission),
    }
    return render(request, "classroom/attempt.html", context)


@require_safe
@student_page
def attempt_part(request: StudentRequest, public_id: UUID, part: str) -> HttpResponse:
    """Show one part of a person's own result, as a page or for its fold."""
    submission = own_submission(user=request.user, public_id=public_id)
    if part not in parts_of(submission):
        raise Http404
    context: dict[str, Any] = {
        "submission": submission,
        "slug": part,
        "event": request.GET.get("event", ""),
        "part_url": "classroom:attempt-part",
    }
    if request.htmx:
        return render(request, "classroom/_run_part_content.html", context)
    is_submit = submission.kind == Submission.Kind.SUBMIT
    context |= {
        "lab": _lab(course_of(request).catalogue, submission),
        "number": attempt_number(submission) if is_submit else None,
    }
    return render(request, "classroom/run_part.html", context)


@require_safe
@student_page
def attempt_status(request: StudentRequest, public_id: UUID) -> HttpResponse:
    """Answer a poll; without htmx the attempt's page is the answer."""
    submission = own_submission(user=request.user, public_id=public_id)
    if not request.htmx:
        return redirect(submission)
    return _status(request, submission)


@require_POST
@student_page
def attempt_cancel(request: StudentRequest, public_id: UUID) -> HttpResponse:
    """Cancel at once while it waits, else ask its worker to stop."""
    submission = own_submission(user=request.user, public_id=public_id)
    cancel(submission=submission)
    if not request.htmx:
        return redirect(submission)
    fresh = own_submission(user=request.user, public_id=public_id)
    return _status(request, fresh)


@require_POST
@student_page
def attempt_restore(request: StudentRequest, public_id: UUID) -> HttpResponse:
    """Make an attempt's program the draft of its lab, and open the editor."""
    submission = own_submission(user=request.user, public_id=public_id)
    _lesson, entry = course_of(request).require_lab(submission.lab)
    text = next(iter(submission.files.values()), "")
    store_draft(
        user=request.user, lab=entry.lab, language=submission.language, text=text
    )
    messages.info(request, _("The program of this attempt is in the editor."))
    url = reverse("classroom:lab", args=[entry.lab.id])
    return redirect(f"{url}?language={submission.language}")


def _status(request: StudentRequest, submission: Submission) -> HttpResponse:
    place = "lab" if request.GET.get("place") == "lab" else "attempt"
    lab = _lab(active_catalogue(), submission)
    seen = request.GET.get("seen", "")
    context = live_context(submission, lab=lab, place=place, seen=seen)
    if not submission.is_final:
        return render(request, "classroom/_live.html", context)
    course = course_of(request)
    context |= {
        "announcement": _final_sentence(submission),
        "next_step": next_step(course, submission),
        "attempts": attempts(user=request.user, lab_id=submission.lab),
        "lab": lab,
        "is_fragment": True,
    }
    return render(request, "classroom/_live.html", context, status=STOP_POLLING)


def _final_sentence(submission: Submission) -> str:
    verdict = current_verdict(submission)
    if verdict is None:
        return summary("platform-fault")[0]
    return summary(verdict.report["summary"]["code"])[0]


def _lab(catalogue: Catalogue, submission: Submission) -> Lab | None:
    try:
        return catalogue.lab(submission.lab)
    except UnknownItem:
        return None
