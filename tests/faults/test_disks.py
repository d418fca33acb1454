"""Full disks: no bytes, then no inodes left where the site keeps its state."""

import contextlib
import errno
import os
import subprocess
import tempfile
import urllib.error
from pathlib import Path

import pytest

from tests.bench.browser import Person
from tests.faults.conftest import TIMES, without_services
from tests.faults.database import Database
from tests.faults.stage import PASSWORD, Stage
from tests.faults.table import fault
from tests.faults.test_queue import post_solution
from tests.site import running_site

pytestmark = [
    pytest.mark.flink,
    pytest.mark.process,
    pytest.mark.skipif(os.geteuid() != 0, reason="mounting needs root"),
]


@contextlib.contextmanager
def small_disk(options):
    """Give a folder on a file system of its own."""
    with tempfile.TemporaryDirectory(prefix="potok-disk-") as name:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"{options},mode=755", "tmpfs", name],
            capture_output=True,
            text=True,
            check=False,
        )
        if mounted.returncode:
            pytest.skip(f"no mount here: {mounted.stderr.strip()}")
        try:
            yield Path(name)
        finally:
            subprocess.run(["umount", "-l", name], check=True)


@contextlib.contextmanager
def stage_on(folder):
    with running_site(folder, worker=False, **(without_services() | TIMES)) as site:
        yield Stage(site, Database(file=str(folder / "db.sqlite3")))


def fill_with_bytes(folder):
    with contextlib.suppress(OSError), (folder / "filler").open("wb", 0) as file:
        while True:
            file.write(b"\0" * 65536)
    with contextlib.suppress(OSError), (folder / "filler").open("ab", 0) as file:
        while True:
            file.write(b"\0" * 512)


def fill_with_files(folder):
    many = folder / "many"
    many.mkdir()
    number = 0
    while True:
        try:
            (many / str(number)).touch()
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
            return
        number += 1


def answer_to_a_form(stage, person):
    """Return 0 where the form was accepted, else the status of the refusal."""
    try:
        post_solution(stage, person)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
    return 0


@fault(
    17,
    "The disk with database, queue and spool is full",
    done="a tmpfs of 160 MiB filled while one row runs, freed once a form was refused",
    held="forms are refused with 503 before anything is accepted; after the space is"
    " back the running row ends without hand work",
)
def test_17_disk_full():
    """What was accepted is finished; what cannot be stored is refused."""
    with small_disk("size=160m") as folder, stage_on(folder) as stage:
        stage.worker()
        person = Person.signed_in(stage.site.url, stage.new_person(), PASSWORD)
        [sent] = stage.send()
        stage.wait_state(sent, frozenset({"running"}))
        fill_with_bytes(folder)
        try:
            assert answer_to_a_form(stage, person) == 503
        finally:
            (folder / "filler").unlink()
        stage.wait_final(sent)
        assert stage.verdicts(sent) == [("passed", "completed")]
        assert answer_to_a_form(stage, person) == 0
        stage.wait_final(*stage.invariants.accepted)
        stage.check()
        stage.end_workers()


@fault(
    18,
    "The disk has no inodes left",
    done="a tmpfs filled with empty files while one row runs, freed later",
    held="a form is accepted or refused with 503; all that was accepted is finished",
)
def test_18_no_inodes():
    """Nothing can be created: no message, no spool file; rows still can be written."""
    with small_disk("size=200m,nr_inodes=4000") as folder, stage_on(folder) as stage:
        stage.worker()
        person = Person.signed_in(stage.site.url, stage.new_person(), PASSWORD)
        [sent] = stage.send()
        stage.wait_state(sent, frozenset({"running"}))
        fill_with_files(folder)
        try:
            answer = answer_to_a_form(stage, person)
            assert answer in {0, 503}
            stage.note(f"the form was {'refused' if answer else 'accepted'}")
        finally:
            for path in (folder / "many").iterdir():
                path.unlink()
        stage.wait_final(*stage.invariants.accepted)
        assert stage.verdicts(sent) == [("passed", "completed")]
        stage.check()
        stage.end_workers()
