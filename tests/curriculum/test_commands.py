"""The commands say what is wrong, where, and what an import changed."""

import json
import os
import subprocess
import sys

import pytest
from django.core.management import CommandError, call_command

from curriculum.models import Release
from tests.curriculum.mini_course import write_course

RU = "lessons/02-windows/ru.md"


def append(root, text: str, *, path: str = RU) -> int:
    """Append ``text`` to a file; return its line."""
    file = root / path
    before = file.read_text("utf-8")
    file.write_text(f"{before}\n{text}\n", "utf-8")
    return before.count("\n") + 2


def test_good_course_passes(course_root, capsys):
    call_command("check_course", minimums=False, root=course_root)
    assert capsys.readouterr().out == (
        "The course can be imported (0 errors, 0 warnings).\n"
    )


def test_problem_is_printed_with_place_and_cure_and_the_command_fails(
    course_root, capsys
):
    line = append(course_root, "[x](#gone)")
    with pytest.raises(SystemExit) as ended:
        call_command("check_course", minimums=False, root=course_root, no_color=True)
    assert ended.value.code == 1
    assert capsys.readouterr().out == (
        f"{RU}:{line}: error the link '#gone' names the anchor 'gone',"
        " which no heading there has [dead-anchor]\n"
        "    Add {#gone} to the heading, or name another anchor.\n"
        "The course cannot be imported (1 errors, 0 warnings).\n"
    )


def test_warning_does_not_fail(course_root, capsys):
    (course_root / "lessons/02-windows/en.md").unlink()
    call_command("check_course", minimums=False, root=course_root, no_color=True)
    assert "(0 errors, 1 warnings)" in capsys.readouterr().out


def test_json_is_json_with_and_without_errors(course_root, capsys):
    call_command("check_course", minimums=False, root=course_root, json=True)
    assert json.loads(capsys.readouterr().out) == {
        "errors": 0,
        "warnings": 0,
        "problems": [],
    }
    line = append(course_root, "[x](#gone)")
    with pytest.raises(SystemExit):
        call_command("check_course", minimums=False, root=course_root, json=True)
    (problem,) = json.loads(capsys.readouterr().out)["problems"]
    assert (problem["file"], problem["line"], problem["rule"], problem["severity"]) == (
        RU,
        line,
        "dead-anchor",
        "error",
    )


@pytest.mark.django_db
def test_import_activates_and_says_what_changed(course_root, capsys):
    call_command("import_course", root=course_root)
    release = Release.objects.get()
    assert release.is_active
    assert capsys.readouterr().out.splitlines() == [
        "  + lesson source",
        "  + lesson windows",
        "  + lab first-lab",
        f"Release {release} is active.",
    ]
    call_command("import_course", root=course_root)
    assert capsys.readouterr().out.splitlines()[0] == (
        "The files are those of the active release."
    )


@pytest.mark.django_db
def test_import_without_activation_compares_and_leaves_pages_alone(course_root, capsys):
    call_command("import_course", root=course_root)
    before = Release.objects.get()
    append(course_root, "Новый абзац.")
    append(course_root, "-- иначе", path="labs/first-lab/given/job.sql")
    third = "---\nid: third\ntitle: Т\ndescription: О\nmodule: cdc\norder: 3\n"
    third += "difficulty: advanced\nestimatedTime: 5\n---\nТекст.\n"
    write_course(course_root, {"lessons/03-third/ru.md": third})
    capsys.readouterr()
    call_command("import_course", "--no-activate", root=course_root)
    stored = Release.objects.exclude(pk=before.pk).get()
    assert capsys.readouterr().out.splitlines() == [
        "  + lesson third",
        "  ~ lesson windows",
        "  ~ lab first-lab",
        f"Release {stored} is stored, not active.",
    ]
    assert Release.objects.active().get() == before


@pytest.mark.django_db
def test_renamed_lesson_with_alias_is_not_removed_and_one_without_is(
    course_root, capsys
):
    call_command("import_course", root=course_root)
    for language in ("ru", "en"):
        path = course_root / f"lessons/02-windows/{language}.md"
        text = path.read_text("utf-8")
        path.write_text(text.replace("id: windows", "id: time\naliases: [windows]"))
    capsys.readouterr()
    call_command("import_course", "--no-activate", root=course_root)
    assert "- lesson" not in capsys.readouterr().out
    for language in ("ru", "en"):
        path = course_root / f"lessons/02-windows/{language}.md"
        path.write_text(path.read_text("utf-8").replace("aliases: [windows]\n", ""))
        path = course_root / f"lessons/01-source/{language}.md"
        path.write_text(path.read_text("utf-8").replace("/windows/", "/time/"))
    call_command("import_course", "--no-activate", root=course_root)
    assert "  - lesson windows" in capsys.readouterr().out.splitlines()


@pytest.mark.django_db
def test_broken_course_changes_nothing(course_root, capsys):
    call_command("import_course", root=course_root)
    before = Release.objects.get()
    append(course_root, "[x](#gone)")
    with pytest.raises(CommandError, match="nothing was imported"):
        call_command("import_course", root=course_root)
    assert "dead-anchor" in capsys.readouterr().err
    assert Release.objects.active().get() == before


def test_a_database_without_tables_is_told_in_one_line(tmp_path):
    done = subprocess.run(
        [sys.executable, "manage.py", "import_course"],
        env={**os.environ, "LAB_VAR_DIR": str(tmp_path), "SECRET_KEY": "x" * 50},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("CommandError: the database is not set up: start")
    assert "Traceback" not in done.stderr
