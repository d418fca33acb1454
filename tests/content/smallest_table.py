"""docs/smallest.md: one line for each wrong answer, written by the search for it.

Lines of searches that did not run this time stay as they are, with their date.
"""

import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ALL = os.environ.get("POTOK_TESTS") == "all"
DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "smallest.md"
HEAD = """\
# Smallest failing streams

Each line was written by `tests/content/test_smallest_on_flink.py` with
`POTOK_TESTS=all`: a wrong answer was sent in, failed, and its mistake was looked for on
the public stream by running the program again on parts of it. Events are counted
without closing ones. Runs are those of the program, of which 25 are the most, and one
of the lab's solution. Seconds are from the claim to the report, most of it waiting for
boxes, on a busy machine with two cores and one slot. *least* says whether no event
could be left out, or the limit came first.

| lab | wrong answer | events | of them left | runs | s | least | on |
|---|---|--:|--:|--:|--:|---|---|
"""
_LINE = re.compile(r"^\| `(?P<lab>[a-z0-9-]+)` \| `(?P<name>[a-z0-9-]+)` \|.*$", re.M)


def write_line(lab: str, name: str, *, report: dict[str, Any], seconds: float) -> None:
    """Put the line of one search into the document, which is made if need be."""
    cells = [
        f"`{lab}`",
        f"`{name}`",
        report["total"],
        report["part"]["left"],
        report["runs"],
        f"{seconds:.0f}",
        "yes" if report["is_minimal"] else "limit",
        datetime.now(UTC).date(),
    ]
    lines = lines_of_document() | {
        (lab, name): f"| {' | '.join(str(cell) for cell in cells)} |"
    }
    DOCUMENT.write_text(document(lines), "utf-8")


def lines_of_document() -> dict[tuple[str, str], str]:
    """Return the document's lines by lab and wrong answer; empty without a document."""
    text = DOCUMENT.read_text("utf-8") if DOCUMENT.exists() else ""
    return {(found["lab"], found["name"]): found[0] for found in _LINE.finditer(text)}


def document(lines: dict[tuple[str, str], str]) -> str:
    """Return the document with ``lines``, in order."""
    return HEAD + "".join(f"{line}\n" for _, line in sorted(lines.items()))
