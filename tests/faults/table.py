"""docs/faults.md: one line for each fault, written by the test that did it.

Lines of tests that did not run this time stay as they are, with their date.
"""

import os
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

ALL = os.environ.get("POTOK_TESTS") == "all"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
# What the running test measured or saw; goes into its line.
NOTES: list[str] = []
# Without a power cut (3), a failover (15), mixed versions (26) and a restore (28).
# How many tests each has.
EXPECTED = dict.fromkeys([0, 1, 2, *range(4, 15), *range(16, 26), 27], 1) | {
    16: 2,
    22: 3,
    27: 2,
}
ROW = re.compile(r"\| \d+ \|")
HEAD = """\
# Faults

Each line was written by a test in `tests/faults` that did this to real processes (web,
worker with real cells, database, queue) on loopback; `make test-all` writes them anew.
Afterwards SQL asked whether the invariants hold, and every attempt's page was compared
with its row:

- **I1** one final verdict for each accepted submission and generation;
- **I2** nothing accepted is lost;
- **I3** progress stays, and a passed lab is in the ledger;
- **I4** a platform's fault is no result: no points, no used attempt;
- **I5** no cell outlives its worker, no run its lease (the box of a worker that hangs
  ends by the lab's own limit of time);
- **I6** pages show what the database says.

Seconds are those of the whole test on a busy machine with two cores; 0 is all of them
at random. {missing}

| | fault | what was done | what held | invariants | s | on |
|--:|---|---|---|---|--:|---|
"""


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault by its number in the list, with what the test does and expects."""

    number: int
    name: str
    done: str
    held: str

    def line(self, *, seconds: float, held: str) -> str:
        """Return the table's line."""
        today = datetime.now(UTC).date()
        return (
            f"| {self.number} | {self.name} | {self.done} | {held}"
            f" | I1–I6 | {seconds:.0f} | {today} |"
        )

    @property
    def key(self) -> str:
        """Return how its line begins."""
        return f"| {self.number} | {self.name} |"


def fault[**P](
    number: int, name: str, *, done: str, held: str, always: bool = False
) -> Callable[[Callable[P, None]], Callable[P, None]]:
    """Mark a test as the one of a fault; only ``always`` ones run in `make test`."""

    def mark(test: Callable[P, None]) -> Callable[P, None]:
        test.fault = Fault(number, name, done, held)  # type: ignore[attr-defined]
        if ALL or always:
            return test
        return pytest.mark.skip(reason="runs with POTOK_TESTS=all")(test)

    return mark


def write_line(fault: Fault, line: str) -> None:
    """Put a fault's line into the document, in place of its former one."""
    kept = [old for old in lines_of_document() if not old.startswith(fault.key)]
    rows = sorted([*kept, line], key=number_of)
    DOCUMENT.write_text(document(rows), "utf-8")


def lines_of_document() -> list[str]:
    """Return the table's lines as they stand."""
    if not DOCUMENT.exists():
        return []
    return [old for old in DOCUMENT.read_text("utf-8").splitlines() if ROW.match(old)]


def number_of(line: str) -> int:
    """Return which fault a line is about."""
    return int(line.split("|")[1])


def document(rows: list[str]) -> str:
    """Return the whole text; it names the faults of the list that have no line."""
    passed = Counter(number_of(row) for row in rows)
    missing = [
        str(number)
        if not passed[number]
        else f"{number} ({tests - passed[number]} of its {tests} tests)"
        for number, tests in sorted(EXPECTED.items())
        if passed[number] < tests
    ]
    text = (
        f"Not passed here yet: {', '.join(missing)}."
        if missing
        else "Each fault of the list has passed."
    )
    return HEAD.format(missing=text) + "\n".join(rows) + "\n"
