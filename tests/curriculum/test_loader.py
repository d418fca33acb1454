"""Every rule of the loader has a course that breaks it, with file and line."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from curriculum.loader import check_tree, load_tree
from curriculum.problems import ContentError, Rule, Severity
from tests.curriculum.broken_courses import (
    CASES,
    LAB,
    RU,
    WINDOWS,
    Files,
    append,
    swap,
    third_lesson,
)
from tests.curriculum.mini_course import good_course, write_course


def line_of(files: Files, path: str, at: str) -> int:
    """Return the last line that has ``at``: a break is mostly appended."""
    text = files[path]
    assert isinstance(text, str)
    lines = [i for i, line in enumerate(text.split("\n"), start=1) if at in line]
    assert lines, f"{at!r} is not in {path}"
    return lines[-1]


def test_good_course_has_no_problem(tmp_path):
    checked = check_tree(write_course(tmp_path, good_course()))
    assert checked.problems == ()
    assert checked.course is not None
    assert [lesson.folder for lesson in checked.course.lessons] == [
        "01-source",
        "02-windows",
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.rule}:{case.at or ''}")
def test_broken_course_names_rule_file_and_line(tmp_path, case):
    files = good_course()
    case.breaks(files)
    checked = check_tree(write_course(tmp_path, files))
    found = [
        problem
        for problem in checked.problems
        if problem.rule == case.rule and problem.file == case.file
    ]
    assert found, [f"{p.place} {p.rule} {p.message}" for p in checked.problems]
    if case.at is not None:
        expected = line_of(files, case.file, case.at)
        assert {problem.line for problem in found} == {expected}
    assert all(problem.severity is case.severity for problem in found)
    assert all(problem.fix for problem in found)
    assert any(case.says in f"{problem.message} {problem.fix}" for problem in found)
    assert (checked.course is None) == any(
        problem.severity is Severity.ERROR for problem in checked.problems
    )


def test_all_problems_are_collected_and_a_course_with_errors_is_refused(tmp_path):
    files = good_course()
    swap(RU, "module: cdc\n", "")(files)
    swap(LAB, "output: totals", "output: gone")(files)
    append(WINDOWS, "\n[x](#gone)\n")(files)
    with pytest.raises(ContentError) as caught:
        load_tree(write_course(tmp_path, files))
    assert {problem.rule for problem in caught.value.problems} == {
        "missing-key",
        "unknown-output",
        "dead-anchor",
    }
    assert "3 errors" in str(caught.value)


@pytest.mark.parametrize("target", ["/etc", "01-source"])
def test_symbolic_folder_is_refused(tmp_path, target):
    root = write_course(tmp_path, good_course())
    (root / "lessons" / "09-link").symlink_to(target)
    problems = check_tree(root).problems
    assert [(p.rule, p.file) for p in problems] == [
        ("symbolic-link", "lessons/09-link")
    ]


def test_symbolic_file_and_root_are_refused(tmp_path):
    root = write_course(tmp_path / "a", good_course())
    (root / "labs/first-lab/given/secret.sql").symlink_to("/etc/passwd")
    assert [p.rule for p in check_tree(root).problems] == ["symbolic-link"]
    other = tmp_path / "b"
    other.mkdir()
    (other / "lessons").symlink_to(root / "lessons")
    assert "symbolic-link" in {p.rule for p in check_tree(other).problems}


def test_pipe_is_refused_without_waiting_for_it(tmp_path):
    root = write_course(tmp_path, good_course())
    os.mkfifo(root / "labs/first-lab/given/pipe.sql")
    problems = check_tree(root).problems
    assert [problem.rule for problem in problems] == ["unexpected-file"]


def test_file_that_cannot_be_opened_is_named(tmp_path, monkeypatch):
    root = write_course(tmp_path, good_course())
    real = os.open

    def guarded(path, flags):
        # Root, who may run this test, can open every file.
        if str(path).endswith("stream.py"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags)

    monkeypatch.setattr("curriculum.tree.os.open", guarded)
    found = {(p.rule, p.file, p.message) for p in check_tree(root).problems}
    assert (
        "unreadable-file",
        "labs/first-lab/stream.py",
        "Permission denied",
    ) in found


def test_course_without_anything_says_so(tmp_path):
    assert {problem.rule for problem in check_tree(tmp_path).problems} == {
        "missing-folder",
        "no-lessons",
    }


def test_lab_without_checks_says_so(tmp_path):
    files = good_course()
    text = str(files[LAB])
    before, after = text.split("checks:\n")
    _, rest = after.split("misconceptions:\n")
    files[LAB] = (
        f"{before}checks: []\nmisconceptions: []\n" + rest[rest.index("hints") :]
    )
    found = check_tree(write_course(tmp_path, files)).problems
    assert ("empty-list", LAB) in {(problem.rule, problem.file) for problem in found}


def test_course_larger_than_the_cap_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("curriculum.tree.MAX_FILES", 5)
    found = check_tree(write_course(tmp_path, good_course())).problems
    assert "course-too-large" in {problem.rule for problem in found}


def test_yaml_that_grows_is_refused_quickly(tmp_path):
    files = good_course()
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 12)]
    files[LAB] = "\n".join(lines)
    assert "yaml-alias" in {
        problem.rule for problem in check_tree(write_course(tmp_path, files)).problems
    }
    files[LAB] = "a: " + "[" * 50_000
    assert "yaml-syntax" in {
        problem.rule for problem in check_tree(write_course(tmp_path, files)).problems
    }


def test_private_files_do_not_enter_the_course(tmp_path):
    root = write_course(
        tmp_path,
        good_course()
        | {
            "lessons/.git/config": "x",
            "lessons/LICENSE": "x",
            "labs/first-lab/__pycache__/stream.cpython-312.pyc": b"x",
            "labs/first-lab/.stream.py.swp": b"x",
            "lessons/01-source/ru.md~": "x",
        },
    )
    checked = check_tree(root)
    assert checked.problems == ()
    assert checked.course is not None
    assert set(checked.course.tree.files) == set(good_course())


def test_loader_needs_no_django():
    program = (
        "import sys, curriculum.loader, curriculum.publishing, curriculum.archive;"
        "sys.exit('django' in sys.modules)"
    )
    platform = Path(__file__).resolve().parents[2] / "platform"
    subprocess.run(
        [sys.executable, "-c", program], env={"PYTHONPATH": str(platform)}, check=True
    )


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_line_ends_and_byte_order_marks_of_other_systems_are_read(tmp_path, ending):
    files = good_course()
    for path in (RU, LAB):
        text = str(files[path]).replace("\n", ending)
        files[path] = b"\xef\xbb\xbf" + text.encode()
    assert check_tree(write_course(tmp_path, files)).problems == ()


def test_every_rule_has_a_case():
    covered = {case.rule for case in CASES} | {
        "symbolic-link",
        "missing-folder",
        "no-lessons",
        "empty-list",
        "course-too-large",
        "unreadable-file",
        # Asked for by check_course, not by the import: test_minimum_rules.py.
        "below-minimum",
    }
    assert covered == set(Rule)


def test_a_draft_may_link_to_drafts(tmp_path):
    """An author writes two lessons at a time; neither is imported yet."""
    files = good_course()
    for number, (own, other) in enumerate((("third", "fourth"), ("fourth", "third"))):
        front = third_lesson("draft: true").replace("id: third", f"id: {own}")
        front = front.replace("order: 3", f"order: {number + 3}")
        text = f"{front}\n[x](/lessons/{other}/)\n"
        for language in ("ru", "en"):
            files[f"lessons/0{number + 3}-{own}/{language}.md"] = text
    checked = check_tree(write_course(tmp_path, files))
    assert checked.problems == ()
    assert checked.course is not None
    assert len(checked.course.lessons) == 2


def test_the_glossary_links_to_no_draft(tmp_path):
    files = good_course()
    for language in ("ru", "en"):
        files[f"lessons/03-third/{language}.md"] = third_lesson("draft: true")
        files[f"lessons/_shared/glossary.{language}.yaml"] = (
            "- id: one\n  term: One\n  text: A word.\n  lesson: third#top\n"
        )
    problems = check_tree(write_course(tmp_path, files)).problems
    assert {(problem.rule, problem.line) for problem in problems} == {
        (Rule.DRAFT_NAMED, 4)
    }
