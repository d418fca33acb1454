"""What the frame of every page needs: theme and whether review exists for the user."""

from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from accounts.access import is_reviewer
from accounts.models import Theme

THEME_COOKIE = "theme"


def frame(request: HttpRequest) -> dict[str, Any]:
    """Return ``theme`` (auto, light, dark) and the lazy ``user_is_reviewer``."""
    user = getattr(request, "user", None)
    if user is not None and user.is_authenticated:
        return {
            "theme": user.theme,
            "user_is_reviewer": SimpleLazyObject(lambda: is_reviewer(user)),
        }
    theme = request.COOKIES.get(THEME_COOKIE, Theme.AUTO)
    return {
        "theme": theme if theme in Theme.values else Theme.AUTO,
        "user_is_reviewer": False,
    }
