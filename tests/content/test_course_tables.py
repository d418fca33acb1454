"""docs/course-tables.md tells of the lessons and labs as they are now."""

from pathlib import Path

import pytest

from rehearsal.course_run import Line, Role
from rehearsal.tables import lab_cells, lesson_cells, rows_in, write_row
from tests.content.labs import LABS, LESSONS, ROOT, SLUGS, spec_of

FILE = ROOT / "docs/course-tables.md"
AGAIN = "run: manage.py check_course --run {} --write"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_row_of_a_lesson_has_its_blocks(lesson: Path):
    if "\ndraft: true\n" in (lesson / "ru.md").read_text("utf-8"):
        pytest.skip("a draft has no row")
    row = rows_in(FILE).get(lesson.name, [])
    assert row[:-1] == [str(cell) for cell in lesson_cells(lesson)], AGAIN.format(
        lesson.name
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_the_row_of_a_lab_has_its_programs(slug: str):
    spec = spec_of(slug)
    wrong = len(list((LABS / slug).glob("answers/wrong/*")))
    solutions, *others, _ = rows_in(FILE).get(slug, ["", ""])
    starters = len(spec.starters)
    told = [str(starters), str(wrong), str(len(spec.misconceptions))]
    assert solutions.startswith(f"{starters} x "), AGAIN.format(slug)
    assert others == told, AGAIN.format(slug)


def test_a_run_replaces_its_own_row_only(tmp_path):
    file = tmp_path / "tables.md"
    write_row(file, "02-two", (5, 2, 0), is_lab=False)
    write_row(file, "01-one", (7, 1, 1), is_lab=False)
    write_row(file, "a-lab", ("1 x 5", 1, 5, 5), is_lab=True)
    write_row(file, "02-two", (6, 2, 0), is_lab=False)
    rows = rows_in(file)
    assert list(rows) == ["01-one", "02-two", "a-lab"]
    assert rows["02-two"][:3] == ["6", "2", "0"]
    assert rows["a-lab"][:4] == ["1 x 5", "1", "5", "5"]


def test_what_was_run_of_a_lab_is_counted():
    def line(place, role):
        return Line(place, "", role=role)

    lines = [
        line("given/job.py", Role.STARTER),
        *(line("solution.py", Role.SOLUTION) for _ in range(3)),
        line("wrong/a.py", Role.WRONG_ANSWER),
        line("wrong/b.py", Role.WRONG_ANSWER),
    ]
    assert lab_cells(lines) == ("1 x 3", 1, 2, 2)
