"""The ledger: one row for each thing a person has once achieved; the certificate."""

import uuid
from typing import ClassVar

from django.db import models
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class AchievementQuerySet(models.QuerySet["Achievement"]):
    """Named questions about the ledger."""

    def standing(self) -> "AchievementQuerySet":
        """Achievements that count: all but reading marks that were taken back."""
        return self.filter(revoked_at=None)


class Achievement(models.Model):
    """A person has begun or read a lesson, passed a lab or completed a lesson.

    Rows are never deleted. A reading mark, and a completion that rests on reading
    alone, may be revoked by its owner. A completed lesson stays completed when a
    later release asks for more.
    ``evidence`` is the public id of the submission, ``release`` the content's digest.
    """

    class Kind(models.TextChoices):
        LESSON_OPENED = "lesson_opened", _("lesson begun")
        LESSON_READ = "lesson_read", _("lesson read")
        LAB_PASSED = "lab_passed", _("lab passed")
        LESSON_COMPLETED = "lesson_completed", _("lesson completed")

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="achievements"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    item = models.CharField(max_length=80)
    evidence = models.CharField(max_length=80, blank=True)
    release = models.CharField(max_length=64)
    achieved_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = AchievementQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "kind", "item"], name="achievement_once"
            ),
            models.CheckConstraint(
                condition=models.Q(
                    kind__in=[
                        "lesson_opened",
                        "lesson_read",
                        "lab_passed",
                        "lesson_completed",
                    ]
                ),
                name="achievement_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(revoked_at=None) | models.Q(evidence="reading"),
                name="achievement_only_reading_is_revocable",
            ),
        ]
        verbose_name = _("achievement")
        verbose_name_plural = _("achievements")

    def __str__(self) -> str:
        return f"{self.user} · {self.kind} · {self.item}"


class Certificate(models.Model):
    """A person has completed every lesson of the course as it was on a day.

    ``name`` is as the person wrote it and never changes afterwards; ``lessons`` is how
    many there were, ``release`` the content's digest. It is deleted with the account.
    """

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="certificate"
    )
    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    name = models.CharField(max_length=120)
    lessons = models.PositiveSmallIntegerField()
    release = models.CharField(max_length=64)
    issued_at = models.DateTimeField()

    class Meta:
        verbose_name = _("certificate")
        verbose_name_plural = _("certificates")

    def __str__(self) -> str:
        return f"{self.name} · {self.public_id}"

    def get_absolute_url(self) -> str:
        return reverse("classroom:verify-certificate", args=[self.public_id])


class ReadingPlace(models.Model):
    """Where a person was last seen reading in a lesson; one row for each lesson.

    ``section`` is the id of a heading, "" above the first one.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="reading_places"
    )
    lesson = models.CharField(max_length=80)
    section = models.CharField(max_length=200, blank=True)
    seen_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "lesson"], name="reading_place_once"
            ),
        ]
        verbose_name = _("reading place")
        verbose_name_plural = _("reading places")

    def __str__(self) -> str:
        return f"{self.user} · {self.lesson}#{self.section}"


class SectionNote(models.Model):
    """What a person wrote beside a section of a lesson, for nobody else's eyes.

    An empty ``text`` is a bookmark. ``section`` is the id of a heading, "" for the
    lesson as a whole; the row stays when a later release has no such heading.
    """

    user = models.ForeignKey(
        User, on_delete=models.CASCADE, related_name="section_notes"
    )
    lesson = models.CharField(max_length=80)
    section = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "lesson", "section"], name="section_note_once"
            ),
        ]
        verbose_name = _("note")
        verbose_name_plural = _("notes")

    def __str__(self) -> str:
        return f"{self.user} · {self.lesson}#{self.section}"
