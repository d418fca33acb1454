"""A course as it was read: files, front matter, texts; nothing of it is proved yet."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from curriculum.labels import CANONICAL_LANGUAGE
from curriculum.markdown import Rendered
from curriculum.problems import Problem
from curriculum.specs import LabSpec, LessonFront, TermSpec, TroubleSpec
from curriculum.tree import Tree
from curriculum.yaml_source import YamlSource
from lab_protocol.messages import Language


class StarterText(NamedTuple):
    """The file a student begins with."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Document:
    """One Markdown text; ``text`` begins at ``first_line`` of ``file``."""

    file: str
    language: str
    text: str
    first_line: int


@dataclass(slots=True, eq=False)
class LessonDraft:
    """``lessons/<folder>``: by language, what could be read of it.

    ``rendered`` is filled once all ids are known, because links need them.
    """

    folder: str
    sources: dict[str, YamlSource] = field(default_factory=dict)
    fronts: dict[str, LessonFront] = field(default_factory=dict)
    documents: dict[str, Document] = field(default_factory=dict)
    rendered: dict[str, Rendered] = field(default_factory=dict)

    @property
    def front(self) -> LessonFront | None:
        """The front matter of the canonical language."""
        return self.fronts.get(CANONICAL_LANGUAGE)

    @property
    def source(self) -> YamlSource | None:
        """Where the front matter of the canonical language stands."""
        return self.sources.get(CANONICAL_LANGUAGE)

    @property
    def file(self) -> str:
        """The path of the canonical text."""
        return f"lessons/{self.folder}/{CANONICAL_LANGUAGE}.md"

    @property
    def is_draft(self) -> bool:
        """Whether its author has not released it yet."""
        return self.front is not None and self.front.draft

    def names(self) -> tuple[str, ...]:
        """Id and aliases, even of front matter that is wrong elsewhere."""
        return _names(self.source)

    def line(self, *location: str | int) -> int:
        """Return the line of a key of the front matter."""
        return self.source.line(*location) if self.source else 1


@dataclass(slots=True, eq=False)
class LabDraft:
    """``labs/<folder>``: what could be read of it.

    ``fragments`` maps where a short text stands in lab.yaml, such as ``("hints", 0,
    "text", "ru")``, to its rendering.
    """

    folder: str
    source: YamlSource | None = None
    spec: LabSpec | None = None
    tasks: dict[str, Document] = field(default_factory=dict)
    rendered: dict[str, Rendered] = field(default_factory=dict)
    fragments: dict[tuple[str | int, ...], Rendered] = field(default_factory=dict)
    starters: dict[Language, StarterText] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The path of the lab's specification."""
        return f"labs/{self.folder}/lab.yaml"

    @property
    def is_draft(self) -> bool:
        """Whether its author has not released it yet."""
        return self.spec is not None and self.spec.draft

    def names(self) -> tuple[str, ...]:
        """Id and aliases, even of a specification that is wrong elsewhere."""
        return _names(self.source)

    def line(self, *location: str | int) -> int:
        """Return the line of a key of lab.yaml."""
        return self.source.line(*location) if self.source else 1


@dataclass(slots=True, eq=False)
class EntryDraft:
    """An entry of a page in one language; ``rendered`` maps a key to its text."""

    source: YamlSource
    spec: TermSpec | TroubleSpec
    rendered: dict[str, tuple[Rendered, ...]] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class PageDraft:
    """``lessons/_shared/<name>.<language>.yaml``: by language, its entries by id."""

    name: str
    entries: dict[str, dict[str, EntryDraft]] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """The address of the page on the site."""
        return f"/{self.name}/"

    def file(self, language: str) -> str:
        """Return the path of the page's entries in ``language``."""
        return f"lessons/_shared/{self.name}.{language}.yaml"

    def anchors(self) -> tuple[str, ...]:
        """Return the ids of the canonical language, which are the page's anchors."""
        return tuple(self.entries.get(CANONICAL_LANGUAGE, {}))


@dataclass(frozen=True, slots=True)
class Course:
    """A course without errors: lessons by order, labs by id, the pages beside them."""

    lessons: tuple[LessonDraft, ...]
    labs: tuple[LabDraft, ...]
    pages: tuple[PageDraft, ...]
    tree: Tree
    warnings: tuple[Problem, ...]


def anchors_of(rendered: Mapping[str, Rendered], language: str) -> tuple[str, ...]:
    """Return the anchors of a text in ``language``, or in the canonical one."""
    found = rendered.get(language) or rendered.get(CANONICAL_LANGUAGE)
    return found.anchors if found else ()


def _names(source: YamlSource | None) -> tuple[str, ...]:
    if source is None:
        return ()
    aliases = source.data.get("aliases") or []
    names = [source.data.get("id"), *(aliases if isinstance(aliases, list) else [])]
    return tuple(name for name in names if isinstance(name, str))
