"""Who gets past the door of the admins' pages."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseBase

from accounts.models import User


class StaffRequest(HttpRequest):
    """A request of somebody who runs the site."""

    user: User


def staff_required[**P](
    view: Callable[Concatenate[StaffRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Send strangers to the log-in and answer 404 to everybody who is not staff."""

    @wraps(view)
    def admit(
        request: StaffRequest, *args: P.args, **kwargs: P.kwargs
    ) -> HttpResponseBase:
        if not (request.user.is_active and request.user.is_staff):
            raise Http404
        return view(request, *args, **kwargs)

    return login_required(admit)  # type: ignore[return-value]
