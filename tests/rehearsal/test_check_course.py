"""``check_course --run``: what it ends with, and where it says a fault lies."""

import shutil

import pytest
from django.core.management import CommandError, call_command

from curriculum.skeleton import Kind, write_lab, write_lesson
from tests.content.labs import ROOT

RU = "lessons/05-late-rows/ru.md"


@pytest.fixture
def course(tmp_path):
    for name in ("lessons", "labs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    write_lesson(root=tmp_path, slug="late-rows", title="Late rows")
    return tmp_path


def check(course, run, **options):
    call_command("check_course", root=course, run=run, no_color=True, **options)


def test_a_lesson_that_shows_what_it_does_ends_well(course, capsys, tmp_path):
    file = tmp_path / "tables.md"
    check(course, "late-rows", write=file)
    said = capsys.readouterr().out
    assert f"ok    {RU}:34  fails" in said
    assert "6 done, 0 wrong" in said
    assert "| `05-late-rows` | 3 | 1 | 0 |" in file.read_text("utf-8")


def test_an_output_that_is_another_one_is_told_with_its_line(course, capsys, tmp_path):
    file = tmp_path / "tables.md"
    text = (course / RU).read_text("utf-8")
    (course / RU).write_text(text.replace("[1, 1]", "[1, 2]"), "utf-8")
    with pytest.raises(SystemExit) as ended:
        check(course, "late-rows", write=file)
    assert ended.value.code == 1
    said = capsys.readouterr().out
    assert f"WRONG {RU}:46" in said
    assert "the page shows" in said
    assert "6 done, 1 wrong" in said
    assert not file.exists()


@pytest.mark.parametrize(
    ("run", "options", "message"),
    [
        ("nothing", {}, "no lesson and no lab 'nothing'"),
        ("late-rows", {"seeds": 0}, "--seeds must be at least 1"),
        ("late-rows", {"json": True}, "leave out --run"),
    ],
)
def test_what_cannot_be_run_ends_with_two(course, run, options, message):
    with pytest.raises(CommandError, match=message) as ended:
        check(course, run, **options)
    assert ended.value.returncode == 2


@pytest.mark.flink
def test_a_new_lab_runs_and_a_wrong_prediction_is_told(course, capsys):
    write_lab(
        root=course, slug="late-lab", title="L", lesson="late-rows", kind=Kind.SQL
    )
    check(course, "late-lab", seeds=1)
    assert "3 done, 0 wrong" in capsys.readouterr().out
    wrong = course / "labs/late-lab/answers/wrong/snapshot-ignored.sql"
    text = wrong.read_text("utf-8")
    wrong.write_text(text.replace("op <> 'r'", "op <> 'u'"), "utf-8")
    with pytest.raises(SystemExit):
        check(course, "late-lab", seeds=1)
    said = capsys.readouterr().out
    assert "WRONG labs/late-lab/answers/wrong/snapshot-ignored.sql" in said
    assert "not what the misconception predicts" in said
