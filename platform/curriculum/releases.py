"""Import, activate and read releases; the only door to the stored content.

Locks: :func:`activate` locks all releases in the order of their keys. A catalogue is
kept in the process that read it, by release and renderer, so a page costs one small
query.
"""

import mimetypes
import threading
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from curriculum.archive import BadArchive, pack, tree_digest, unpack, write_folder
from curriculum.catalogue import Catalogue, CourseContent
from curriculum.loader import check_files, load_tree
from curriculum.markdown import renderer_version
from curriculum.models import Release
from curriculum.problems import ContentError, Problems
from curriculum.publishing import publish
from curriculum.signals import release_shown
from curriculum.tree import IMAGE_SUFFIXES

# Old attempts are read on the release they were made on; more than a few at a time
# would be a report, not pages.
_KEPT_CATALOGUES = 4


class NoActiveRelease(LookupError):
    """No course has been imported yet, or none was activated."""


@dataclass(frozen=True, slots=True)
class Asset:
    """An image of a release as it is served."""

    content: bytes
    content_type: str


def import_tree(*, root: Path) -> Release:
    """Store the course under ``root`` and return its release; not yet active.

    Files that are known already give the stored release, rendered again if the site's
    renderer is a newer one. Raises ContentError with all problems of the course.
    """
    course = load_tree(root)
    digest, renderer = tree_digest(course.tree), renderer_version()
    known = Release.objects.light().filter(digest=digest).first()
    if known is not None:
        if known.renderer != renderer:
            _store_rendering(known, publish(course), renderer)
        return known
    release = Release(
        digest=digest,
        archive=pack(course.tree),
        catalogue=publish(course).model_dump(mode="json"),
        renderer=renderer,
    )
    try:
        with transaction.atomic():
            release.save()
    except IntegrityError:
        # Somebody else imported the same files since the look above.
        return Release.objects.light().get(digest=digest)
    return release


def render_again(*, release: Release) -> None:
    """Render a stored release with the site's renderer, from its own archive."""
    checked = check_files(unpack(bytes(release.archive)), Problems())
    if checked.course is None:
        raise ContentError(checked.problems)
    _store_rendering(release, publish(checked.course), renderer_version())


def activate(*, release: Release) -> None:
    """Make ``release`` the one that pages show; all or nothing.

    The locks let one activation wait for another; without them the second one would
    meet the constraint of one active release on Postgres.
    """
    with transaction.atomic():
        list(
            Release.objects.order_by("pk")
            .select_for_update()
            .values_list("pk", flat=True)
        )
        Release.objects.active().exclude(pk=release.pk).update(is_active=False)
        changed = Release.objects.filter(pk=release.pk, is_active=False).update(
            is_active=True, activated_at=timezone.now()
        )
        release_shown.send(sender=Release)
    if changed:
        release.refresh_from_db(fields=["is_active", "activated_at"])


def active_catalogue() -> Catalogue:
    """Return the content that pages show; raise NoActiveRelease."""
    found = Release.objects.active().values_list("pk", "digest", "renderer").first()
    if found is None:
        raise NoActiveRelease(
            "no course is active: run `manage.py import_course --activate`"
        )
    return _catalogues.get(*found)


def catalogue_of(release_id: int) -> Catalogue:
    """Return the content of a release, active or not; raise Release.DoesNotExist."""
    row = Release.objects.values_list("pk", "digest", "renderer").get(pk=release_id)
    return _catalogues.get(*row)


def release_tree(release: Release) -> Path:
    """Return a folder with ``lessons/`` and ``labs/`` of a release, unpacked once.

    The folder is read-only by agreement and named by the digest; what is unpacked is
    compared with that digest first. Raises BadArchive.
    """
    folder = Path(settings.LAB_VAR_DIR) / "releases" / release.digest
    if not folder.is_dir():
        tree = unpack(bytes(release.archive))
        if tree_digest(tree) != release.digest:
            raise BadArchive(f"the archive of release {release} is damaged")
        write_folder(tree, folder)
    return folder


def asset(*, release: Release, kind: str, name: str, path: str) -> Asset:
    """Return an image of a lesson or lab; raise LookupError.

    ``kind`` is ``lesson`` or ``lab``, ``name`` its id or alias, ``path`` what follows
    ``/files/`` in the URL. Whether the reader may see the item is not asked here.
    """
    catalogue = catalogue_of(release.pk)
    folder = (
        f"lessons/{catalogue.lesson(name).folder}"
        if kind == "lesson"
        else f"labs/{catalogue.lab(name).id}"
    )
    base = (release_tree(release) / folder).resolve()
    file = (base / path).resolve()
    if (
        not file.is_relative_to(base)
        or file.suffix.lower() not in IMAGE_SUFFIXES
        or not file.is_file()
    ):
        raise LookupError(f"{kind} {name!r} has no image {path!r}")
    guessed = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
    return Asset(file.read_bytes(), guessed)


def _store_rendering(release: Release, content: CourseContent, renderer: str) -> None:
    release.catalogue = content.model_dump(mode="json")
    release.renderer = renderer
    with transaction.atomic():
        release.save(update_fields=["catalogue", "renderer"])
        if release.is_active:
            release_shown.send(sender=Release)


class _Catalogues:
    """The catalogues that this process has read, by release, digest and renderer.

    The key alone would not do: SQLite gives a freed one to the next release.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[int, str, str], Catalogue] = {}

    def get(self, release_id: int, digest: str, renderer: str) -> Catalogue:
        key = (release_id, digest, renderer)
        # Read without the lock: a lookup in a dict is atomic, and most calls end here.
        if kept := self._kept.get(key):
            return kept
        with self._lock:
            if key not in self._kept:
                while len(self._kept) >= _KEPT_CATALOGUES:
                    del self._kept[next(iter(self._kept))]
                self._kept[key] = _read_catalogue(release_id)
            return self._kept[key]


def _read_catalogue(release_id: int) -> Catalogue:
    release = Release.objects.only("digest", "catalogue").get(pk=release_id)
    return Catalogue(
        release_id=release_id,
        digest=release.digest,
        content=CourseContent.model_validate(release.catalogue),
    )


_catalogues = _Catalogues()
