"""The pages of refused requests; each keeps the navigation and says what to do."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext as _

from classroom.gate import posted_source, wants_json

DATABASE_GONE = (OperationalError, InterfaceError)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """400, or 413 where the body was larger than the site reads at all."""
    if isinstance(exception, RequestDataTooBig):
        if wants_json(request):
            message = _("The text is too large to be saved on the server.")
            return JsonResponse({"code": "too-large", "message": message}, status=413)
        template = "errors/413.html" + ("#notice" if _is_htmx(request) else "")
        return render(request, template, status=413)
    return render(request, "errors/400.html", status=400)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """403 without a lesson or lab to explain it."""
    return render(request, "errors/403.html", status=403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """404, also for what belongs to somebody else."""
    return render(request, "errors/404.html", status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    """500, or 503 where the database did not answer or its disk is full.

    Django calls this while it handles the exception. Rendered without the request:
    the frame of other pages asks the database who is looking.
    """
    if isinstance(sys.exception(), DATABASE_GONE):
        page = render_to_string("errors/503.html", {"source": posted_source(request)})
        return HttpResponse(page, status=503, headers={"Retry-After": "60"})
    return HttpResponse(render_to_string("errors/500.html"), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """403 for a missing or stale CSRF token; says that the text is still there."""
    if wants_json(request):
        message = _("The form has expired. The text is kept in this browser.")
        return JsonResponse({"code": "form-expired", "message": message}, status=403)
    if _is_htmx(request):
        return render(request, "errors/csrf.html#notice", status=403)
    context = {"source": posted_source(request)}
    return render(request, "errors/csrf.html", context, status=403)


def _is_htmx(request: HttpRequest) -> bool:
    # Not request.htmx: a request may be refused before that middleware has run.
    return request.headers.get("HX-Request") == "true"
