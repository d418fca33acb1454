"""Attacks on the pages around the engine, through the site's own URLs."""

from io import BytesIO
from uuid import uuid4
from zipfile import ZipFile, ZipInfo

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from curriculum.archive import BadArchive, unpack, write_folder
from submissions.models import Submission
from submissions.run_parts import Part, parts_of
from submissions.services import MAX_OPEN
from tests.attacks import report
from tests.attacks.corpus import attack, attacks
from tests.e2e.world import build_world
from tests.factories import SQL, make_catalogue, make_user

HOSTILE_TEXT = (
    '<script>alert(1)</script><img src=x onerror="alert(1)">'
    '<div hx-get="/admin/" hx-trigger="load">x</div>\x1b[31mred\x1b]8;;http://e/\x07'
)


@pytest.fixture
def student(db):
    make_catalogue()
    return make_user("student-01")


@pytest.fixture
def reader(student):
    client = Client()
    client.force_login(student)
    return client


def post(reader, source=SQL, key=None):
    form = {
        "kind": "submit",
        "language": "sql",
        "source": source,
        "key": str(key or uuid4()),
    }
    return reader.post("/labs/first-lab/send/", form)


def test_support_every_attack_has_something_to_aim_at():
    assert [one.number for one in attacks() if one.not_yet] == []


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("../../etc/cron.d/potok", 0o100644),
        ("lessons/../../manage.py", 0o100644),
        ("/etc/passwd", 0o100644),
        ("lessons\\..\\..\\manage.py", 0o100644),
        ("lessons/01-first/ru.md", 0o120777),
        ("lessons/01-first/ru.md", 0o020644),
    ],
    ids=["parents", "inside-out", "absolute", "backslashes", "link", "device"],
)
def test_deny_archives_with_paths_out_of_their_folder(name, mode, tmp_path):
    """Students send none; the platform opens those of courses."""
    with pytest.raises(BadArchive):
        write_folder(unpack(archive_of(name, mode)), tmp_path / "inside" / "release")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
    report.note_check(attack(72), "attack", "refused before a file is written")


def test_deny_an_archive_in_the_place_of_a_program(reader):
    content = archive_of("../../etc/cron.d/potok", 0o100644)
    sent = SimpleUploadedFile("job.zip", content, "application/zip")
    answer = post(reader, sent)
    assert 400 <= answer.status_code < 500
    assert not Submission.objects.exists()


def archive_of(name, mode):
    """Return a zip of one entry, such as no tool of ours would make."""
    buffer = BytesIO()
    with ZipFile(buffer, "w") as archive:
        entry = ZipInfo("x")
        entry.filename = name
        entry.external_attr = mode << 16
        archive.writestr(entry, b"hostile")
    return buffer.getvalue()


@pytest.mark.parametrize(
    "source",
    ["x" * 50_000_000, "SELECT 1\x00;", "\x1b[31m", "SELECT '\ufffd';"],
    ids=["50-mb", "nul", "escape", "broken-encoding"],
)
def test_deny_sources_that_are_no_program(reader, source):
    answer = post(reader, source)
    assert 400 <= answer.status_code < 500
    assert not Submission.objects.exists()
    report.note_check(attack(73), "attack", "refused before any run")


@pytest.mark.parametrize(
    "source",
    ["\ufeffSELECT 1;", "(" * 10_000, "SELECT 'e" + "\u0301" * 100_000 + "';"],
    ids=["byte-order-mark", "nested", "combining-marks"],
)
def test_allow_odd_sources_that_harm_nobody(reader, source):
    assert post(reader, source).status_code < 400
    assert Submission.objects.get().files["job.sql"] == source.removeprefix("\ufeff")


def test_deny_twenty_programs_at_once(reader):
    answers = [post(reader).status_code for _ in range(20)]
    assert answers.count(429) == 20 - MAX_OPEN
    assert Submission.objects.count() == MAX_OPEN
    report.note_check(attack(79), "attack", f"{MAX_OPEN} accepted, 18 refused (429)")


def test_deny_the_same_form_twice(reader):
    key = uuid4()
    assert {post(reader, key=key).status_code for _ in range(2)} <= {200, 302}
    assert Submission.objects.count() == 1


def test_deny_markup_in_what_a_program_says(db):
    world = build_world()
    failed = world.submissions["failed"]
    run = failed.runs.get()
    run.report = _hostile(run.report)
    run.save()
    verdict = failed.verdicts.get()
    verdict.report = _hostile(verdict.report)
    verdict.save()
    client = Client()
    client.force_login(world.ana)
    page = f"/attempts/{failed.public_id}/"
    texts = {part: client.get(f"{page}run/{part}/").text for part in parts_of(failed)}
    shown = {part for part, text in texts.items() if "&lt;script&gt;alert(1)" in text}
    assert {"check-1", "rows-1", Part.STDOUT, Part.STDERR} <= shown
    text = client.get(page).text + "".join(texts.values())
    for forbidden in ("<script>alert(1)", "<img src=x", '<div hx-get="/admin/"'):
        assert forbidden not in text
    report.note_check(attack(74), "attack", "shown as text")


def _hostile(value, *, is_said=False):
    """Put markup in the place of each text that a box or its rows could have said."""
    said = {"stdout", "stderr", "message", "trace", "values", "expected", "found"}
    if isinstance(value, dict):
        return {
            name: _hostile(item, is_said=is_said or name in said)
            for name, item in value.items()
        }
    if isinstance(value, list):
        return [_hostile(item, is_said=is_said) for item in value]
    return HOSTILE_TEXT if is_said and isinstance(value, str) else value
