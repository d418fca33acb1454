"""The texts of a release as they are indexed: pure, from the catalogue."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from html.parser import HTMLParser

from curriculum.catalogue import Catalogue, Lab, Lesson
from search.models import Kind

_HEADINGS = frozenset({"h2", "h3"})
_VOID = frozenset({"br", "col", "hr", "img", "input", "wbr"})
_INLINE = frozenset({"a", "abbr", "b", "code", "em", "i", "kbd", "mark", "span"}) | {
    "strong",
    "sub",
    "sup",
}
# What is read by eye only, and questions: a fragment would show an answer, right or
# wrong, without the word that judges it.
_SKIPPED = frozenset({"code-badge", "heading-anchor", "mermaid", "question"})
_SPACE = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Text:
    """A text with its place; ``lesson`` is "" where no lesson's lock is on it.

    ``is_public`` texts hold a title and a description, which locked items show too.
    """

    kind: Kind
    language: str
    item: str
    title: str
    body: str
    lesson: str = ""
    above: str = ""
    anchor: str = ""
    is_public: bool = False


def documents_of(catalogue: Catalogue) -> Iterator[Text]:
    """Give every text of the course in each language it is written in."""
    for lesson in catalogue.lessons:
        for language in lesson.texts:
            yield from _lesson(lesson, language)
    for term in catalogue.glossary:
        for language, words in term.texts.items():
            names = ", ".join(plain(name) for name in words.aka)
            body = f"{names}. {plain(words.text)}" if names else plain(words.text)
            yield Text(Kind.TERM, language, term.id, words.name, body, anchor=term.id)
    for trouble in catalogue.troubleshooting:
        for language, told in trouble.texts.items():
            parts = (told.symptom, told.cause, told.cure)
            yield Text(
                Kind.TROUBLE,
                language,
                trouble.id,
                plain(told.title),
                " ".join(plain(part) for part in parts),
                anchor=trouble.id,
            )
    for lab in catalogue.labs:
        for language in lab.tasks:
            yield from _lab(lab, catalogue.lesson(lab.lesson), language)


def plain(html: str) -> str:
    """Return the text of a short piece of HTML."""
    return " ".join(section.body for section in sections(html)).strip()


@dataclass(frozen=True, slots=True)
class Section:
    anchor: str
    title: str
    body: str


def sections(html: str) -> tuple[Section, ...]:
    """Return the text before the first heading, and that below each heading."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    return tuple(
        Section(part.anchor, _joined(part.title), _joined(part.body))
        for part in reader.parts
    )


def _lesson(lesson: Lesson, language: str) -> Iterator[Text]:
    text = lesson.texts[language]
    first, *others = sections(text.html)
    public = Text(
        Kind.LESSON,
        language,
        lesson.id,
        text.title,
        text.description,
        lesson=lesson.id,
        is_public=True,
    )
    body = f"{text.description} {first.body}".strip()
    yield replace(public, body=body, is_public=False)
    yield public
    for section in others:
        yield Text(
            Kind.SECTION,
            language,
            lesson.id,
            section.title,
            section.body,
            lesson=lesson.id,
            above=text.title,
            anchor=section.anchor,
        )


def _lab(lab: Lab, lesson: Lesson, language: str) -> Iterator[Text]:
    # One text for a task: it is one column of a page, and its headings are named by
    # their words, so that they differ between the languages.
    body = " ".join(
        f"{section.title} {section.body}".strip()
        for section in sections(lab.tasks[language].html)
    )
    public = Text(
        Kind.LAB,
        language,
        lab.id,
        lab.title(language),
        "",
        lesson=lab.lesson,
        above=lesson.title(language),
        is_public=True,
    )
    yield replace(public, body=body.strip(), is_public=False)
    yield public


@dataclass(slots=True)
class _Part:
    anchor: str = ""
    title: list[str] = field(default_factory=list)
    body: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects the text of each section; blocks are set apart by a space."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts = [_Part()]
        self._skipping = 0
        self._in_heading = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _VOID:
            return
        given = dict(attrs)
        if self._skipping or _SKIPPED & set((given.get("class") or "").split()):
            self._skipping += 1
            return
        if tag in _HEADINGS and given.get("id"):
            self.parts.append(_Part(given["id"] or ""))
            self._in_heading = True
        self._break(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _VOID:
            return
        if self._skipping:
            self._skipping -= 1
            return
        if tag in _HEADINGS:
            self._in_heading = False
        self._break(tag)

    def handle_data(self, data: str) -> None:
        if not self._skipping:
            part = self.parts[-1]
            (part.title if self._in_heading else part.body).append(data)

    def _break(self, tag: str) -> None:
        if tag not in _INLINE:
            self.handle_data(" ")


def _joined(pieces: list[str]) -> str:
    return _SPACE.sub(" ", "".join(pieces)).strip()
