"""Users, cohorts and who belongs to which, as what."""

from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _


class Theme(models.TextChoices):
    AUTO = "auto", _("As the system")
    LIGHT = "light", _("Light")
    DARK = "dark", _("Dark")


class User(AbstractUser):
    """A person. ``is_staff`` makes an admin; instructors follow from enrolments."""

    language = models.CharField(_("language"), max_length=2, default="ru")
    theme = models.CharField(
        _("theme"), max_length=5, choices=Theme, default=Theme.AUTO
    )
    is_demo = models.BooleanField(_("demo account"), default=False)
    visited_at = models.DateTimeField(
        _("last on the home page"), null=True, blank=True, editable=False
    )

    class Meta(AbstractUser.Meta):
        constraints: ClassVar = [
            models.UniqueConstraint(
                Lower("email"),
                condition=~models.Q(email=""),
                name="user_email_unique",
                violation_error_message=_("This e-mail address is already in use."),
            ),
            models.CheckConstraint(
                condition=models.Q(theme__in=Theme.values), name="user_theme_known"
            ),
            models.CheckConstraint(
                condition=models.Q(language__in=["ru", "en"]),
                name="user_language_known",
            ),
        ]

    @cached_property
    def teaches(self) -> bool:
        """Whether the person is an instructor of any cohort; asked once a request."""
        return self.enrolments.filter(role=Enrolment.Role.INSTRUCTOR).exists()


class Cohort(models.Model):
    """A group that learns together. ``attempt_limit`` None means unlimited."""

    slug = models.SlugField(unique=True)
    title = models.CharField(_("title"), max_length=120)
    starts_on = models.DateField(_("starts on"), null=True, blank=True)
    ends_on = models.DateField(_("ends on"), null=True, blank=True)
    attempt_limit = models.PositiveSmallIntegerField(
        _("attempts per lab"), null=True, blank=True
    )
    is_demo = models.BooleanField(_("demo data"), default=False)
    members = models.ManyToManyField(User, through="Enrolment", related_name="cohorts")

    class Meta:
        ordering: ClassVar = ["title", "pk"]
        verbose_name = _("cohort")
        verbose_name_plural = _("cohorts")

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("review:cohort", args=[self.slug])


class EnrolmentQuerySet(models.QuerySet["Enrolment"]):
    """Named questions about membership."""

    def students(self) -> "EnrolmentQuerySet":
        return self.filter(role=Enrolment.Role.STUDENT)

    def instructors(self) -> "EnrolmentQuerySet":
        return self.filter(role=Enrolment.Role.INSTRUCTOR)


class Enrolment(models.Model):
    """One person in one cohort, in one role."""

    class Role(models.TextChoices):
        STUDENT = "student", _("student")
        INSTRUCTOR = "instructor", _("instructor")

    cohort = models.ForeignKey(
        Cohort, on_delete=models.CASCADE, related_name="enrolments"
    )
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="enrolments")
    role = models.CharField(
        _("role"), max_length=10, choices=Role, default=Role.STUDENT
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = EnrolmentQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["cohort", "user"], name="enrolment_once_per_cohort"
            ),
            models.CheckConstraint(
                condition=models.Q(role__in=["student", "instructor"]),
                name="enrolment_role_known",
            ),
        ]
        verbose_name = _("enrolment")
        verbose_name_plural = _("enrolments")

    def __str__(self) -> str:
        return f"{self.user} · {self.cohort} · {self.role}"
