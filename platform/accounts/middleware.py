"""Language and time zone of a request.

The language of a signed-in person's profile wins over cookie and browser. The time
zone is the browser's own, which `static/js/site.js` keeps in a cookie: who travels or
uses two machines reads the clock of the wall beside them.
"""

from collections.abc import Callable
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

ZONE_COOKIE = "zone"
LONGEST_ZONE = 64  # the longest name of the time zone database has 30 letters


class ProfileLanguageMiddleware:
    """Activate the profile's language; LocaleMiddleware has done it for strangers."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        if user.is_authenticated:
            translation.activate(user.language)
            request.LANGUAGE_CODE = user.language
        return self.get_response(request)


class BrowserZoneMiddleware:
    """Show times in the browser's time zone; in UTC where it names none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(known_zone(request.COOKIES.get(ZONE_COOKIE, ""))):
            return self.get_response(request)


def known_zone(name: str) -> ZoneInfo | None:
    """Return the zone called ``name``; None for what is not one."""
    if not name or len(name) > LONGEST_ZONE:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
