"""``prepare_site``: all at the first call, nothing at the second, only what changed."""

import io
import os
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Cohort, User
from curriculum.models import Release
from tests.curriculum.mini_course import good_course, write_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def site(settings, tmp_path):
    """A new install with a small course and one static file."""
    static = tmp_path / "static-sources"
    static.mkdir()
    (static / "one.css").write_text("a {}")
    settings.LAB_VAR_DIR = tmp_path / "var"
    settings.STATIC_ROOT = tmp_path / "var" / "static"
    settings.STATICFILES_DIRS = [static]
    settings.STATICFILES_FINDERS = [
        "django.contrib.staticfiles.finders.FileSystemFinder"
    ]
    settings.LAB_DEMO = True
    settings.LAB_CONTENT_ROOT = write_course(tmp_path / "course", good_course())
    return tmp_path


def prepare() -> str:
    told = io.StringIO()
    call_command("prepare_site", stdout=told, stderr=told)
    return told.getvalue()


def test_the_first_call_does_all_and_the_second_nothing(site):
    told = prepare()
    assert "collecting static files" in told
    assert "importing the course" in told
    assert Release.objects.active().count() == 1
    assert (site / "var" / "static" / "one.css").is_file()
    assert User.objects.filter(username="student").exists()
    assert Cohort.objects.filter(is_demo=True).count() == 1
    assert prepare() == ""
    assert Release.objects.count() == 1


def test_a_changed_lesson_is_imported_and_an_unchanged_one_is_not(site, settings):
    prepare()
    lesson = next(Path(settings.LAB_CONTENT_ROOT).glob("lessons/*/ru.md"))
    lesson.write_text(lesson.read_text("utf-8") + "\nЕщё абзац.\n", "utf-8")
    told = prepare()
    assert "importing the course" in told
    assert "static" not in told
    assert Release.objects.count() == 2


def test_a_course_with_faults_leaves_the_active_one(site, settings):
    prepare()
    before = Release.objects.active().get()
    lesson = next(Path(settings.LAB_CONTENT_ROOT).glob("lessons/*/ru.md"))
    lesson.write_text("no front matter", "utf-8")
    told = prepare()
    assert "check_course" in told
    assert Release.objects.active().get() == before


def test_a_first_course_with_faults_stops_the_start(site, settings):
    lesson = next(Path(settings.LAB_CONTENT_ROOT).glob("lessons/*/ru.md"))
    lesson.write_text("no front matter", "utf-8")
    with pytest.raises(CommandError):
        prepare()


def test_a_changed_static_file_is_collected(site):
    prepare()
    source = site / "static-sources" / "one.css"
    source.write_text("b {}")
    os.utime(source, (1, 1))
    assert "collecting static files" in prepare()
    assert (site / "var" / "static" / "one.css").read_text() == "b {}"


def test_a_lost_folder_of_static_files_is_made_again(site):
    prepare()
    (site / "var" / "static" / "one.css").unlink()
    (site / "var" / "static").rmdir()
    assert "collecting static files" in prepare()


def test_without_demo_nobody_is_made(site, settings):
    settings.LAB_DEMO = False
    prepare()
    assert not User.objects.exists()


def test_a_taken_name_is_told_and_does_not_stop_the_site(site):
    User.objects.create_user("student")
    told = prepare()
    assert "student exists and is no demo account" in told
    assert Release.objects.active().exists()
