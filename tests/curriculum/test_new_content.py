"""From a new lesson and lab to what a student reads: the steps of docs/authoring.md."""

import shutil

import pytest
from django.core.management import CommandError, call_command

from curriculum.models import Release
from tests.content.labs import ROOT
from tests.factories import make_user

PAGES = {"/lessons/late-rows/": "Late rows", "/labs/count-orders/": "Count orders"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def written(tmp_path):
    """The course with drafts of a lesson and its lab, as the commands write them."""
    root = tmp_path / "course"
    for name in ("lessons", "labs"):
        shutil.copytree(ROOT / name, root / name)
    call_command("new_lesson", "late-rows", title="Late rows", root=root)
    call_command(
        "new_lab",
        "count-orders",
        title="Count orders",
        requires="late-rows",
        kind="sql",
        root=root,
    )
    return root


@pytest.fixture
def student(client):
    client.force_login(make_user())
    return client


def release(root):
    """Take the mark of a draft off both, and name the lab in the lesson."""
    [folder] = root.glob("lessons/*-late-rows")
    for file in (
        folder / "ru.md",
        folder / "en.md",
        root / "labs/count-orders/lab.yaml",
    ):
        text = file.read_text("utf-8")
        assert "draft: true\n" in text
        text = text.replace("draft: true\n", "")
        file.write_text(text.replace("labs: []", "labs: [count-orders]"), "utf-8")


def statuses(student):
    return [student.get(page).status_code for page in PAGES]


def test_a_draft_stays_with_its_author_and_a_release_is_read(written, student):
    call_command("import_course", root=written)
    assert statuses(student) == [404, 404]
    release(written)
    call_command("import_course", root=written)
    for page, title in PAGES.items():
        answer = student.get(page)
        assert answer.status_code == 200
        assert title in answer.text


def test_a_slip_is_told_with_its_line_and_students_keep_what_they_had(
    written, student, capsys
):
    release(written)
    call_command("import_course", root=written)
    before = Release.objects.active().get()
    [text] = written.glob("lessons/*-late-rows/ru.md")
    line = text.read_text("utf-8").count("\n") + 1
    with text.open("a", encoding="utf-8") as file:
        file.write("[дальше](/lessons/no-such-lesson/)\n")
    capsys.readouterr()
    with pytest.raises(SystemExit):
        call_command("check_course", minimums=False, root=written, no_color=True)
    assert f"{text.relative_to(written)}:{line}: error" in capsys.readouterr().out
    with pytest.raises(CommandError, match="nothing was imported"):
        call_command("import_course", root=written)
    assert Release.objects.active().get() == before
    assert statuses(student) == [200, 200]
