"""What new_lesson and new_lab write can be checked as it is, and is no release yet."""

import shutil

import pytest
from django.core.management import CommandError, call_command

from curriculum.loader import check_tree
from curriculum.skeleton import Kind, SkeletonError, write_lab, write_lesson
from tests.content.labs import ROOT

LESSON = "change-events"


@pytest.fixture
def course(tmp_path):
    for name in ("lessons", "labs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


def test_a_new_lesson_and_its_labs_have_no_problem_and_are_not_imported(course):
    before = check_tree(course)
    title = "Опоздавшие: \"строки\" и '#' знак"
    write_lesson(root=course, slug="late-rows", title=title, requires=(LESSON,))
    for kind in Kind:
        write_lab(
            root=course, slug=f"try-{kind}", title=title, lesson=LESSON, kind=kind
        )
    after = check_tree(course)
    assert after.problems == before.problems == ()
    assert after.course is not None
    assert before.course is not None
    assert [item.folder for item in after.course.lessons] == [
        item.folder for item in before.course.lessons
    ]
    assert len(after.course.labs) == len(before.course.labs)


def test_a_lab_may_belong_to_a_new_lesson(course):
    write_lesson(root=course, slug="late-rows", title="Late rows")
    write_lab(
        root=course, slug="late-lab", title="L", lesson="late-rows", kind=Kind.SQL
    )
    assert check_tree(course).problems == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slug": "Late Rows"}, "is no slug"),
        ({"slug": "../etc"}, "is no slug"),
        ({"slug": "cdc-source"}, "exists already"),
        ({"title": " "}, "one line of text"),
        ({"lesson": "gone"}, "Known: change-events"),
    ],
)
def test_a_lab_that_cannot_be_is_refused(course, change, message):
    asked = {"slug": "late-lab", "title": "L", "lesson": LESSON, "kind": Kind.SQL}
    with pytest.raises(SkeletonError, match=message):
        write_lab(root=course, **(asked | change))
    assert not (course / "labs/late-lab").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"slug": "change-events"}, "exists already"),
        ({"slug": "9"}, "is no slug"),
        ({"requires": ("gone",)}, "Known: change-events"),
    ],
)
def test_a_lesson_that_cannot_be_is_refused(course, change, message):
    asked = {"slug": "late-rows", "title": "L"}
    with pytest.raises(SkeletonError, match=message):
        write_lesson(root=course, **(asked | change))


def test_the_commands_say_what_is_next(course, capsys):
    call_command("new_lesson", "late-rows", title="L", root=course)
    call_command(
        "new_lab",
        "late-lab",
        title="L",
        requires="late-rows",
        kind="plain",
        root=course,
    )
    said = capsys.readouterr().out
    assert "+ lessons/05-late-rows/ru.md" in said
    assert "check_course --run late-lab" in said
    with pytest.raises(CommandError, match="exists already"):
        call_command("new_lesson", "late-rows", title="L", root=course)
