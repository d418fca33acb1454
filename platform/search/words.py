"""Words of a text and their stems: what a query and a document are compared by.

Both databases get finished stems, so that a laptop and a server find the same: the
dictionaries of Postgres fold neither ``ё`` nor mixed texts as SQLite could follow.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import snowballstemmer

# Longer runs of letters are keys and digests in code, which nobody types.
_LONGEST = 48
_WORD = re.compile(r"[^\W_]+")
_CYRILLIC = re.compile("[а-я]")
# Words that say nothing of a subject. They are left out of a query that has others;
# texts keep them. `as`, `is`, `not`, `or` and the like are words of SQL, which people
# do look for: alone they are found.
STOP_WORDS = frozenset(
    "а без бы был была были было быть в вам вас во вот все всё вы где да даже для до "
    "его ее если есть еще же за и из или им их к как какая какие какой когда которая "
    "которые который кто ли мне мы на над надо не него нет ни но ну о об он она они "
    "оно от по под при про с со так там то того тоже только том тут ты у уже чего чем "
    "через что чтобы эта эти это этот я "
    "a about an and are as at be been but by can do does for from has have how i if in "
    "into is it its me my no not of on or our so that the their then there these they "
    "this to was we what when where which who why will with you your".replace(
        "ё", "е"
    ).split()
)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a text: its folded letters and where it stands."""

    text: str
    start: int
    end: int


def words_of(text: str) -> Iterator[Word]:
    """Give the words of ``text``; letters are folded, ``ё`` is ``е``."""
    for found in _WORD.finditer(text):
        folded = _fold(found.group())
        if folded and len(folded) <= _LONGEST:
            yield Word(folded, found.start(), found.end())


@lru_cache(maxsize=65_536)
def stem(word: str) -> str:
    """Return the stem of a folded word, by its letters Russian or English."""
    # A stemmer keeps the word it is at, so threads take turns.
    with _STEMMING:
        name = "russian" if _CYRILLIC.search(word) else "english"
        return str(_STEMMERS[name].stemWord(word)) or word


def query_words(text: str, *, at_most: int) -> tuple[str, ...]:
    """Return the words of a query, each once, without those that say nothing."""
    words = tuple(dict.fromkeys(word.text for word in words_of(text)))
    telling = tuple(word for word in words if word not in STOP_WORDS)
    return (telling or words)[:at_most]


@lru_cache(maxsize=65_536)
def _fold(word: str) -> str:
    folded = unicodedata.normalize("NFKC", word).casefold().replace("ё", "е")
    # NFKC writes some signs as several, with marks between them.
    return "".join(_WORD.findall(folded))


_STEMMING = threading.Lock()
_STEMMERS = {name: snowballstemmer.stemmer(name) for name in ("russian", "english")}
