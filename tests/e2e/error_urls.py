"""The site's URLs, and the pages of refused requests, which no link leads to."""

from django.core.exceptions import RequestDataTooBig
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from classroom import errors
from config.urls import handler400, handler403, handler404, handler500
from config.urls import urlpatterns as site_patterns

__all__ = ["handler400", "handler403", "handler404", "handler500", "urlpatterns"]


def refused(request: HttpRequest, name: str) -> HttpResponse:
    """Answer as the site does when ``name`` happens."""
    if name == "500":
        return errors.server_error(request)
    if name == "503":
        try:
            raise OperationalError("gone")
        except OperationalError:
            return errors.server_error(request)
    if name == "no-course":
        return render(request, "errors/no_course.html", status=503)
    if name == "session-ended":
        return render(request, "errors/session_ended.html", status=403)
    if name == "csrf":
        return errors.csrf_failure(request)
    if name == "413":
        return errors.bad_request(request, RequestDataTooBig())
    if name == "403":
        return errors.permission_denied(request, PermissionError())
    return errors.bad_request(request, ValueError())


urlpatterns = [*site_patterns, path("refused/<slug:name>/", refused)]
