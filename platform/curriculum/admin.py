"""Releases in the admin: a list that is read, and one action that activates."""

from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from curriculum.models import Release, ReleaseQuerySet
from curriculum.releases import activate


@admin.register(Release)
class ReleaseAdmin(admin.ModelAdmin):
    """Releases are made by an import and never edited or deleted here."""

    list_display = ("__str__", "is_active", "renderer", "created_at", "activated_at")
    fields = ("digest", "is_active", "renderer", "created_at", "activated_at")
    readonly_fields = fields
    actions = ("activate_release",)

    def get_queryset(self, request: HttpRequest) -> ReleaseQuerySet:
        return Release.objects.light()

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Allow the action on the list; a release itself has no Save button."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description=_("Show the chosen release"), permissions=["change"])
    def activate_release(self, request: HttpRequest, queryset: ReleaseQuerySet) -> None:
        """Activate the one chosen release; more than one is refused."""
        chosen = list(queryset[:2])
        if len(chosen) != 1:
            self.message_user(
                request, _("Choose exactly one release."), level=messages.ERROR
            )
            return
        activate(release=chosen[0])
        self.message_user(
            request, _("Release %(release)s is active.") % {"release": chosen[0]}
        )
