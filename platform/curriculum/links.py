"""Where links and images of a text lead: to lessons, labs, own images, or outside."""

import posixpath
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit

from curriculum.course import LabDraft, LessonDraft, anchors_of
from curriculum.problems import Problems, Rule
from curriculum.tree import IMAGE_SUFFIXES, Tree


class Leads(StrEnum):
    """What kind of place a link leads to."""

    OUTSIDE = "outside"
    HERE = "here"
    LESSON = "lesson"
    LAB = "lab"
    FILE = "file"
    SITE = "site"
    NOWHERE = "nowhere"
    FORBIDDEN = "forbidden"


@dataclass(frozen=True, slots=True)
class Target:
    """A link understood; ``name`` is an id or a path, ``reason`` says why not."""

    leads: Leads
    name: str = ""
    anchor: str = ""
    reason: str = ""


class CourseLinks:
    """Knows all lessons, labs, pages and files, and so what each link means.

    ``pages`` maps a page beside the lessons, such as ``/glossary/``, to its anchors.
    """

    def __init__(
        self,
        lessons: Iterable[LessonDraft],
        labs: Iterable[LabDraft],
        tree: Tree,
        pages: Mapping[str, Collection[str]],
    ) -> None:
        self._tree = tree
        self._pages = pages
        self._lessons: dict[str, LessonDraft] = {}
        self._labs: dict[str, LabDraft] = {}
        self._folders: dict[str, tuple[Leads, str]] = {}
        for lesson in lessons:
            for name in lesson.names():
                self._lessons.setdefault(name, lesson)
            if lesson.names():
                self._folders[f"lessons/{lesson.folder}"] = (
                    Leads.LESSON,
                    lesson.names()[0],
                )
        for lab in labs:
            for name in lab.names():
                self._labs.setdefault(name, lab)
            if lab.names():
                self._folders[f"labs/{lab.folder}"] = (Leads.LAB, lab.names()[0])

    def target(self, written: str, *, folder: str) -> Target:
        """Return where ``written`` leads from a text in ``folder`` of the tree."""
        try:
            parts = urlsplit(written)
        except ValueError as error:
            return Target(Leads.NOWHERE, reason=str(error))
        anchor = unquote(parts.fragment)
        if parts.scheme in {"http", "https", "mailto"}:
            return Target(Leads.OUTSIDE)
        if parts.scheme or parts.netloc or "\\" in written:
            return Target(
                Leads.FORBIDDEN, reason="only http, https and mailto lead outside"
            )
        path = unquote(parts.path)
        if not path:
            return Target(Leads.HERE, anchor=anchor)
        if path.startswith("/"):
            return self._page(path, anchor)
        return self._relative(posixpath.normpath(f"{folder}/{path}"), anchor)

    def resolver(self, folder: str) -> Callable[[str], str]:
        """Return what turns a link of a text in ``folder`` into a URL of the site."""

        def resolve(written: str) -> str:
            target = self.target(written, folder=folder)
            fragment = f"#{quote(target.anchor)}" if target.anchor else ""
            match target.leads:
                case Leads.LESSON | Leads.LAB:
                    return f"/{target.leads}s/{target.name}/{fragment}"
                case Leads.FILE:
                    return self._file_url(target.name)
                case Leads.NOWHERE | Leads.FORBIDDEN:
                    return ""
            return written

        return resolve

    def check_link(
        self,
        written: str,
        *,
        folder: str,
        own_anchors: Collection[str],
        language: str,
        place: tuple[str, int],
        problems: Problems,
    ) -> None:
        """Report a link to nowhere, to an anchor that is not there, or to a draft."""
        target = self.target(written, folder=folder)
        if self._is_draft(target.leads, target.name) and not self._is_draft(
            *self._folders.get(folder, (Leads.SITE, ""))
        ):
            problems.error(
                *place,
                Rule.DRAFT_NAMED,
                f"the link {written!r} leads to a draft, which students do not get",
                f"Remove `draft: true` from that {target.leads} when it is ready,"
                " or remove the link.",
            )
            return
        match target.leads:
            case Leads.FORBIDDEN:
                problems.error(
                    *place,
                    Rule.FORBIDDEN_LINK,
                    f"the link {written!r} is not allowed: {target.reason}",
                    "Write an https:// address, or a path of this course.",
                )
                return
            case Leads.NOWHERE:
                problems.error(
                    *place,
                    Rule.DEAD_LINK,
                    f"the link {written!r} leads nowhere: {target.reason}",
                    "Link as /lessons/<id>/#anchor, /labs/<id>/ or #anchor.",
                )
                return
            case Leads.HERE:
                anchors: Collection[str] = own_anchors
            case Leads.SITE:
                anchors = self._pages[target.name]
            case Leads.LESSON:
                anchors = anchors_of(self._lessons[target.name].rendered, language)
            case Leads.LAB:
                anchors = anchors_of(self._labs[target.name].rendered, language)
            case _:
                return
        if target.anchor and target.anchor not in anchors:
            problems.error(
                *place,
                Rule.DEAD_ANCHOR,
                f"the link {written!r} names the anchor {target.anchor!r},"
                " which no heading there has",
                f"Add {{#{target.anchor}}} to the heading, or name another anchor.",
            )

    def check_image(
        self,
        written: str,
        alt: str,
        *,
        folder: str,
        place: tuple[str, int],
        problems: Problems,
    ) -> None:
        """Report an image without words, from elsewhere, or that is not there."""
        if not alt.strip():
            problems.error(
                *place,
                Rule.IMAGE_WITHOUT_ALT,
                f"the image {written!r} has no alternative text",
                "Say between the square brackets what the image shows.",
            )
        target = self.target(written, folder=folder)
        if target.leads is not Leads.FILE or not target.name.startswith(f"{folder}/"):
            problems.error(
                *place,
                Rule.DEAD_IMAGE,
                f"the image {written!r} is not a file of this folder",
                "Put the image into the folder of the text and link it relatively;"
                " kinds: " + ", ".join(sorted(IMAGE_SUFFIXES)) + ".",
            )

    def lesson_anchors(self, name: str, language: str) -> tuple[str, ...]:
        """Return the anchors of the lesson with this id or alias."""
        lesson = self._lessons.get(name)
        return anchors_of(lesson.rendered, language) if lesson else ()

    def _is_draft(self, kind: Leads, name: str) -> bool:
        """Say whether a place is a lesson or lab that is not imported."""
        draft: LessonDraft | LabDraft | None = None
        if kind is Leads.LESSON:
            draft = self._lessons.get(name)
        elif kind is Leads.LAB:
            draft = self._labs.get(name)
        return draft is not None and draft.is_draft

    def _page(self, path: str, anchor: str) -> Target:
        if path in self._pages:
            return Target(Leads.SITE, path, anchor)
        parts = path.strip("/").split("/")
        if len(parts) == 2 and parts[0] in {"lessons", "labs"}:
            kind, drafts = (
                (Leads.LESSON, self._lessons)
                if parts[0] == "lessons"
                else (Leads.LAB, self._labs)
            )
            draft = drafts.get(parts[1])
            if draft:
                return Target(kind, draft.names()[0], anchor)
            return Target(
                Leads.NOWHERE, reason=f"there is no {kind} with the id {parts[1]!r}"
            )
        return Target(Leads.NOWHERE, reason="the site has no such page")

    def _relative(self, path: str, anchor: str) -> Target:
        if path in self._tree.files and PurePosixPath(path).suffix in IMAGE_SUFFIXES:
            return Target(Leads.FILE, path)
        folder = path
        if path.endswith(".md"):
            if path not in self._tree.files:
                return Target(Leads.NOWHERE, reason=f"there is no file {path}")
            folder = posixpath.dirname(path)
        if folder in self._folders:
            kind, name = self._folders[folder]
            return Target(kind, name, anchor)
        return Target(Leads.NOWHERE, reason=f"{path} is no text of this course")

    def _file_url(self, path: str) -> str:
        """Return the URL of an image: ``/lessons/<id>/files/<path in the folder>``."""
        top, folder, rest = path.split("/", 2)
        named = self._folders.get(f"{top}/{folder}")
        return f"/{top}/{named[1]}/files/{quote(rest)}" if named else ""
