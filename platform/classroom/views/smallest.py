"""The smallest failing stream of one's own attempt: ask, look how far it is, stop."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from classroom import wording
from classroom.gate import StudentRequest, student_page
from classroom.views.attempts import STOP_POLLING
from submissions.errors import Rejected
from submissions.models import Submission
from submissions.selectors import own_submission
from submissions.smallest import ask_for_smallest, cancel_search, latest_search


@require_POST
@student_page
def smallest_ask(request: StudentRequest, public_id: UUID) -> HttpResponse:
    """Start the search; how far it is is the answer."""
    attempt = own_submission(user=request.user, public_id=public_id)
    try:
        ask_for_smallest(user=request.user, attempt=attempt)
    except Rejected as rejected:
        notice = wording.rejection(rejected)
        if request.htmx:
            return _fragment(request, attempt, notice=notice)
        messages.warning(request, notice)
    return _fragment(request, attempt) if request.htmx else _page(attempt)


@require_safe
@student_page
def smallest_status(request: StudentRequest, public_id: UUID) -> HttpResponse:
    """Answer a poll; without htmx the attempt's page is the answer."""
    attempt = own_submission(user=request.user, public_id=public_id)
    if not request.htmx:
        return _page(attempt)
    search = latest_search(attempt)
    is_open = search is not None and search.verdict is None
    return _fragment(request, attempt, has_ended=not is_open)


@require_POST
@student_page
def smallest_cancel(request: StudentRequest, public_id: UUID) -> HttpResponse:
    """Stop the search that goes on, if there is one."""
    attempt = own_submission(user=request.user, public_id=public_id)
    cancel_search(attempt=attempt)
    return _fragment(request, attempt) if request.htmx else _page(attempt)


def _page(attempt: Submission) -> HttpResponse:
    return redirect(f"{attempt.get_absolute_url()}#smallest")


def _fragment(
    request: StudentRequest,
    attempt: Submission,
    *,
    notice: str = "",
    has_ended: bool = False,
) -> HttpResponse:
    """Render the block; an end is announced, and told to the script that polls."""
    context = {"submission": attempt, "notice": notice, "has_ended": has_ended}
    status = STOP_POLLING if has_ended else 200
    return render(request, "classroom/_smallest.html", context, status=status)
