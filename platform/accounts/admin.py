"""People in Django's admin: users, cohorts and who belongs where.

The admin has no log-in form of its own: ``secure_admin_login`` sends people to the
site's, so that one place counts failed tries and one place asks for a second factor.
"""

from typing import Any, ClassVar

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.db.models import Count, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from accounts.models import Cohort, Enrolment, User

admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]
admin.site.site_header = admin.site.site_title = _("Potok administration")


class CohortMembersInline(admin.TabularInline):
    """The people of one cohort: a role may be changed, a person taken out.

    Names are read with the rows; a field to choose them again would cost a query each.
    """

    model = Enrolment
    fields = ("user", "role")
    readonly_fields = ("user",)
    extra = 0
    verbose_name_plural = _("members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enrolment]:
        members: QuerySet[Enrolment] = super().get_queryset(request)
        return members.select_related("user", "cohort").order_by(
            "role", "user__username"
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class NewMembersInline(admin.TabularInline):
    """People to be added to a cohort."""

    model = Enrolment
    autocomplete_fields = ("user",)
    fields = ("user", "role")
    extra = 1
    verbose_name_plural = _("new members")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Enrolment]:
        return Enrolment.objects.none()


class UserEnrolmentInline(admin.TabularInline):
    """The cohorts of one person."""

    model = Enrolment
    autocomplete_fields = ("cohort",)
    fields = ("cohort", "role")
    extra = 1


@admin.register(User)
class UserAdmin(DjangoUserAdmin):
    """Users, with language, theme and their cohorts."""

    list_display = (
        "username",
        "email",
        "is_active",
        "is_staff",
        "is_demo",
        "last_login",
    )
    list_filter = ("is_active", "is_staff", "is_demo", "cohorts")
    search_fields = ("username", "email", "first_name", "last_name")
    readonly_fields = ("last_login", "date_joined", "is_demo")
    fieldsets = (
        *(DjangoUserAdmin.fieldsets or ()),
        (_("On this site"), {"fields": ("language", "theme", "is_demo")}),
    )
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "username",
                    "email",
                    "usable_password",
                    "password1",
                    "password2",
                ),
            },
        ),
    )
    inlines = (UserEnrolmentInline,)


@admin.register(Cohort)
class CohortAdmin(admin.ModelAdmin):
    """Cohorts with their members; counts come with the list's own query."""

    list_display = ("title", "slug", "starts_on", "ends_on", "students", "instructors")
    list_filter = ("is_demo", "starts_on")
    search_fields = ("title", "slug")
    prepopulated_fields: ClassVar = {"slug": ("title",)}
    readonly_fields = ("is_demo",)
    inlines = (CohortMembersInline, NewMembersInline)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Cohort]:
        cohorts: QuerySet[Cohort] = super().get_queryset(request)
        return cohorts.annotate(
            student_count=Count(
                "enrolments", filter=Q(enrolments__role=Enrolment.Role.STUDENT)
            ),
            instructor_count=Count(
                "enrolments", filter=Q(enrolments__role=Enrolment.Role.INSTRUCTOR)
            ),
        )

    @admin.display(description=_("students"), ordering="student_count")
    def students(self, cohort: Any) -> int:
        return int(cohort.student_count)

    @admin.display(description=_("instructors"), ordering="instructor_count")
    def instructors(self, cohort: Any) -> int:
        return int(cohort.instructor_count)


@admin.register(Enrolment)
class EnrolmentAdmin(admin.ModelAdmin):
    """All memberships, to be searched by person or cohort."""

    list_display = ("user", "cohort", "role", "created_at")
    list_filter = ("role", "cohort")
    list_select_related = ("user", "cohort")
    search_fields = ("user__username", "user__email", "cohort__title")
    autocomplete_fields = ("user", "cohort")
    date_hierarchy = "created_at"
