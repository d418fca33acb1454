"""The pages beside the lessons: the glossary and the catalogue of troubles.

``lessons/_shared/<page>.<language>.yaml`` is a list of entries. Their ids are the same
in both languages, are the anchors of the page, and for troubles the codes of
grading's messages. The texts are short Markdown.
"""

from collections.abc import Iterator, Mapping, Sequence

from curriculum.catalogue import Term, TermText, Trouble, TroubleText
from curriculum.course import EntryDraft, PageDraft
from curriculum.labels import CANONICAL_LANGUAGE, LANGUAGES
from curriculum.links import CourseLinks
from curriculum.markdown import Form, Rendered, render
from curriculum.problems import Problems, Rule
from curriculum.specs import TermSpec, TroubleSpec
from curriculum.tree import Tree, text_of
from curriculum.yaml_source import read_yaml_list, validate

FOLDER = "lessons/_shared"
SPECS: Mapping[str, type[TermSpec] | type[TroubleSpec]] = {
    "glossary": TermSpec,
    "troubleshooting": TroubleSpec,
}
# What an entry says in its own language; the rest is the same in both.
_TRANSLATED = frozenset({"term", "aka", "text", "title", "symptom", "cause", "cure"})


def read_pages(tree: Tree, problems: Problems) -> tuple[PageDraft, ...]:
    """Read both pages; a page without a file has no entries."""
    pages = tuple(PageDraft(name) for name in SPECS)
    known = {page.file(language) for page in pages for language in LANGUAGES}
    for path in tree.under(FOLDER):
        if path not in known:
            problems.error(
                path,
                0,
                Rule.UNEXPECTED_FILE,
                "no page is made from this file",
                "Known here: " + ", ".join(sorted(known)) + ".",
            )
    for page in pages:
        for language in LANGUAGES:
            text = text_of(tree, page.file(language), problems)
            if text is not None:
                _read_entries(page, language, text, problems)
    return pages


def render_pages(
    pages: Sequence[PageDraft], links: CourseLinks, problems: Problems
) -> None:
    """Render every text of the entries, as fragments."""
    resolve = links.resolver(FOLDER)
    for _page, language, entry in _entries(pages):
        for key in sorted(_TRANSLATED & entry.spec.model_fields_set):
            value = getattr(entry.spec, key)
            texts = (value,) if isinstance(value, str) else value
            try:
                entry.rendered[key] = tuple(
                    render(text, language=language, form=Form.FRAGMENT, resolve=resolve)
                    for text in texts
                )
            except RecursionError:
                problems.error(
                    entry.source.file,
                    entry.source.line(key),
                    Rule.NESTED_TOO_DEEP,
                    f"{entry.spec.id}: lists or quotes are nested too deep",
                    "Flatten them.",
                )


def check_pages(
    pages: Sequence[PageDraft], links: CourseLinks, problems: Problems
) -> None:
    """Report links that lead nowhere, and languages that differ in their entries."""
    for page, language, entry in _entries(pages):
        if entry.spec.lesson:
            lesson, anchor = entry.spec.lesson.split("#")
            links.check_link(
                f"/lessons/{lesson}/#{anchor}",
                folder=FOLDER,
                own_anchors=(),
                language=language,
                place=(entry.source.file, entry.source.line("lesson")),
                problems=problems,
            )
        for key, texts in entry.rendered.items():
            _check_texts(page, language, entry, key, texts, links, problems)
    for page in pages:
        _check_languages(page, problems)


def publish_glossary(
    pages: Sequence[PageDraft], lesson_ids: Mapping[str, str]
) -> tuple[Term, ...]:
    """Return the terms; ``lesson_ids`` maps ids and aliases of lessons to ids."""
    terms = []
    for texts in _by_language(pages, "glossary"):
        spec = texts[CANONICAL_LANGUAGE].spec
        if isinstance(spec, TermSpec):
            lesson, anchor = _paragraph(spec.lesson, lesson_ids)
            terms.append(
                Term(
                    id=spec.id,
                    lesson=lesson,
                    anchor=anchor,
                    texts={name: _term_text(entry) for name, entry in texts.items()},
                )
            )
    return tuple(terms)


def publish_troubleshooting(
    pages: Sequence[PageDraft], lesson_ids: Mapping[str, str]
) -> tuple[Trouble, ...]:
    """Return the troubles; ``lesson_ids`` maps ids and aliases of lessons to ids."""
    troubles = []
    for texts in _by_language(pages, "troubleshooting"):
        spec = texts[CANONICAL_LANGUAGE].spec
        if isinstance(spec, TroubleSpec):
            lesson, anchor = _paragraph(spec.lesson, lesson_ids)
            troubles.append(
                Trouble(
                    id=spec.id,
                    family=spec.family,
                    lesson=lesson,
                    anchor=anchor,
                    texts={name: _trouble_text(entry) for name, entry in texts.items()},
                )
            )
    return tuple(troubles)


