"""Every rule of the loader has a course that breaks it, with file and line."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from curriculum.loader import check_tree, load_tree
from curriculum.problems import ContentError, Rule, Severity
from tests.curriculum.mini_course import good_course, write_course

RU = "lessons/01-source/ru.md"
EN = "lessons/01-source/en.md"
WINDOWS = "lessons/02-windows/ru.md"
LAB = "labs/first-lab/lab.yaml"
TASK = "labs/first-lab/task.ru.md"

type Files = dict[str, str | bytes]


@dataclass(frozen=True)
class Case:
    """Break a course and expect one rule at ``file``, on the line that has ``at``."""

    rule: str
    breaks: Callable[[Files], object]
    file: str
    at: str | None = None
    severity: Severity = Severity.ERROR
    says: str = ""


def swap(path: str, old: str, new: str) -> Callable[[Files], None]:
    def breaks(files: Files) -> None:
        text = files[path]
        assert isinstance(text, str)
        assert old in text
        files[path] = text.replace(old, new, 1)

    return breaks


def add(path: str, content: str | bytes) -> Callable[[Files], None]:
    return lambda files: files.update({path: content})


def append(path: str, text: str) -> Callable[[Files], None]:
    return lambda files: files.update({path: f"{files[path]}{text}"})


def drop(path: str) -> Callable[[Files], object]:
    return lambda files: files.pop(path)


def both(*breaks: Callable[[Files], object]) -> Callable[[Files], None]:
    def all_of_them(files: Files) -> None:
        for one in breaks:
            one(files)

    return all_of_them


def third_lesson(front: str) -> str:
    return (
        "---\nid: third\ntitle: Т\ndescription: О\nmodule: cdc\norder: 3\n"
        f"difficulty: advanced\nestimatedTime: 5\n{front}\n---\nТекст.\n"
    )


THIRD = "lessons/03-third/ru.md"
WARNING = Severity.WARNING
DEEP_LIST = "\n".join("    " * depth + "- x" for depth in range(250))

CASES = [
    # Files
    Case("not-utf-8", add(RU, b"---\nid: source\n\xff\n"), RU, says="0xff"),
    Case("nul-character", append(RU, "один\0два\n"), RU, at="один"),
    Case("unexpected-file", add("labs/first-lab/run.sh", "x"), "labs/first-lab/run.sh"),
    Case(
        "unexpected-file",
        add("lessons/01-source/notes.md", "x"),
        "lessons/01-source/notes.md",
    ),
    Case(
        "unexpected-file",
        add("labs/first-lab/task.de.md", "x"),
        "labs/first-lab/task.de.md",
    ),
    Case(
        "bad-file-name",
        add("labs/first-lab/given/моё.sql", "x"),
        "labs/first-lab/given/моё.sql",
    ),
    Case("file-too-large", append(RU, "х" * 300_000), RU, says="512 KiB"),
    Case(
        "file-too-large",
        add("labs/first-lab/given/job.sql", "-" * (256 * 1024 + 1)),
        "labs/first-lab/given/job.sql",
        says="256 KiB",
    ),
    Case("missing-front-matter", add(RU, "## Текст {#why}\n"), RU, says="---"),
    # YAML and values
    Case("yaml-syntax", swap(RU, "title: Источник", "title: a: b"), RU, at="a: b"),
    Case("yaml-alias", swap(RU, "module: cdc", "module: &m cdc\nx: *m"), RU, at="*m"),
    Case("yaml-not-a-mapping", add(LAB, "- one\n"), LAB),
    Case("duplicate-key", swap(RU, "order: 1", "order: 1\nid: b"), RU, at="id: b"),
    Case(
        "unknown-key",
        swap(RU, "topics:", "topcis:"),
        RU,
        at="topcis",
        says="Did you mean `topics`?",
    ),
    Case(
        "unknown-key",
        swap(LAB, "    mode: upsert", "    mode: upsert\n    moed: x"),
        LAB,
        at="moed",
        says="Did you mean `mode`?",
    ),
    Case("missing-key", swap(RU, "module: cdc\n", ""), RU, says="module"),
    Case("missing-key", swap(LAB, "    points: 10\n", ""), LAB, at="id: totals-right"),
    Case(
        "invalid-value",
        swap(RU, "difficulty: beginner", "difficulty: easy"),
        RU,
        at="difficulty",
        says="'beginner', 'intermediate' or 'advanced'",
    ),
    Case("invalid-value", swap(LAB, "type: decimal", "type: money"), LAB, at="money"),
    Case("invalid-value", swap(RU, "title: Источник", "title: 5"), RU, at="title: 5"),
    # Ids, prerequisites, order
    Case(
        "duplicate-id",
        both(
            swap(WINDOWS, "id: windows", "id: windows\naliases: [old-source]"),
            swap(
                "lessons/02-windows/en.md",
                "id: windows",
                "id: windows\naliases: [old-source]",
            ),
        ),
        WINDOWS,
        at="aliases",
        says=RU,
    ),
    Case(
        "duplicate-id",
        swap(LAB, "id: first-lab", "id: first-lab\naliases: [first-lab]"),
        LAB,
        at="aliases",
    ),
    Case(
        "unknown-prerequisite",
        add(THIRD, third_lesson("prerequisites:\n  - source\n  - nothing")),
        THIRD,
        at="- nothing",
    ),
    Case(
        "order-before-prerequisite",
        both(
            add(THIRD, third_lesson("prerequisites: [windows]").replace(": 3", ": 0")),
            swap(THIRD, "order: 0", "order: 1"),
            swap(RU, "order: 1", "order: 5"),
        ),
        THIRD,
        at="prerequisites",
        says="not after that of 'windows', 2",
    ),
    Case(
        "prerequisite-cycle",
        swap(RU, "order: 1", "order: 1\nprerequisites: [windows]"),
        RU,
        at="prerequisites",
        says="source → windows → source",
    ),
    Case(
        "prerequisite-cycle",
        add(THIRD, third_lesson("prerequisites: [third]")),
        THIRD,
        says="third → third",
    ),
    Case(
        "duplicate-order",
        add(THIRD, third_lesson("").replace("order: 3", "order: 2")),
        THIRD,
        at="order",
        says=WINDOWS,
    ),
    Case("lesson-folder", add("lessons/x/ru.md", third_lesson("")), "lessons/x"),
    Case(
        "folder-order",
        add("lessons/07-third/ru.md", third_lesson("")),
        "lessons/07-third/ru.md",
        at="order",
        severity=WARNING,
    ),
    # Lessons and labs
    Case("unknown-lab", swap(RU, "[first-lab]", "[first-lab, gone]"), RU, at="gone]"),
    Case(
        "lab-of-other-lesson",
        add(THIRD, third_lesson("labs: [first-lab]")),
        THIRD,
        at="labs",
    ),
    Case(
        "lab-not-in-lesson", swap(RU, "labs: [first-lab]", "labs: []"), LAB, "lesson: s"
    ),
    Case("unknown-lesson", swap(LAB, "lesson: source", "lesson: gone"), LAB, "gone"),
    Case("lab-folder", swap(LAB, "id: first-lab", "id: other-lab"), LAB, "other-lab"),
    Case("missing-file", drop(LAB), LAB, says="no lab.yaml"),
    Case("missing-file", drop(TASK), TASK),
    Case("missing-file", drop("labs/first-lab/given/job.py"), LAB, at="job.py"),
    Case(
        "missing-file",
        drop("labs/first-lab/answers/solution.py"),
        "labs/first-lab/answers/solution.py",
    ),
    Case(
        "missing-file",
        drop("labs/first-lab/answers/oracle.py"),
        "labs/first-lab/answers/oracle.py",
    ),
    Case("missing-file", drop("labs/first-lab/stream.py"), "labs/first-lab/stream.py"),
    Case("missing-file", drop(RU), RU, says="no Russian text"),
    Case(
        "starter-suffix",
        both(
            swap(LAB, "name: job.sql", "name: other.py"),
            add("labs/first-lab/given/other.py", ""),
        ),
        LAB,
        at="other.py",
    ),
    Case("unknown-output", swap(LAB, "output: totals", "output: gone"), LAB, at="gone"),
    Case("unknown-column", swap(LAB, "key: [status]", "key: [gone]"), LAB, at="gone"),
    Case("unknown-column", swap(LAB, "column: status", "column: gone"), LAB, at="gone"),
    Case(
        "unknown-check", swap(LAB, "check: totals-right", "check: x"), LAB, "check: x"
    ),
    Case(
        "duplicate-name", swap(LAB, "topic: totals", "topic: orders"), LAB, "c: orders"
    ),
    Case("duplicate-name", swap(LAB, "name: amount", "name: status"), LAB, "columns:"),
    Case("missing-key-columns", swap(LAB, "key: [status]", "key: []"), LAB, "key: []"),
    Case("no-points", swap(LAB, "points: 10", "points: 0"), LAB, at="checks:"),
    Case(
        "wrong-without-misconception",
        add("labs/first-lab/answers/wrong/other.sql", ""),
        "labs/first-lab/answers/wrong/other.sql",
    ),
    Case(
        "misconception-without-wrong",
        drop("labs/first-lab/answers/wrong/forgot-deletes.sql"),
        LAB,
        at="id: forgot-deletes",
        severity=WARNING,
    ),
    Case("dead-anchor", swap(LAB, "anchor: envelope", "anchor: gone"), LAB, at="gone"),
    Case("dead-anchor", swap(LAB, "anchor: why", "anchor: gone"), LAB, at="gone"),
    # Translations
    Case(
        "missing-translation",
        drop("lessons/02-windows/en.md"),
        WINDOWS,
        severity=WARNING,
    ),
    Case(
        "missing-translation",
        drop("labs/first-lab/task.en.md"),
        LAB,
        severity=WARNING,
    ),
    Case(
        "missing-translation",
        swap(LAB, "{ru: Заказы, en: Orders}", "{ru: Заказы}"),
        LAB,
        at="Заказы",
        severity=WARNING,
        says="streams.0.title",
    ),
    Case(
        "translation-differs",
        swap(EN, "estimatedTime: 20", "estimatedTime: 2"),
        EN,
        at="estimatedTime",
    ),
    # Texts
    Case("top-heading", append(RU, "\n# Главный\n"), RU, at="# Главный"),
    Case("top-heading", append(RU, "\nГлавный\n=======\n"), RU, at="===="),
    Case("duplicate-anchor", append(RU, "\n## Ещё {#why}\n"), RU, at="## Ещё"),
    Case("bad-anchor", append(RU, "\n## Ещё {#a.b}\n"), RU, at="## Ещё"),
    Case("fence-language", append(RU, "\n```cobol\nx\n```\n"), RU, at="cobol"),
    Case("fence-language", append(RU, "\n``` {.run}\nпусто\n```\n"), RU, "``` {.run}"),
    Case("fence-option", append(RU, "\n```sql {.rum}\nx\n```\n"), RU, at=".rum"),
    Case("fence-option", append(RU, "\n```sql {title=x}\nx\n```\n"), RU, at="title=x"),
    Case("fence-not-runnable", append(RU, "\n```json {.run}\n1\n```\n"), RU, "json"),
    Case("fence-not-closed", append(RU, "\n```sql {.norun}\nx\n"), RU, at=".norun"),
    Case(
        "fence-not-recognised",
        append(RU, "\n- пункт\n\n    ```sql\n  x\n    ```\n"),
        RU,
        says="code blocks",
    ),
    Case(
        "output-without-run",
        append(RU, "\n```sql\nx\n```\n\n```text {.output}\nконец\n```\n"),
        RU,
        severity=WARNING,
    ),
    Case("diagram-without-text", swap(RU, "  accTitle: Конвейер\n", ""), RU, "mermaid"),
    Case(
        "diagram-without-text",
        swap(RU, "  accDescr: Источник передаёт события во Flink\n", ""),
        RU,
        at="mermaid",
        says="no accDescr",
    ),
    Case("unknown-callout", append(RU, "\n> [!HMM]\n> x\n"), RU, at="[!HMM]"),
    Case("admonition-syntax", append(RU, "\n!!! note\n    x\n"), RU, at="!!! note"),
    Case("list-indent", append(RU, "\n- один\n  - внутри\n"), RU, at="внутри"),
    Case("raw-html", append(RU, "\n<b>жирно</b>\n"), RU, "<b>", severity=WARNING),
    Case("nested-too-deep", append(RU, "\n" + DEEP_LIST), RU),
    # Links and images
    Case("dead-link", append(RU, "\n[x](/lessons/gone/)\n"), RU, at="gone"),
    Case("dead-link", append(RU, "\n[x](/labs/gone/)\n"), RU, at="gone"),
    Case("dead-link", append(RU, "\n[x](/admin/)\n"), RU, at="/admin/"),
    Case("dead-link", append(RU, "\n[x](../09-gone/ru.md)\n"), RU, at="09-gone"),
    Case("dead-link", append(RU, "\n[x](../../../etc/passwd)\n"), RU, at="passwd"),
    Case("dead-link", append(TASK, "\n[x](/lessons/gone/)\n"), TASK, at="gone"),
    Case("dead-link", swap(LAB, "/lessons/source/#why", "/lessons/x/"), LAB, "/x/"),
    Case("dead-anchor", append(RU, "\n[x](#gone)\n"), RU, at="#gone"),
    Case("dead-anchor", append(RU, "\n[x](/lessons/windows/#gone)\n"), RU, at="#gone"),
    Case("dead-anchor", append(RU, "\n[x](/labs/first-lab/#gone)\n"), RU, at="#gone"),
    Case("forbidden-link", append(RU, "\n[x](javascript:alert)\n"), RU, "javascript"),
    Case("forbidden-link", append(RU, "\n[x](//evil.example)\n"), RU, at="evil"),
    Case("image-without-alt", append(RU, "\n![ ](images/pipe.png)\n"), RU, at="![ ]"),
    Case("dead-image", append(RU, "\n![x](images/gone.png)\n"), RU, at="gone.png"),
    Case("dead-image", append(RU, "\n![x](https://a.example/b.png)\n"), RU, at="b.png"),
    Case(
        "dead-image",
        append(WINDOWS, "\n![x](../01-source/images/pipe.png)\n"),
        WINDOWS,
        at="pipe.png",
    ),
]


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
    }
    assert covered == set(Rule)
