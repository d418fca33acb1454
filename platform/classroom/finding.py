"""What the search found as pages show it: with a word for its kind and a link."""

from dataclasses import dataclass
from urllib.parse import quote

from django.urls import reverse
from django.utils.functional import Promise

from search.models import Kind
from search.selectors import Hit

# The URL of a kind's page; a term and a trouble are parts of one page.
_PAGES = {
    Kind.LESSON: "classroom:lesson",
    Kind.SECTION: "classroom:lesson",
    Kind.LAB: "classroom:lab",
    Kind.TERM: "classroom:glossary",
    Kind.TROUBLE: "classroom:troubleshooting",
}


@dataclass(frozen=True, slots=True)
class HitView:
    """A hit with its address; ``kind`` is the word for what it is."""

    hit: Hit
    url: str
    kind: str | Promise


def views_of(hits: tuple[Hit, ...]) -> tuple[HitView, ...]:
    """Return ``hits`` as rows of a list."""
    return tuple(HitView(hit, _url(hit), hit.kind.label) for hit in hits)


def _url(hit: Hit) -> str:
    page = _PAGES[hit.kind]
    is_shared = hit.kind in {Kind.TERM, Kind.TROUBLE}
    url = reverse(page, args=[] if is_shared else [hit.item])
    return f"{url}#{quote(hit.anchor)}" if hit.anchor else url
