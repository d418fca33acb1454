"""The shapes that ``classroom/_result.html`` prints; ``results`` makes them."""

from dataclasses import dataclass

from classroom.explanations import ErrorView
from curriculum.markdown import SafeHtml
from submissions.models import Submission


@dataclass(frozen=True, slots=True)
class ColumnView:
    name: str
    is_key: bool
    is_numeric: bool


@dataclass(frozen=True, slots=True)
class CellView:
    """One cell: ``text`` None is NULL; a changed one has both sides."""

    column: ColumnView
    text: str | None
    is_changed: bool = False
    expected: str | None = None


@dataclass(frozen=True, slots=True)
class EventView:
    """An input event behind a row; ``kinds`` are the row kinds it becomes.

    ``anchor`` is the id of the place on the page that shows its text.
    """

    number: int
    stage: str
    topic: str
    key: str | None
    value: str | None
    op: str | None
    word: str
    kinds: tuple[str, ...]
    anchor: str


@dataclass(frozen=True, slots=True)
class DiffRowView:
    kind: str
    word: str
    cells: tuple[CellView, ...]
    events: tuple[EventView, ...]


@dataclass(frozen=True, slots=True)
class DiffView:
    """Rows of one check that differ.

    ``folded`` rows more are shown on demand, ``hidden`` more were not stored.
    """

    columns: tuple[ColumnView, ...]
    rows: tuple[DiffRowView, ...]
    folded: int
    hidden: int

    @property
    def counts(self) -> list[tuple[str, str, int]]:
        """Each kind among ``rows``: its code, its word, how many there are."""
        words = {row.kind: row.word for row in self.rows}
        return [
            (kind, word, sum(row.kind == kind for row in self.rows))
            for kind, word in sorted(words.items())
        ]


@dataclass(frozen=True, slots=True)
class CheckView:
    """``diff``: the first rows that differ, of the first check that has any.

    ``has_diff`` says that there are some, ``slug`` ends the address of all of them.
    ``stage`` says after which stage its output was first wrong. With ``is_varied`` the
    rows name events of a varied stream, whose numbers are its own; ``error`` is what
    stopped the program there.
    """

    id: str
    slug: str
    title: str
    state: str
    note: str
    stage: str
    points: int
    max_points: int
    samples: tuple[str, ...]
    diff: DiffView | None
    has_diff: bool
    lesson_url: str
    is_varied: bool = False
    error: str = ""


@dataclass(frozen=True, slots=True)
class DivergenceView:
    """The event at which a known mistake parted from the right answer.

    ``outputs`` are (title, rows that differ) had the stream ended with this event.
    """

    event: EventView
    outputs: tuple[tuple[str, DiffView], ...]

    @property
    def events(self) -> tuple[EventView, ...]:
        """The event as a list, for the fragment that prints lists."""
        return (self.event,)


@dataclass(frozen=True, slots=True)
class MisconceptionView:
    title: str
    explanation: SafeHtml
    lesson_url: str
    divergence: DivergenceView | None = None


@dataclass(frozen=True, slots=True)
class OutputView:
    """The rows of one output topic as a changelog.

    ``mode`` says how records of this topic become row kinds, ``kinds`` how many rows
    came of each, if that is known. ``folded`` rows more are shown on demand, ``hidden``
    more were not stored.
    """

    title: str
    mode: str
    kinds: tuple[tuple[str, int], ...]
    columns: tuple[ColumnView, ...]
    rows: tuple[tuple[str, tuple[CellView, ...]], ...]
    count: int
    folded: int
    hidden: int
    undecodable: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TableView:
    """Rows without kinds; ``hidden`` more were not stored."""

    title: str
    columns: tuple[ColumnView, ...]
    rows: tuple[tuple[CellView, ...], ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class RunPartView:
    """A folded part of the run; ``slug`` ends its address.

    ``output`` has the first rows of a part that is open from the start.
    """

    slug: str
    title: str
    note: str
    output: OutputView | None


@dataclass(frozen=True, slots=True)
class ResultView:
    """Everything that ``classroom/_result.html`` prints."""

    submission: Submission
    state: str
    icon: str
    tone: str
    sentence: str
    advice: str
    points: int
    max_points: int
    misconception: MisconceptionView | None
    checks: tuple[CheckView, ...]
    has_events: bool
    plan_advice: tuple[str, ...]
    error: ErrorView | None
    parts: tuple[RunPartView, ...]
