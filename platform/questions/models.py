"""What people ask about a place of the course or report as wrong, and the answers."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User


class Question(models.Model):
    """A question or a report about a section of a lesson or a check of a lab.

    ``place`` is the anchor of the section or the id of the check; "" means the whole.
    A question that nobody needs to answer any more is closed.
    """

    class Kind(models.TextChoices):
        QUESTION = "question", _("question")
        ERROR = "error", _("report of an error")

    class Subject(models.TextChoices):
        LESSON = "lesson", _("lesson")
        LAB = "lab", _("lab")

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="questions")
    kind = models.CharField(max_length=10, choices=Kind)
    subject = models.CharField(max_length=10, choices=Subject)
    item = models.CharField(max_length=80)
    place = models.CharField(max_length=120, blank=True)
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=models.Q(kind__in=["question", "error"]),
                name="question_kind_known",
            ),
            models.CheckConstraint(
                condition=models.Q(subject__in=["lesson", "lab"]),
                name="question_subject_known",
            ),
        ]
        verbose_name = _("question")
        verbose_name_plural = _("questions")

    def __str__(self) -> str:
        return f"{self.user} · {self.kind} · {self.item}"

    def get_absolute_url(self) -> str:
        return reverse("classroom:question", args=[self.public_id])


class Answer(models.Model):
    """One message below a question, by an instructor or by who asked.

    ``seen_at`` is when the one who asked has read it; their own count as seen.
    """

    question = models.ForeignKey(
        Question, on_delete=models.CASCADE, related_name="answers"
    )
    author = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, related_name="+"
    )
    text = models.TextField()
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["created_at", "pk"]
        verbose_name = _("answer")
        verbose_name_plural = _("answers")

    def __str__(self) -> str:
        return f"{self.question} · {self.author}"


class MailPreference(models.Model):
    """Whether a person wants answers by mail; without a row they do."""

    user = models.OneToOneField(
        User, on_delete=models.CASCADE, related_name="mail_preference"
    )
    answers = models.BooleanField(default=True)

    class Meta:
        verbose_name = _("mail preference")
        verbose_name_plural = _("mail preferences")

    def __str__(self) -> str:
        return f"{self.user} · {self.answers}"
