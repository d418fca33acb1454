"""Markdown to sanitised HTML: the only way from an author's text to a page.

Raw HTML is shown as text, never passed on, and everything goes through
:mod:`curriculum.sanitiser` last. The result depends on text, language and versions
only, so it is made once, at import.
"""

import hashlib
import html as html_entities
import threading
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version
from typing import Any

from markdown import Markdown
from pydantic import BaseModel, ConfigDict
from pymdownx.slugs import slugify  # type: ignore[import-untyped]

from curriculum.fences import MERMAID, QUESTION, parse_header
from curriculum.figures import code_figure, diagram_figure
from curriculum.html_tree import CalloutProcessor, PageProcessor
from curriculum.labels import CANONICAL_LANGUAGE, LABELS
from curriculum.problems import Problems
from curriculum.questions import Question, question_html, read_question
from curriculum.sanitiser import sanitise

# Raised by hand when the HTML that the renderer writes changes its shape.
RENDERER_REVISION = 5


class TocEntry(BaseModel):
    """A heading of the second or third level; ``title`` is plain text."""

    model_config = ConfigDict(frozen=True)

    id: str
    title: str
    level: int
    children: tuple["TocEntry", ...] = ()


class SafeHtml(str):
    """HTML that came out of :func:`render`; templates print it without escaping."""

    __slots__ = ()

    def __html__(self) -> str:
        return self


class Form(StrEnum):
    """What a text is for: a page has headings and ids, a fragment has neither.

    A fragment (a hint, an explanation) may stand on a page many times.
    """

    PAGE = "page"
    FRAGMENT = "fragment"


