"""Make a stream smaller while a mistake still shows: delta debugging over lives.

An event of a database row makes sense only behind the ones before it, so events are
not dropped one by one. A *life* is a row from its first event (``r`` or ``c``) to its
deletion, in *steps*: an event with the tombstone behind it. A whole life may go; of
the last life that is left of a row the end may go. So whatever is left could have come
from a database. Events without an envelope (damaged messages, topics without CDC) are
lives of their own. The closing stage stays as it is.

Pure: the caller says whether a set of events shows the mistake, and may stop the
search by raising; what was found until then stands in ``Search.kept``.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from grading.report import operation_of
from lab_protocol.messages import Event, Stage

_FIRST = ("r", "c")
_FURTHER = ("u", "d")

# How many steps are left of each life, by the life's number.
type Cut = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Life:
    """Steps of event numbers in their order; lives of one row share ``row``."""

    row: int
    steps: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class History:
    """A stream as lives, and the events that always stay."""

    lives: tuple[Life, ...]
    fixed: frozenset[int] = frozenset()

    @property
    def whole(self) -> Cut:
        """Return the cut that leaves everything."""
        return tuple(len(life.steps) for life in self.lives)

    def events(self, cut: Cut) -> frozenset[int]:
        """Return the numbers of the events that ``cut`` leaves, fixed ones too."""
        return self.fixed | self.movable(cut)

    def movable(self, cut: Cut) -> frozenset[int]:
        """Return the numbers of the events that ``cut`` leaves, without fixed ones."""
        return frozenset(
            number
            for life, length in zip(self.lives, cut, strict=True)
            for step in life.steps[:length]
            for number in step
        )

    def cut_with(self, events: Iterable[int]) -> Cut:
        """Return the smallest cut that leaves ``events`` and what they rest on."""
        wanted = set(events)
        cut = []
        for life in self.lives:
            places = [n for n, step in enumerate(life.steps, 1) if wanted & set(step)]
            cut.append(max(places, default=0))
        is_later: set[int] = set()
        for number in reversed(range(len(cut))):
            life = self.lives[number]
            if cut[number] and life.row in is_later:
                cut[number] = len(life.steps)
            if cut[number]:
                is_later.add(life.row)
        return tuple(cut)

    def shortenable(self, cut: Cut) -> list[int]:
        """Return the lives of which the end may go: the last one left of each row."""
        last: dict[int, int] = {}
        for number, length in enumerate(cut):
            if length:
                last[self.lives[number].row] = number
        return [number for number in last.values() if cut[number] > 1]


def read_history(stages: Sequence[Stage], *, keeps_last: bool) -> History:
    """Return the lives of a stream; ``keeps_last``: its last stage is the closing one.

    A deletion sent once more after a restart of the connector belongs to the life that
    it ended already.
    """
    lives: list[list[list[int]]] = []
    rows: list[int] = []
    row_of: dict[tuple[str, bytes], int] = {}
    current: dict[int, int] = {}
    fixed: set[int] = set()
    for number, (event, stays) in enumerate(_numbered(stages, keeps_last)):
        if stays:
            fixed.add(number)
            continue
        operation = operation_of(event.value)
        row = -1
        if event.key is not None and (
            event.value is None or operation in _FIRST + _FURTHER
        ):
            row = row_of.setdefault((event.topic, event.key), len(row_of))
        life = current.get(row)
        if life is None or operation in _FIRST:
            if row >= 0:
                current[row] = len(lives)
            # Negative numbers: nothing else belongs to the row of a lone event.
            rows.append(row if row >= 0 else -1 - number)
            lives.append([[number]])
        elif event.value is None:
            lives[life][-1].append(number)
        else:
            lives[life].append([number])
    return History(
        lives=tuple(
            Life(row, tuple(tuple(step) for step in life))
            for row, life in zip(rows, lives, strict=True)
        ),
        fixed=frozenset(fixed),
    )


@dataclass(slots=True)
class Search:
    """The search for a cut that shows the mistake and of which no part may go.

    ``kept`` is the smallest that was seen to show it, ``refuted`` the digests of sets
    that did not; both let a search go on later. ``shows`` is asked at most once of a
    set of events.
    """

    history: History
    shows: Callable[[frozenset[int]], bool]
    kept: Cut
    refuted: set[str] = field(default_factory=set)

    def run(self, hints: Iterable[Iterable[int]] = ()) -> None:
        """Shrink until no life and no end of a life may go.

        ``hints`` are sets of events that may be enough; they are tried first.
        """
        for hint in hints:
            if self._holds(self.history.cut_with(hint)):
                break
        while True:
            before = self.kept
            self._drop_lives()
            self._shorten()
            if self.kept == before:
                return

    def _drop_lives(self) -> None:
        """Leave out chunks of lives, ever smaller ones; halves are tried alone too."""
        parts = 2
        while alive := [n for n, length in enumerate(self.kept) if length]:
            parts = min(parts, len(alive))
            if any(
                self._holds(self._without(chunk)) for chunk in _chunks(alive, parts)
            ):
                parts = max(parts - 1, 2)
            elif parts == len(alive):
                return
            else:
                parts *= 2

    def _shorten(self) -> None:
        for number in self.history.shortenable(self.kept):
            step = self.kept[number] // 2
            while step:
                left = self.kept[number] - step
                if self._holds((*self.kept[:number], left, *self.kept[number + 1 :])):
                    step = min(step, left - 1)
                else:
                    step //= 2

    def _without(self, lives: Iterable[int]) -> Cut:
        gone = set(lives)
        return tuple(
            0 if number in gone else length for number, length in enumerate(self.kept)
        )

    def _holds(self, cut: Cut) -> bool:
        """Keep ``cut`` if it is a smaller one that shows the mistake."""
        is_part = all(
            length <= most for length, most in zip(cut, self.kept, strict=True)
        )
        if not is_part or cut == self.kept:
            return False
        events = self.history.events(cut)
        name = digest(events)
        if name in self.refuted:
            return False
        if self.shows(events):
            self.kept = cut
            return True
        self.refuted.add(name)
        return False


def digest(events: Iterable[int]) -> str:
    """Return a short name of a set of events."""
    text = ",".join(str(number) for number in sorted(events))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _numbered(stages: Sequence[Stage], keeps_last: bool) -> list[tuple[Event, bool]]:
    """Return all events in order, each with whether it always stays."""
    last = len(stages) - 1
    return [
        (event, keeps_last and place == last)
        for place, stage in enumerate(stages)
        for event in stage.events
    ]


def _chunks(items: list[int], parts: int) -> list[list[int]]:
    """Return ``items`` in ``parts`` runs of nearly the same length."""
    ends = [len(items) * part // parts for part in range(parts + 1)]
    return [items[ends[part] : ends[part + 1]] for part in range(parts)]
