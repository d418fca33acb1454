"""What pages, progress and submissions read of a release: frozen, already rendered.

Independent of Django and of the files. Where a text has no English, its Russian is
given; ``language_of`` says which one the reader gets.
"""

from collections.abc import Mapping
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from curriculum.course import StarterText
from curriculum.graph import Graph
from curriculum.labels import CANONICAL_LANGUAGE
from curriculum.markdown import SafeHtml, TocEntry
from curriculum.specs import Difficulty, Family, LabSpec
from lab_protocol.messages import Language


class UnknownItem(LookupError):
    """The catalogue has no lesson or lab with this id or alias."""


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class LessonText(_Frozen):
    """A lesson in one language; ``digest`` is that of its source file."""

    title: str
    description: str
    topics: tuple[str, ...]
    html: str
    toc: tuple[TocEntry, ...]
    anchors: tuple[str, ...]
    has_diagrams: bool
    digest: str


class TaskText(_Frozen):
    """A lab's task in one language."""

    html: str
    toc: tuple[TocEntry, ...]
    has_diagrams: bool


class Lesson(_Frozen):
    """A lesson with its canonical ids.

    ``minutes`` is the author's estimate, ``folder`` its place under ``lessons/``.
    """

    id: str
    folder: str
    aliases: tuple[str, ...]
    module: str
    order: int
    difficulty: Difficulty
    minutes: int
    prerequisites: tuple[str, ...]
    labs: tuple[str, ...]
    texts: dict[str, LessonText]

    def language_of(self, language: str) -> str:
        """Return the language that a reader of ``language`` gets."""
        return language if language in self.texts else CANONICAL_LANGUAGE

    def title(self, language: str) -> str:
        """Return the title in ``language``."""
        return self.texts[self.language_of(language)].title

    def description(self, language: str) -> str:
        """Return the one sentence about the lesson in ``language``."""
        return self.texts[self.language_of(language)].description

    def topics(self, language: str) -> tuple[str, ...]:
        """Return what the lesson is about, in words of ``language``."""
        return self.texts[self.language_of(language)].topics

    def html(self, language: str) -> SafeHtml:
        """Return the text as HTML."""
        return SafeHtml(self.texts[self.language_of(language)].html)

    def toc(self, language: str) -> tuple[TocEntry, ...]:
        """Return the headings of the second level with those of the third inside."""
        return self.texts[self.language_of(language)].toc

    def has_diagrams(self, language: str) -> bool:
        """Return whether the page needs Mermaid."""
        return self.texts[self.language_of(language)].has_diagrams


class Lab(_Frozen):
    """A lab: its specification, task, starters and the short texts as HTML.

    ``hints`` and ``explanations`` (by misconception) map a language to HTML;
    ``digest`` is that of all files of the lab and of the library.
    """

    spec: LabSpec
    lesson: str
    tasks: dict[str, TaskText]
    starters: dict[Language, StarterText]
    hints: tuple[dict[str, str], ...]
    explanations: dict[str, dict[str, str]]
    digest: str

    @property
    def id(self) -> str:
        """The id, which is also the name of its folder in the release."""
        return self.spec.id

    def language_of(self, language: str) -> str:
        """Return the language in which a reader of ``language`` gets the task."""
        return language if language in self.tasks else CANONICAL_LANGUAGE

    def title(self, language: str) -> str:
        """Return the title in ``language``."""
        return self.spec.title.in_language(language)

    def task_html(self, language: str) -> SafeHtml:
        """Return the task as HTML."""
        return SafeHtml(self.tasks[self.language_of(language)].html)

    def task_toc(self, language: str) -> tuple[TocEntry, ...]:
        """Return the headings of the task."""
        return self.tasks[self.language_of(language)].toc

    def has_diagrams(self, language: str) -> bool:
        """Return whether the task needs Mermaid."""
        return self.tasks[self.language_of(language)].has_diagrams

    def hints_html(self, language: str) -> tuple[SafeHtml, ...]:
        """Return the hints, mildest first."""
        return tuple(_in_language(hint, language) for hint in self.hints)

    def explanation_html(self, misconception: str, language: str) -> SafeHtml:
        """Return what a student who made this mistake is told; "" if it is unknown."""
        return _in_language(self.explanations.get(misconception, {}), language)


