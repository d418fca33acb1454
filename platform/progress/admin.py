"""The ledger in Django's admin, to be read only: ``progress.services`` writes it."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from progress.models import Achievement


@admin.register(Achievement)
class AchievementAdmin(admin.ModelAdmin):
    """What people have achieved, newest first."""

    list_display = ("user", "kind", "item", "achieved_at", "revoked_at", "evidence")
    list_filter = ("kind",)
    list_select_related = ("user",)
    search_fields = ("user__username", "item", "evidence")
    date_hierarchy = "achieved_at"
    ordering = ("-achieved_at", "-pk")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
