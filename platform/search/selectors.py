"""Asking the index: what a person may see, ranked, with marked fragments."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from django.db.models import Q, QuerySet

from progress.access import CourseMap
from search.full_text import Wanted, has_all
from search.models import Document, Kind
from search.words import query_words, stem, words_of

LONGEST_QUERY = 200
MOST_WORDS = 12
PAGE_SIZE = 20
SUGGESTIONS = 8
# Of several thousand texts nobody reads more; the best of them stay the best.
MOST_HITS = 2_000
_FRAGMENT = 240
_KINDS = {kind.value: number for number, kind in enumerate(Kind)}


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a text, plain; ``is_hit`` where it is a word that was looked for."""

    text: str
    is_hit: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A found place; ``above`` is the title of the lesson it belongs to, or ""."""

    kind: Kind
    language: str
    item: str
    anchor: str
    title: tuple[Piece, ...]
    above: str
    fragment: tuple[Piece, ...]
    is_locked: bool

    @property
    def name(self) -> str:
        """The title as one text."""
        return "".join(piece.text for piece in self.title)


@dataclass(frozen=True, slots=True)
class Found:
    """One page of hits; ``total`` counts those of all pages."""

    hits: tuple[Hit, ...]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE_SIZE))


def find(*, course: CourseMap, language: str, text: str, page: int = 1) -> Found:
    """Return page ``page`` (from 1) of what ``text`` finds, own language first.

    A text must have all words in some form. Two queries; none where ``text`` has no
    word. A page past the end is the last one.
    """
    stems = _stems(query_words(text, at_most=MOST_WORDS))
    if not stems:
        return Found((), 0, 1)
    ranked = _ranked(
        _visible(course).filter(has_all("stems", [Wanted(name) for name in stems])),
        stems,
        language,
    )
    total = len(ranked)
    page = min(max(page, 1), max(1, -(-total // PAGE_SIZE)))
    keys = ranked[(page - 1) * PAGE_SIZE : page * PAGE_SIZE]
    return Found(_hits(course, keys, frozenset(stems)), total, page)


def suggest(*, course: CourseMap, language: str, text: str) -> tuple[Hit, ...]:
    """Return places by their titles; the last word of ``text`` may be unfinished."""
    words = tuple(dict.fromkeys(word.text for word in words_of(text)))[:MOST_WORDS]
    if not words:
        return ()
    *whole, last = words
    wanted = [Wanted(stem(word)) for word in whole]
    # After a space the last word is finished too, but a longer one may be meant.
    wanted.append(Wanted(stem(last), prefix=last))
    ranked = _ranked(
        _visible(course).filter(has_all("names", wanted)), _stems(words), language
    )
    return _hits(course, ranked[:SUGGESTIONS], frozenset(_stems(whole)), last)


def pieces(text: str, stems: frozenset[str], prefix: str = "") -> tuple[Piece, ...]:
    """Cut ``text`` at the words that have one of ``stems`` or begin with ``prefix``."""
    found, done = [], 0
    for word in words_of(text):
        is_begun = bool(prefix) and word.text.startswith(prefix)
        if is_begun or stem(word.text) in stems:
            if word.start > done:
                found.append(Piece(text[done : word.start]))
            found.append(Piece(text[word.start : word.end], is_hit=True))
            done = word.end
    if done < len(text):
        found.append(Piece(text[done:]))
    return tuple(found)


def fragment(text: str, stems: frozenset[str]) -> tuple[Piece, ...]:
    """Return the stretch of ``text`` with the most different words, hits marked."""
    places = [
        (word, name) for word in words_of(text) if (name := stem(word.text)) in stems
    ]
    best, start = 0, 0
    for number, (word, _name) in enumerate(places):
        near = {
            name
            for other, name in islice(places, number, number + 40)
            if other.end - word.start <= _FRAGMENT * 3 // 4
        }
        if len(near) > best:
            best, start = len(near), max(0, word.start - _FRAGMENT // 4)
    start = text.rfind(" ", 0, start) + 1 if start else 0
    end = start + _FRAGMENT
    if end < len(text):
        end = max(text.rfind(" ", start, end), start + _FRAGMENT // 2)
    shown = pieces(text[start:end].strip(), stems)
    before = (Piece("… "),) if start else ()
    after = (Piece(" …"),) if end < len(text) else ()
    return (*before, *shown, *after)


def _stems(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(stem(word) for word in words))


def _visible(course: CourseMap) -> QuerySet[Document]:
    """The texts that the person may see at all: before ranking, before fragments."""
    return Document.objects.filter(
        Q(lesson="") | Q(is_public=True) | Q(lesson__in=sorted(course.readable)),
        release_id=course.catalogue.release_id,
    )


def _ranked(
    documents: QuerySet[Document], stems: Sequence[str], language: str
) -> list[int]:
    """Return the keys of the best text of each place, best first."""
    rows = documents.order_by("position").values_list(
        "pk",
        "kind",
        "language",
        "item",
        "anchor",
        "position",
        "title_stems",
        "key_stems",
    )[:MOST_HITS]
    ordered = []
    for pk, kind, written, item, anchor, position, title, keys in rows:
        named, often = title.split(), keys.split()
        # A title made of the words alone stands above one that has others too.
        score = sum(2 * (name in named) + (name in often) for name in stems)
        rank = (
            written != language,
            -score,
            len(named) if score else 0,
            _KINDS[kind],
            position,
        )
        ordered.append((rank, pk, (kind, item, anchor)))
    ordered.sort()
    best: dict[tuple[str, str, str], int] = {}
    for _rank, pk, place in ordered:
        best.setdefault(place, pk)
    return list(best.values())


def _hits(
    course: CourseMap, keys: Sequence[int], stems: frozenset[str], prefix: str = ""
) -> tuple[Hit, ...]:
    rows = Document.objects.defer("stems", "names").in_bulk(keys)
    readable = course.readable
    return tuple(
        Hit(
            kind=Kind(row.kind),
            language=row.language,
            item=row.item,
            anchor=row.anchor,
            title=pieces(row.title, stems, prefix),
            above=row.above,
            fragment=fragment(row.body, stems),
            is_locked=bool(row.lesson) and row.lesson not in readable,
        )
        for row in (rows[key] for key in keys if key in rows)
    )
