"""Two attempts side by side: the lines of their programs, and check by check."""

from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from classroom.result_views import CheckView
from classroom.results import result_of
from submissions.models import Submission

# Longer texts are compared by the same way, in time that grows with their product:
# two of 3 000 different lines take about a second.
MOST_LINES = 3000


class Side(StrEnum):
    SAME = "same"
    CHANGED = "changed"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True, slots=True)
class LinePair:
    """A line of the older program beside one of the newer; None where there is none."""

    kind: Side
    old_number: int | None
    old: str
    new_number: int | None
    new: str


@dataclass(frozen=True, slots=True)
class CheckPair:
    """A check and its state in either attempt; "" where that one has no such check."""

    title: str
    old: str
    new: str

    @property
    def differs(self) -> bool:
        """Whether the check went one way and then the other."""
        return self.old != self.new


def program_of(submission: Submission) -> str:
    """Return the text that was sent in."""
    return next(iter(submission.files.values()), "")


def compare_programs(old: str, new: str) -> list[LinePair]:
    """Pair the lines of two programs; what is equal stands opposite."""
    left, right = old.splitlines()[:MOST_LINES], new.splitlines()[:MOST_LINES]
    pairs = []
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    for tag, i, i_end, j, j_end in matcher.get_opcodes():
        for offset in range(max(i_end - i, j_end - j)):
            a = i + offset if i + offset < i_end else None
            b = j + offset if j + offset < j_end else None
            if tag == "equal":
                kind = Side.SAME
            elif a is None:
                kind = Side.ADDED
            elif b is None:
                kind = Side.REMOVED
            else:
                kind = Side.CHANGED
            pairs.append(
                LinePair(
                    kind,
                    None if a is None else a + 1,
                    "" if a is None else left[a],
                    None if b is None else b + 1,
                    "" if b is None else right[b],
                )
            )
    return pairs


def compare_checks(old: Submission, new: Submission) -> list[CheckPair]:
    """Pair the checks of two final attempts by their ids, in the newer one's order."""
    before = {check.id: check for check in _checks(old)}
    after = {check.id: check for check in _checks(new)}
    return [
        CheckPair(
            title=(after.get(name) or before[name]).title,
            old=before[name].state if name in before else "",
            new=after[name].state if name in after else "",
        )
        for name in dict.fromkeys([*after, *before])
    ]


def _checks(submission: Submission) -> tuple[CheckView, ...]:
    return result_of(submission).checks if submission.is_final else ()