@dataclass(frozen=True, slots=True)
class Image:
    """An image as the author wrote it."""

    source: str
    alt: str


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered text and what the checks ask about it.

    ``links`` and ``images`` are as written, before they were resolved; ``anchors`` are
    the ids of headings, ``figures`` the number of code blocks, diagrams and questions.
    """

    html: SafeHtml
    toc: tuple[TocEntry, ...] = ()
    anchors: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    images: tuple[Image, ...] = ()
    top_headings: int = 0
    figures: int = 0
    has_diagrams: bool = False
    unknown_callouts: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()


def renderer_version() -> str:
    """Return what a rendering depends on besides its text, in at most 20 characters."""
    parts = [
        f"{name} {version(name)}"
        for name in ("markdown", "pymdown-extensions", "pygments", "nh3")
    ]
    digest = hashlib.sha256("\n".join(parts).encode()).hexdigest()
    return f"{RENDERER_REVISION}-{digest[:12]}"


def render(
    text: str,
    *,
    language: str = CANONICAL_LANGUAGE,
    form: Form = Form.PAGE,
    resolve: Callable[[str], str] = str,
) -> Rendered:
    """Render ``text``; ``resolve`` maps each link and image as written to a URL."""
    renderers = _renderers()
    # Taken out while it works: an instance that failed half-way (too deep a list) keeps
    # a parser state that ruins every later text, so it is not put back.
    renderer = renderers.pop((language, form), None) or _Renderer(language, form)
    rendered = renderer.render(text, resolve)
    renderers[language, form] = renderer
    return rendered


class _Renderer:
    """One Markdown instance (100 ms to build) with the state of one text at a time."""

    def __init__(self, language: str, form: Form) -> None:
        labels = LABELS[language]
        self._language = language
        self._labels = labels
        self._form = form
        self._resolve: Callable[[str], str] = str
        # What fragments inside of questions had, to be checked with the page's own.
        self._links: list[str] = []
        self._images: list[Image] = []
        self._questions: list[Question] = []
        self._figures = 0
        self._has_diagrams = False
        extensions = [
            "attr_list",
            "sane_lists",
            "tables",
            "def_list",
            "pymdownx.superfences",
            "pymdownx.details",
            "pymdownx.quotes",
        ]
        if form is Form.PAGE:
            extensions += ["footnotes", "toc", "pymdownx.tabbed"]
        self._markdown = Markdown(
            output_format="html",
            extensions=extensions,
            extension_configs=self._settings(extensions),
        )
        # Without these two, "<" is a letter like any other.
        self._markdown.preprocessors.deregister("html_block")
        self._markdown.inlinePatterns.deregister("html")
        # Writes an address as entities, which hides it from the link check.
        self._markdown.inlinePatterns.deregister("automail")
        self._callouts = CalloutProcessor(self._markdown, labels)
        # Between "inline" (20) and "quotes" (19.99), which would make its own boxes.
        self._markdown.treeprocessors.register(self._callouts, "callouts", 19.995)
        self._page = PageProcessor(self._markdown, labels, with_ids=form is Form.PAGE)
        # After "toc" (5), which gives the headings their ids.
        self._markdown.treeprocessors.register(self._page, "page", 4)

    def render(self, text: str, resolve: Callable[[str], str]) -> Rendered:
        self._resolve = resolve
        self._links, self._images = [], []
        self._questions = []
        self._figures = 0
        self._has_diagrams = False
        self._callouts.begin()
        self._page.begin(resolve)
        try:
            html = sanitise(self._markdown.convert(text))
        finally:
            toc = _entries(getattr(self._markdown, "toc_tokens", []))
            self._markdown.reset()
        return Rendered(
            html=SafeHtml(html),
            toc=toc,
            anchors=tuple(self._page.anchors),
            links=(*self._page.links, *self._links),
            images=(*(Image(*image) for image in self._page.images), *self._images),
            top_headings=self._page.top_headings,
            figures=self._figures,
            has_diagrams=self._has_diagrams,
            unknown_callouts=tuple(self._callouts.unknown),
            questions=tuple(self._questions),
        )

    def _settings(self, extensions: list[str]) -> dict[str, dict[str, Any]]:
        settings: dict[str, dict[str, Any]] = {
            "tables": {"use_align_attribute": True},
            "footnotes": {
                "BACKLINK_TITLE": self._labels.footnote_back,
                "BACKLINK_TEXT": "↩",
            },
            "toc": {
                "slugify": slugify(case="lower"),
                "toc_depth": "2-3",
                "marker": "",
            },
            "pymdownx.tabbed": {"alternate_style": True},
            "pymdownx.quotes": {"callouts": True},
            "pymdownx.superfences": {
                "disable_indented_code_blocks": True,
                "custom_fences": [
                    {
                        "name": "*",
                        "class": "",
                        "format": self._figure,
                        "validator": _accept_all,
                    }
                ],
            },
        }
        return {name: settings[name] for name in extensions if name in settings}

    def _figure(
        self,
        source: str,
        language: str | None,
        class_name: str,
        options: dict[str, Any],
        md: Markdown,
        *,
        classes: list[str],
        **others: Any,
    ) -> str:
        self._figures += 1
        if language == MERMAID:
            self._has_diagrams = True
            return diagram_figure(source, self._labels)
        if language == QUESTION and self._form is Form.PAGE:
            # What is no question is shown as it is written; the checks report it.
            question = read_question(source, file="", first_line=1, problems=Problems())
            if question:
                return self._question(question)
        attributes = [f".{name}" for name in classes]
        attributes += [f'{key}="{value}"' for key, value in options.items()]
        header = parse_header(f"{language or ''} {{{' '.join(attributes)}}}")
        lab_address = ""
        if header.lab:
            # Among the links, so that a lab that is not there is reported as one.
            self._links.append(f"/labs/{header.lab}/")
            lab_address = self._resolve(f"/labs/{header.lab}/")
        return code_figure(source, header, self._labels, lab_address=lab_address)

    def _question(self, question: Question) -> str:
        self._questions.append(question)
        return question_html(
            question,
            number=len(self._questions),
            labels=self._labels,
            render=self._fragment,
        )

    def _fragment(self, text: str) -> str:
        rendered = render(
            text, language=self._language, form=Form.FRAGMENT, resolve=self._resolve
        )
        self._links += rendered.links
        self._images += rendered.images
        return rendered.html


def _accept_all(
    language: str,
    inputs: dict[str, Any],
    options: dict[str, Any],
    attributes: dict[str, Any],
    md: Markdown,
) -> bool:
    """Take every attribute: the loader reports those that mean nothing."""
    options.update(inputs)
    return True


def _entries(tokens: list[Any]) -> tuple[TocEntry, ...]:
    return tuple(
        TocEntry(
            id=token["id"],
            title=html_entities.unescape(token["name"]),
            level=token["level"],
            children=_entries(token["children"]),
        )
        for token in tokens
    )


# A Markdown instance keeps the state of the text in hand: each thread has its own.
_instances = threading.local()


def _renderers() -> dict[tuple[str, Form], _Renderer]:
    known: dict[tuple[str, Form], _Renderer] = _instances.__dict__.setdefault(
        "renderers", {}
    )
    return known
