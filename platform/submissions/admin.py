"""Submissions, runs and verdicts in Django's admin, to be read only.

Their columns belong to ``submissions.lifecycle``; a row edited by hand could have a
lease without a worker or two final words.
"""

import contextlib
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

from submissions.alerts import AlertCode, clear
from submissions.errors import CannotRegrade
from submissions.models import Alert, Run, Submission, Verdict, WorkerSign
from submissions.regrade import accept_lower


class ReadOnly:
    """Permissions of rows that nobody adds, changes or deletes by hand."""

    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class RunInline(ReadOnly, admin.TabularInline):
    """The tries of one submission."""

    model = Run
    fields = (
        *("number", "kind", "worker", "leased_at", "preparing_at", "running_at"),
        *("checking_at", "ended_at", "ending", "detail"),
    )
    extra = 0


class VerdictInline(ReadOnly, admin.TabularInline):
    """The final words on one submission, one for each generation."""

    model = Verdict
    fields = ("generation", "result", "ending", "points", "max_points", "created_at")
    extra = 0


@admin.register(Submission)
class SubmissionAdmin(ReadOnly, admin.ModelAdmin):
    """What was sent in. The files stay out of the list: they may be 256 KiB each."""

    list_display = ("public_id", "user", "lab", "kind", "state", "tries", "created_at")
    list_filter = ("state", "kind", "lab", "is_demo")
    search_fields = ("public_id", "user__username", "lab")
    date_hierarchy = "created_at"
    inlines = (RunInline, VerdictInline)
    exclude: ClassVar = ("idempotency_key", "lease_token", "seed")

    def get_queryset(self, request: HttpRequest) -> Any:
        # The release's archive is megabytes; only its digest is shown.
        return (
            super()
            .get_queryset(request)
            .select_related("user", "release")
            .defer("files", "release__archive", "release__catalogue")
        )


@admin.register(Run)
class RunAdmin(ReadOnly, admin.ModelAdmin):
    """Tries: where and how each ended."""

    list_display = (
        *("submission", "number", "kind", "sent", "leased_at", "preparing_at"),
        *("running_at", "checking_at", "ended_at", "ending"),
    )
    list_filter = ("ending", "kind")
    list_select_related = ("submission",)
    search_fields = ("submission__public_id", "worker")
    date_hierarchy = "leased_at"
    ordering = ("-leased_at", "-pk")
    exclude: ClassVar = ("token",)

    @admin.display(description=_("sent"))
    def sent(self, run: Run) -> Any:
        """When the submission was stored: the first of a run's six moments."""
        return run.submission.created_at


@admin.register(Verdict)
class VerdictAdmin(ReadOnly, admin.ModelAdmin):
    """Final words."""

    list_display = (
        "submission",
        "generation",
        "result",
        "ending",
        "points",
        "created_at",
    )
    list_filter = ("result", "ending")
    list_select_related = ("submission",)
    search_fields = ("submission__public_id", "submission__user__username")
    date_hierarchy = "created_at"
    ordering = ("-created_at", "-pk")


@admin.register(WorkerSign)
class WorkerSignAdmin(ReadOnly, admin.ModelAdmin):
    """Which workers answer, and why one does not."""

    list_display = (
        *("name", "ready", "draining", "slots", "warm_slots", "version"),
        *("started_at", "seen_at", "detail"),
    )


@admin.register(Alert)
class AlertAdmin(ReadOnly, admin.ModelAdmin):
    """What staff should look at. Cleared by an action, never edited."""

    list_display = (
        *("code", "subject", "count", "first_seen", "last_seen", "detail"),
        *("cleared_at", "cleared_by"),
    )
    list_filter = ("code", ("cleared_at", admin.EmptyFieldListFilter))
    list_select_related = ("cleared_by",)
    search_fields = ("subject", "detail")
    actions = ("clear_chosen", "accept_chosen")

    @admin.action(description=_("Clear the chosen alerts"))
    def clear_chosen(self, request: HttpRequest, rows: QuerySet[Alert]) -> None:
        """Clear what a person has looked at."""
        for alert in rows:
            clear(alert=alert, by=request.user)  # type: ignore[arg-type]  # staff only

    @admin.action(description=_("Show the lower verdicts of the chosen regrades"))
    def accept_chosen(self, request: HttpRequest, rows: QuerySet[Alert]) -> None:
        """Let lower verdicts stand; alerts of another kind are left as they are."""
        accepted = 0
        for alert in rows.filter(code=AlertCode.REGRADE_LOWER):
            if alert.submission is None:
                continue
            with contextlib.suppress(CannotRegrade):
                accept_lower(regrade=alert.submission, by=request.user)  # type: ignore[arg-type]  # staff only
                accepted += 1
        self.message_user(
            request,
            ngettext(
                "%(count)d verdict is shown now.",
                "%(count)d verdicts are shown now.",
                accepted,
            )
            % {"count": accepted},
        )
