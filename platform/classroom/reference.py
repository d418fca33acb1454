"""Glossary and troubleshooting as a reader of one language sees them."""

import re
from dataclasses import dataclass
from urllib.parse import quote, unquote

from django.urls import reverse

from classroom import wording
from classroom.wording import Words
from curriculum.catalogue import Catalogue, Term
from curriculum.markdown import SafeHtml
from curriculum.specs import Family

_TERM_LINK = re.compile(r'href="/glossary/#([^"]+)"')


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Where a lesson explains an entry."""

    url: str
    lesson: str


@dataclass(frozen=True, slots=True)
class TermView:
    id: str
    term: SafeHtml
    aka: tuple[SafeHtml, ...]
    text: SafeHtml
    paragraph: Paragraph | None


@dataclass(frozen=True, slots=True)
class TroubleView:
    id: str
    title: SafeHtml
    symptom: SafeHtml
    cause: SafeHtml
    cure: SafeHtml
    paragraph: Paragraph | None


@dataclass(frozen=True, slots=True)
class Group[Entry]:
    """The entries below one heading; ``id`` is the heading's anchor."""

    id: str
    title: Words
    entries: tuple[Entry, ...]


def glossary(catalogue: Catalogue, language: str) -> tuple[Group[TermView], ...]:
    """Return the terms by their first letter."""
    lettered: dict[str, list[TermView]] = {}
    for term in sorted(
        catalogue.glossary, key=lambda item: _order(item.text(language).name)
    ):
        text = term.text(language)
        lettered.setdefault(_letter(text.name), []).append(
            _term(catalogue, term, language)
        )
    return tuple(
        Group(f"letter-{letter}", letter, tuple(terms))
        for letter, terms in lettered.items()
    )


def terms_in(html: str, catalogue: Catalogue, language: str) -> tuple[TermView, ...]:
    """Return the terms that a text links to, in the order of the glossary."""
    linked = {unquote(anchor) for anchor in _TERM_LINK.findall(html)}
    return tuple(
        _term(catalogue, term, language)
        for term in catalogue.glossary
        if term.id in linked
    )


def troubleshooting(
    catalogue: Catalogue, language: str
) -> tuple[Group[TroubleView], ...]:
    """Return the troubles by family, in the order in which families are declared."""
    by_family: dict[Family, list[TroubleView]] = {family: [] for family in Family}
    for trouble in catalogue.troubleshooting:
        text = trouble.text(language)
        by_family[trouble.family].append(
            TroubleView(
                id=trouble.id,
                title=SafeHtml(text.title),
                symptom=SafeHtml(text.symptom),
                cause=SafeHtml(text.cause),
                cure=SafeHtml(text.cure),
                paragraph=_paragraph(
                    catalogue, trouble.lesson, trouble.anchor, language
                ),
            )
        )
    return tuple(
        Group(f"family-{family}", wording.FAMILIES[family], tuple(entries))
        for family, entries in by_family.items()
        if entries
    )


def _term(catalogue: Catalogue, term: Term, language: str) -> TermView:
    text = term.text(language)
    return TermView(
        id=term.id,
        term=SafeHtml(text.term),
        aka=tuple(SafeHtml(name) for name in text.aka),
        text=SafeHtml(text.text),
        paragraph=_paragraph(catalogue, term.lesson, term.anchor, language),
    )


def _paragraph(
    catalogue: Catalogue, lesson: str, anchor: str, language: str
) -> Paragraph | None:
    if not lesson:
        return None
    url = f"{reverse('classroom:lesson', args=[lesson])}#{quote(anchor)}"
    return Paragraph(url, catalogue.lesson(lesson).title(language))


def _order(name: str) -> tuple[str, str]:
    """Order by letters alone: ``-U`` and ``json.…`` stand where a reader looks."""
    return "".join(sign for sign in name.casefold() if sign.isalnum()), name


def _letter(name: str) -> str:
    return next((sign.upper() for sign in name if sign.isalnum()), "#")
