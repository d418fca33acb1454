"""docs/faults.md: one line for each fault, written by the test that did it.

Lines of tests that did not run this time stay as they are, with their date.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

ALL = os.environ.get("POTOK_TESTS") == "all"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "faults.md"
# What the running test measured or saw; goes into its line.
NOTES: list[str] = []
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
- **I5** no cell outlives its worker or its lease;
- **I6** pages show what the database says.

Seconds are those of the whole test on a busy machine with two cores. A fault whose test
has not passed here yet has no line.

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
    kept = []
    if DOCUMENT.exists():
        lines = DOCUMENT.read_text("utf-8").splitlines()
        kept = [old for old in lines if ROW.match(old)]
    kept = [old for old in kept if not old.startswith(fault.key)]
    rows = sorted([*kept, line], key=lambda row: int(row.split("|")[1]))
    DOCUMENT.write_text(HEAD + "\n".join(rows) + "\n", "utf-8")
