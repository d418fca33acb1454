"""Who gets past the door of the instructors' pages.

A student is told nothing about them, not even that they exist: 404 for every URL and
method. What lies behind the door is narrowed again by ``accounts.access``.
"""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase
from django.shortcuts import render
from django_htmx.middleware import HtmxDetails

from accounts.access import is_reviewer, reviewable_cohorts
from accounts.models import Cohort, User
from curriculum.releases import NoActiveRelease


class ReviewRequest(HttpRequest):
    """A request of somebody who may review."""

    user: User
    htmx: HtmxDetails


def reviewer_required[**P](
    view: Callable[Concatenate[ReviewRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Send strangers to the log-in and answer 404 to everybody who reviews nothing.

    Where no course has been imported yet, a page says so with status 503.
    """

    @wraps(view)
    def admit(
        request: ReviewRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if not is_reviewer(request.user):
            raise Http404
        try:
            return view(request, *args, **kwargs)
        except NoActiveRelease:
            return render(request, "errors/no_course.html", status=503)

    return login_required(admit)  # type: ignore[return-value]


def cohort_or_404(user: User, slug: str) -> Cohort:
    """Return a cohort that ``user`` may review; raise Http404."""
    try:
        return reviewable_cohorts(user).get(slug=slug)
    except Cohort.DoesNotExist:
        raise Http404 from None
