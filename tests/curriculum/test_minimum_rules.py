"""What this repository releases offers enough; what is a draft need not yet."""

import pytest

from curriculum.loader import check_tree
from curriculum.minimum_rules import check_minimums
from curriculum.problems import Problems
from tests.content.labs import ROOT
from tests.curriculum.mini_course import good_course, write_course

LAB = "labs/first-lab/lab.yaml"
WINDOWS = "lessons/02-windows/ru.md"


def lacks(root):
    """Return (file, message) of everything below the minimum."""
    course = check_tree(root).course
    assert course is not None
    problems = Problems()
    check_minimums(course, problems)
    return [(problem.file, problem.message) for problem in problems.sorted()]


def test_the_course_offers_enough():
    assert lacks(ROOT) == []


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (WINDOWS, "checkpoint questions"),
        (WINDOWS, "{#recap}"),
        (WINDOWS, "{#goals}"),
        (WINDOWS, "{#versions}"),
        (WINDOWS, "{#links}"),
        (WINDOWS, "no block fails on purpose"),
        (WINDOWS, "no diagram"),
        (LAB, "the lab knows 1 misconceptions"),
        (LAB, "the lab has 1 wrong answers"),
        (LAB, "the lab has 1 hints"),
        (LAB, "10 points"),
    ],
)
def test_each_lack_is_told(course_root, file, message):
    assert any(file == where and message in said for where, said in lacks(course_root))


def test_a_draft_is_exempt_and_left_out(tmp_path):
    files = good_course()
    for path in (WINDOWS, WINDOWS.replace("ru.md", "en.md")):
        text = files[path]
        assert isinstance(text, str)
        files[path] = text.replace("---\n", "---\ndraft: true\n", 1)
    for path, text in files.items():
        # What is released may not lead to a draft.
        if isinstance(text, str):
            files[path] = text.replace("(/lessons/windows/#tumble)", "(/glossary/)")
    root = write_course(tmp_path / "course", files)
    course = check_tree(root).course
    assert course is not None
    assert "02-windows" not in [lesson.folder for lesson in course.lessons]
    assert WINDOWS not in [file for file, _ in lacks(root)]
