"""docs/course-tables.md: how much of the course was run, a row for each lesson and lab.

A run of one lesson or lab replaces its own row, with the date; the others stay.
"""

import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from curriculum.fences import EXECUTED, FenceKind
from rehearsal.course_run import Line, Role
from rehearsal.snippets import count_kinds

HEAD = """\
# What of the course was run

Written by `manage.py check_course --run --write`: what was executed for real on that
day, all of it with the result that it must have. `tests/content/test_course_tables.py`
fails where a lesson or a lab has other blocks or programs by now. What teaches and what
tests each outcome is in [course.md](course.md).
"""
LESSONS = """\
## Lessons

A block of a lesson without Flink is executed in each language; it counts once.

| Lesson | Executed | of them failing as intended | Not runnable | Date |
|---|---|---|---|---|
"""
LABS = """\
## Labs

Solutions: programs x streams with full points. Starters score 0. A wrong answer is
caught by its named check and puts out exactly the rows that its misconception predicts.

| Lab | Solutions | Starters | Wrong answers caught | Misconceptions told | Date |
|---|---|---|---|---|---|
"""
_ROW = re.compile(r"^\| `([a-z0-9-]+)` \|.*$", re.MULTILINE)


def lesson_cells(folder: Path) -> tuple[int, int, int]:
    """Return how many blocks of a lesson are executed, fail, and are not runnable."""
    kinds = count_kinds(folder)
    executed = sum(kinds[kind] for kind in EXECUTED)
    return executed, kinds[FenceKind.FAILS], kinds[FenceKind.NORUN]


def lab_cells(lines: Sequence[Line]) -> tuple[str, int, int, int]:
    """Return what was run of a lab: solutions, starters, wrong answers, mistakes."""
    solutions = [line for line in lines if line.role is Role.SOLUTION]
    programs = len({line.place for line in solutions})
    wrong = [line.place for line in lines if line.role is Role.WRONG_ANSWER]
    starters = sum(line.role is Role.STARTER for line in lines)
    streams = len(solutions) // programs if programs else 0
    return f"{programs} x {streams}", starters, len(wrong), len(set(wrong))


def write_row(file: Path, name: str, cells: Sequence[object], *, is_lab: bool) -> None:
    """Put the row of ``name`` into the tables of ``file``, which is made if need be."""
    text = file.read_text("utf-8") if file.exists() else ""
    lessons, _, labs = text.partition("\n## Labs\n")
    tables = [
        {found[1]: found[0] for found in _ROW.finditer(part)}
        for part in (lessons, labs)
    ]
    today = date.today().isoformat()  # noqa: DTZ011 (a day of the author's, no moment)
    words = [f"`{name}`", *(str(cell) for cell in cells), today]
    tables[is_lab][name] = f"| {' | '.join(words)} |"
    parts = [HEAD]
    for head, rows in zip((LESSONS, LABS), tables, strict=True):
        ordered = [row for _, row in sorted(rows.items())]
        parts.append(head + "".join(f"{row}\n" for row in ordered))
    file.write_text("\n".join(parts), "utf-8")


def rows_in(file: Path) -> dict[str, list[str]]:
    """Return the cells of every row, by lesson or lab."""
    text = file.read_text("utf-8")
    return {
        found[1]: [cell.strip() for cell in found[0].strip("|").split("|")][1:]
        for found in _ROW.finditer(text)
    }
