"""Language and theme: a cookie for strangers, the profile for the signed-in."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from accounts.context_processors import THEME_COOKIE
from accounts.models import Theme

YEAR = 365 * 24 * 3600


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Store ``language`` or ``theme`` and go back to where the form stood."""
    language = request.POST.get("language", "")
    theme = request.POST.get("theme", "")
    if (language and language not in dict(settings.LANGUAGES)) or (
        theme and theme not in Theme.values
    ):
        return render(request, "errors/400.html", status=400)
    response = HttpResponseRedirect(_back(request))
    # The cookies are set for the signed-in too, so that the log-in page keeps them.
    if language:
        _remember(response, settings.LANGUAGE_COOKIE_NAME, language)
    if theme:
        _remember(response, THEME_COOKIE, theme)
    user = request.user
    if user.is_authenticated and (language or theme):
        user.language = language or user.language
        user.theme = theme or user.theme
        user.save(update_fields=["language", "theme"])
    return response


def _back(request: HttpRequest) -> str:
    target = request.POST.get("next", "")
    is_own = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if is_own else "/"


def _remember(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name,
        value,
        max_age=YEAR,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
    )
