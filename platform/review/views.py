"""Instructors' pages: cohorts, the matrix, one student, one attempt."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.http import Http404, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from curriculum.releases import active_catalogue, catalogue_of
from review.access import ReviewRequest, cohort_or_404, reviewer_required
from review.forms import MatrixForm
from review.table import csv_lines
from submissions import selectors
from submissions.cohorts import (
    CellState,
    CohortMatrix,
    cohort_lines,
    cohort_matrix,
    cohort_of_student,
    columns_of,
)
from submissions.models import Submission
from submissions.run_parts import parts_of
from submissions.student_record import student_record


@reviewer_required
@require_safe
def home(request: ReviewRequest) -> HttpResponse:
    """List the cohorts that the person may review."""
    return render(
        request, "review/home.html", {"cohorts": cohort_lines(user=request.user)}
    )


@reviewer_required
@require_safe
@never_cache
def cohort(request: ReviewRequest, slug: str) -> HttpResponse:
    """Show students × lessons and labs; only the table where htmx asks."""
    form, matrix = _matrix(request, slug)
    template = "review/cohort.html"
    # Going back, htmx asks for the whole page, and says so.
    part = request.htmx and not request.htmx.history_restore_request
    response = render(
        request,
        f"{template}#table" if part else template,
        {
            "cohort": matrix.cohort,
            "form": form,
            "matrix": matrix,
            "sort": form.filters().sort.value,
            "states": list(CellState),
            "query": request.GET.urlencode(),
        },
    )
    response["Vary"] = "HX-Request, HX-History-Restore-Request, Cookie"
    return response


@reviewer_required
@require_safe
@never_cache
def cohort_csv(request: ReviewRequest, slug: str) -> HttpResponseBase:
    """Send what the matrix shows under the same filters."""
    _, matrix = _matrix(request, slug)
    return StreamingHttpResponse(
        csv_lines(matrix, _language()),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f'attachment; filename="{matrix.cohort.slug}.csv"'
        },
    )


@reviewer_required
@require_safe
@never_cache
def student(request: ReviewRequest, slug: str, username: str) -> HttpResponse:
    """Show one student's lessons, labs, submits and timeline."""
    cohort = cohort_or_404(request.user, slug)
    try:
        record = student_record(
            cohort=cohort, username=username, catalogue=active_catalogue()
        )
    except User.DoesNotExist:
        raise Http404 from None
    return render(request, "review/student.html", {"cohort": cohort, "record": record})


@reviewer_required
@require_safe
@never_cache
def attempt(request: ReviewRequest, public_id: UUID) -> HttpResponse:
    """Show one submit: its result as the student sees it, and its code."""
    submission = _submit(request, public_id)
    catalogue = catalogue_of(submission.release_id)
    context = _place(request, submission) | {
        "release": catalogue.digest[:12],
        "files": _numbered(submission.files),
    }
    return render(request, "review/attempt.html", context)


@reviewer_required
@require_safe
@never_cache
def attempt_part(request: ReviewRequest, public_id: UUID, part: str) -> HttpResponse:
    """Show one part of a submit's result, as a page or for the fold on its page."""
    submission = _submit(request, public_id)
    if part not in parts_of(submission):
        raise Http404
    template = "review/run_part.html"
    context = {
        "submission": submission,
        "slug": part,
        "event": request.GET.get("event", ""),
        "part_url": "review:attempt-part",
    }
    if request.htmx:
        template = "classroom/_run_part_content.html"
    else:
        context |= _place(request, submission)
    response = render(request, template, context)
    response["Vary"] = "HX-Request, Cookie"
    return response


def _submit(request: ReviewRequest, public_id: UUID) -> Submission:
    try:
        return selectors.reviewable_submission(user=request.user, public_id=public_id)
    except Submission.DoesNotExist:
        raise Http404 from None


def _place(request: ReviewRequest, submission: Submission) -> dict[str, Any]:
    """Return what the breadcrumbs of a submit's pages say."""
    return {
        "submission": submission,
        "number": selectors.attempt_number(submission),
        "cohort": cohort_of_student(user=request.user, student=submission.user),
        "lab": catalogue_of(submission.release_id).lab(submission.lab),
    }


def _matrix(request: ReviewRequest, slug: str) -> tuple[MatrixForm, CohortMatrix]:
    cohort = cohort_or_404(request.user, slug)
    catalogue = active_catalogue()
    form = MatrixForm(request.GET, columns=columns_of(catalogue), language=_language())
    return form, cohort_matrix(
        cohort=cohort, catalogue=catalogue, filters=form.filters()
    )


def _language() -> str:
    return get_language() or "ru"


def _numbered(files: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "lines": list(enumerate(text.splitlines(), start=1))}
        for name, text in files.items()
    ]
