"""The index: one row for each text of the shown release in each language."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from curriculum.models import Release


class Kind(models.TextChoices):
    LESSON = "lesson", _("Lesson")
    TERM = "term", _("Glossary")
    SECTION = "section", _("Section")
    LAB = "lab", _("Lab")
    TROUBLE = "trouble", _("Troubleshooting")


class Document(models.Model):
    """A text that can be found, with the stems it is found by.

    ``edition`` says which release, rendering and way of indexing made the row.
    ``stems`` are those of title and body, ``names`` the words and stems of the title,
    ``title_stems`` its stems alone and ``key_stems`` what the body speaks of most; all
    are joined by spaces. The databases' own indexes of ``stems`` and ``names`` are made
    by the first migration. ``position`` is the order of the course.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    edition = models.CharField(max_length=120)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    language = models.CharField(max_length=8)
    item = models.CharField(max_length=100)
    lesson = models.CharField(max_length=100, blank=True)
    anchor = models.CharField(max_length=300, blank=True)
    is_public = models.BooleanField(default=False)
    position = models.PositiveIntegerField()
    title = models.TextField()
    above = models.TextField(blank=True)
    body = models.TextField(blank=True)
    stems = models.TextField()
    names = models.TextField()
    title_stems = models.TextField()
    key_stems = models.TextField(blank=True)

    class Meta:
        ordering: ClassVar = ["position"]
        verbose_name = _("searchable text")
        verbose_name_plural = _("searchable texts")

    def __str__(self) -> str:
        return f"{self.kind} {self.item}#{self.anchor} ({self.language})"