def _read_entries(
    page: PageDraft, language: str, text: str, problems: Problems
) -> None:
    entries = page.entries.setdefault(language, {})
    file = page.file(language)
    for source in read_yaml_list(text, file=file, problems=problems):
        spec = validate(SPECS[page.name], source, problems)
        if spec is None:
            continue
        if spec.id in entries:
            problems.error(
                file,
                source.line("id"),
                Rule.DUPLICATE_ID,
                f"the entry {spec.id!r} is here twice",
                "Keep one of them, or give it an id of its own.",
            )
            continue
        entries[spec.id] = EntryDraft(source, spec)


def _entries(
    pages: Sequence[PageDraft],
) -> Iterator[tuple[PageDraft, str, EntryDraft]]:
    for page in pages:
        for language, entries in page.entries.items():
            for entry in entries.values():
                yield page, language, entry


def _check_texts(
    page: PageDraft,
    language: str,
    entry: EntryDraft,
    key: str,
    texts: Sequence[Rendered],
    links: CourseLinks,
    problems: Problems,
) -> None:
    place = (entry.source.file, entry.source.line(key))
    for text in texts:
        for written in text.links:
            links.check_link(
                written,
                folder=FOLDER,
                own_anchors=page.anchors(),
                language=language,
                place=place,
                problems=problems,
            )
        for image in text.images:
            problems.error(
                *place,
                Rule.DEAD_IMAGE,
                f"{entry.spec.id}: the page has no images, this names {image.source!r}",
                "Link the section of a lesson that shows it.",
            )


def _check_languages(page: PageDraft, problems: Problems) -> None:
    """Report entries that only one language has, and what differs besides words."""
    canonical = page.entries.get(CANONICAL_LANGUAGE)
    for language in LANGUAGES:
        if language == CANONICAL_LANGUAGE:
            continue
        other = page.entries.get(language)
        if canonical is None and other is not None:
            problems.error(
                page.file(CANONICAL_LANGUAGE),
                0,
                Rule.MISSING_FILE,
                f"{page.file(language)} translates a file that is not there",
                "Write the Russian one, which is the original.",
            )
        if canonical is None:
            continue
        if other is None:
            problems.warning(
                page.file(language),
                0,
                Rule.MISSING_TRANSLATION,
                f"the page has no text in {language!r}; readers get the Russian one",
                f"Add {page.file(language)}.",
            )
            continue
        _compare(canonical, other, page.file(language), problems)
        _compare(other, canonical, page.file(CANONICAL_LANGUAGE), problems)


def _compare(
    entries: Mapping[str, EntryDraft],
    others: Mapping[str, EntryDraft],
    other_file: str,
    problems: Problems,
) -> None:
    for name, entry in entries.items():
        source, spec = entry.source, entry.spec
        if name not in others:
            problems.error(
                source.file,
                source.line("id"),
                Rule.TRANSLATION_DIFFERS,
                f"the entry {name!r} is not in {other_file}",
                "Add it there; both languages have the same entries.",
            )
            continue
        for key in type(spec).model_fields.keys() - _TRANSLATED:
            if getattr(spec, key) != getattr(others[name].spec, key):
                problems.error(
                    source.file,
                    source.line(key),
                    Rule.TRANSLATION_DIFFERS,
                    f"{name}: {key} differs from that of {other_file}",
                    "Only the texts are translated.",
                )


def _by_language(
    pages: Sequence[PageDraft], name: str
) -> Iterator[dict[str, EntryDraft]]:
    """Give each entry of the page ``name`` by language, in the canonical order."""
    for page in pages:
        if page.name == name:
            for entry_id in page.anchors():
                yield {
                    language: entries[entry_id]
                    for language, entries in page.entries.items()
                }


def _paragraph(written: str | None, lesson_ids: Mapping[str, str]) -> tuple[str, str]:
    if written is None:
        return "", ""
    lesson, anchor = written.split("#")
    return lesson_ids[lesson], anchor


def _term_text(entry: EntryDraft) -> TermText:
    spec = entry.spec
    if not isinstance(spec, TermSpec):
        raise TypeError(f"{spec.id} is no term")
    return TermText(
        name=spec.term.replace("`", ""),
        term=_inline(entry.rendered["term"][0]),
        aka=tuple(_inline(other) for other in entry.rendered.get("aka", ())),
        text=entry.rendered["text"][0].html,
    )


def _trouble_text(entry: EntryDraft) -> TroubleText:
    return TroubleText(
        title=_inline(entry.rendered["title"][0]),
        symptom=entry.rendered["symptom"][0].html,
        cause=entry.rendered["cause"][0].html,
        cure=entry.rendered["cure"][0].html,
    )


def _inline(rendered: Rendered) -> str:
    """Return a text of one line without its paragraph, to stand in a heading."""
    return rendered.html.strip().removeprefix("<p>").removesuffix("</p>")
