"""Releases: immutable imports of lessons/ and labs/, of which one is active."""

from typing import Any, ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _


class ImmutableRelease(Exception):
    """Somebody tried to change the files of a release; import a new one instead."""


class ReleaseQuerySet(models.QuerySet["Release"]):
    """Named questions about releases; refuses to rewrite what they hold."""

    def active(self) -> "ReleaseQuerySet":
        """The one release that pages show, or none."""
        return self.filter(is_active=True)

    def light(self) -> "ReleaseQuerySet":
        """Without the archive and the catalogue, which may have tens of megabytes."""
        return self.defer("archive", "catalogue")

    def update(self, **values: Any) -> int:
        """Refuse to change digest or archive; see :class:`Release`."""
        if fixed := Release.FIXED & values.keys():
            raise ImmutableRelease(f"a release keeps its {', '.join(sorted(fixed))}")
        return super().update(**values)


class Release(models.Model):
    """One import of the content tree, addressed by the digest of its files.

    ``archive`` is a zip with deterministic bytes of lessons/ and labs/; it and the
    digest never change. ``catalogue`` is what the pages read: it is made from the
    archive, and made again when ``renderer`` is an older one than the site's.
    """

    FIXED: ClassVar = frozenset({"digest", "archive", "created_at"})

    digest = models.CharField(max_length=64, unique=True)
    archive = models.BinaryField()
    catalogue = models.JSONField()
    renderer = models.CharField(max_length=20)
    is_active = models.BooleanField(default=False)
    created_at = models.DateTimeField(db_default=Now())
    activated_at = models.DateTimeField(null=True, blank=True)

    objects = ReleaseQuerySet.as_manager()

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

    def save(self, **options: Any) -> None:
        """Insert a release; of a stored one only named fields that may change."""
        if not self._state.adding:
            named = options.get("update_fields")
            if named is None or self.FIXED & set(named):
                raise ImmutableRelease(
                    "a stored release is saved with update_fields, without "
                    + ", ".join(sorted(self.FIXED))
                )
        super().save(**options)
