"""Releases: immutable imports of lessons/ and labs/, of which one is active."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class Release(models.Model):
    """One import of the content tree, addressed by the digest of its files.

    ``archive`` is a zip with deterministic bytes of lessons/ and labs/; ``catalogue``
    is what the pages read, rendered once at import.
    """

    digest = models.CharField(max_length=64, unique=True)
    archive = models.BinaryField()
    catalogue = models.JSONField()
    renderer = models.CharField(max_length=20)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["is_active"],
                condition=models.Q(is_active=True),
                name="release_one_active",
            )
        ]
        verbose_name = _("release")
        verbose_name_plural = _("releases")

    def __str__(self) -> str:
        return self.digest[:12]