class TermText(_Frozen):
    """A term in one language, all as HTML; ``name`` is the term as plain text."""

    name: str
    term: str
    aka: tuple[str, ...]
    text: str


class Term(_Frozen):
    """A term of the glossary; ``anchor`` is the section of ``lesson`` about it."""

    id: str
    lesson: str
    anchor: str
    texts: dict[str, TermText]

    def text(self, language: str) -> TermText:
        """Return the term in ``language``, in Russian where there is no other."""
        return self.texts.get(language) or self.texts[CANONICAL_LANGUAGE]


class TroubleText(_Frozen):
    """A trouble in one language, all as HTML."""

    title: str
    symptom: str
    cause: str
    cure: str


class Trouble(_Frozen):
    """An entry of the troubleshooting page; ``lesson`` is "" where none explains it."""

    id: str
    family: Family
    lesson: str
    anchor: str
    texts: dict[str, TroubleText]

    def text(self, language: str) -> TroubleText:
        """Return the entry in ``language``, in Russian where there is no other."""
        return self.texts.get(language) or self.texts[CANONICAL_LANGUAGE]


class CourseContent(_Frozen):
    """What is stored with a release: lessons by order, labs by id, the two pages."""

    lessons: tuple[Lesson, ...]
    labs: tuple[Lab, ...]
    glossary: tuple[Term, ...] = ()
    troubleshooting: tuple[Trouble, ...] = ()


class Catalogue:
    """The content of one release with quick ways to it."""

    def __init__(self, *, release_id: int, digest: str, content: CourseContent) -> None:
        self.release_id = release_id
        self.digest = digest
        self.lessons = content.lessons
        self.labs = content.labs
        self.glossary = content.glossary
        self.troubleshooting = content.troubleshooting

    def lesson(self, name: str) -> Lesson:
        """Return the lesson with this id or alias; raise UnknownItem."""
        try:
            return self._lessons[name]
        except KeyError:
            raise UnknownItem(f"there is no lesson {name!r}") from None

    def lab(self, name: str) -> Lab:
        """Return the lab with this id or alias; raise UnknownItem."""
        try:
            return self._labs[name]
        except KeyError:
            raise UnknownItem(f"there is no lab {name!r}") from None

    def labs_of(self, lesson: Lesson) -> tuple[Lab, ...]:
        """Return the labs of a lesson in its own order."""
        return tuple(self._labs[name] for name in lesson.labs)

    @cached_property
    def troubles(self) -> Mapping[str, Trouble]:
        """The entries of the troubleshooting page by id."""
        return {trouble.id: trouble for trouble in self.troubleshooting}

    @cached_property
    def prerequisites(self) -> Graph:
        """The prerequisites of each lesson, for :mod:`curriculum.graph`."""
        return {lesson.id: lesson.prerequisites for lesson in self.lessons}

    @cached_property
    def modules(self) -> Mapping[str, tuple[Lesson, ...]]:
        """The lessons of each module; modules in the order of their first lesson."""
        grouped: dict[str, tuple[Lesson, ...]] = {}
        for lesson in self.lessons:
            grouped[lesson.module] = (*grouped.get(lesson.module, ()), lesson)
        return grouped

    @cached_property
    def _lessons(self) -> Mapping[str, Lesson]:
        return {
            name: lesson
            for lesson in self.lessons
            for name in (lesson.id, *lesson.aliases)
        }

    @cached_property
    def _labs(self) -> Mapping[str, Lab]:
        return {name: lab for lab in self.labs for name in (lab.id, *lab.spec.aliases)}


def _in_language(texts: Mapping[str, str], language: str) -> SafeHtml:
    return SafeHtml(texts.get(language) or texts.get(CANONICAL_LANGUAGE, ""))
