"""Making the index of the release that pages show."""

from collections import Counter

from django.db import transaction

from curriculum.catalogue import Catalogue
from curriculum.models import Release
from curriculum.releases import active_catalogue
from search import full_text
from search.documents import Text, documents_of
from search.models import Document
from search.words import STOP_WORDS, stem, words_of

# Part of each row's edition: a change of what is indexed, or how, needs a new number.
VERSION = 1
# A body speaks of a stem that it has so often; the few most frequent ones count.
_OFTEN, _KEYS = 3, 8


def bring_index_up_to_date() -> bool:
    """Index the shown release unless it is; return whether there was work to do.

    All or nothing. Without an active release nothing is kept.
    """
    shown = Release.objects.active().values_list("digest", "renderer").first()
    edition = f"{shown[0]}.{shown[1]}.{VERSION}" if shown else ""
    kept = set(Document.objects.values_list("edition", flat=True).distinct())
    if kept == ({edition} if shown else set()):
        return False
    with transaction.atomic():
        Document.objects.all().delete()
        rows = _rows(active_catalogue(), edition) if shown else []
        stored = Document.objects.bulk_create(rows)
        full_text.store([(row.pk, row.stems, row.names) for row in stored])
    return True


def _rows(catalogue: Catalogue, edition: str) -> list[Document]:
    return [
        _row(text, position, catalogue.release_id, edition)
        for position, text in enumerate(documents_of(catalogue))
    ]


def _row(text: Text, position: int, release_id: int, edition: str) -> Document:
    named = [word.text for word in words_of(text.title)]
    title_stems = dict.fromkeys(stem(word) for word in named)
    told = [word.text for word in words_of(text.body)]
    counted = Counter(stem(word) for word in told if word not in STOP_WORDS)
    said = dict.fromkeys(stem(word) for word in told)
    # Equally frequent ones by the letter, so that each import gives the same.
    often = sorted(counted.items(), key=lambda item: (-item[1], item[0]))[:_KEYS]
    return Document(
        release_id=release_id,
        edition=edition,
        kind=text.kind,
        language=text.language,
        item=text.item,
        lesson=text.lesson,
        anchor=text.anchor,
        is_public=text.is_public,
        position=position,
        title=text.title,
        above=text.above,
        body=text.body,
        stems=" ".join(title_stems | said),
        names=" ".join(dict.fromkeys(named) | title_stems),
        title_stems=" ".join(title_stems),
        key_stems=" ".join(name for name, count in often if count >= _OFTEN),
    )
