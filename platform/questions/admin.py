"""Questions in Django's admin: to be found and deleted, not rewritten."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from questions.models import Question


@admin.register(Question)
class QuestionAdmin(admin.ModelAdmin):
    """What people asked and reported, newest first."""

    list_display = ("user", "kind", "subject", "item", "place", "created_at")
    list_filter = ("kind", "subject")
    list_select_related = ("user",)
    search_fields = ("user__username", "item", "text")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
