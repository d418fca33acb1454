"""allauth's hook: who may sign up, and in which language a person begins."""

from allauth.account.adapter import DefaultAccountAdapter
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language


class AccountAdapter(DefaultAccountAdapter):
    """Sign-up is open on loopback and by invitation elsewhere."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return bool(settings.LAB_SIGNUP_OPEN)

    def save_user(self, request, user, form, commit=True):  # type: ignore[no-untyped-def]
        user.language = "en" if get_language() == "en" else "ru"
        return super().save_user(request, user, form, commit)
