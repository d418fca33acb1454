"""Workers that ended badly: what is provably theirs is taken back at once."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

import pytest
from django.db.models.functions import Now

from submissions.incarnation import Incarnation, is_gone, this_process
from submissions.lifecycle import claim_next
from submissions.models import Alert, WorkerSign
from submissions.sweep import sweep_folders, sweep_workers
from tests.factories import make_catalogue, make_submission

ME = this_process()


@pytest.fixture
def other():
    """A process of ours that sleeps, with its incarnation; killed at the end."""
    code = (
        "from submissions.incarnation import this_process as t;"
        "i = t(); print(i.host, i.pid, i.started, flush=True);"
        "import time; time.sleep(60)"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", code],
        stdout=subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": "platform"},
        text=True,
    )
    host, pid, started = process.stdout.readline().split()
    yield process, Incarnation(host, int(pid), int(started))
    process.kill()
    process.wait()
    process.stdout.close()


def sign(name, process):
    return WorkerSign.objects.create(
        name=name,
        seen_at=Now(),
        host=process.host,
        pid=process.pid,
        process_started=process.started,
    )


def test_a_process_is_told_from_another_with_its_pid(other):
    process, incarnation = other
    assert not is_gone(ME)
    assert not is_gone(incarnation)
    # The pid was given out again: what started at another moment is another process.
    assert is_gone(replace(incarnation, started=incarnation.started + 1))
    process.send_signal(signal.SIGKILL)
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert is_gone(incarnation)  # a zombie until it is waited for
    process.wait()
    assert is_gone(incarnation)


def test_nothing_is_said_of_processes_of_another_host_or_container():
    assert not is_gone(Incarnation("another-boot/4026531836", 1, 1))


@pytest.mark.django_db(transaction=True)
class TestWorkers:
    @pytest.fixture(autouse=True)
    def _course(self, settings):
        make_catalogue()
        settings.LAB_RETRY_SECONDS = 0

    def test_what_a_dead_worker_holds_is_free_at_once(self, other):
        process, incarnation = other
        mine, dead = make_submission(), make_submission()
        sign("me", ME)
        sign("dead", incarnation)
        claim_next(worker="me")
        claim_next(worker="dead")
        assert sweep_workers() == []
        process.kill()
        process.wait()
        assert sweep_workers() == [dead.pk]
        mine.refresh_from_db()
        dead.refresh_from_db()
        assert (mine.state, dead.state) == ("leased", "queued")
        assert dead.runs.get().detail == "worker-gone"
        assert list(WorkerSign.objects.values_list("name", flat=True)) == ["me"]
        assert claim_next(worker="me").submission_id == dead.pk

    def test_a_submission_that_ends_its_worker_three_times_is_set_aside(self):
        poison, other = make_submission(), make_submission()
        gone = replace(ME, started=ME.started + 1)
        for number in range(3):
            sign(f"w{number}", gone)
            assert claim_next(worker=f"w{number}").submission_id == poison.pk
            assert sweep_workers() == [poison.pk]
        poison.refresh_from_db()
        assert poison.state == "finished"
        assert [(v.result, v.ending) for v in poison.verdicts.all()] == [
            ("none", "platform_fault")
        ]
        alert = Alert.objects.get()
        assert (alert.code, alert.subject) == (
            "poison-submission",
            str(poison.public_id),
        )
        assert claim_next(worker="w").submission_id == other.pk


def test_folders_whose_writer_died_are_removed_and_fresh_ones_stay(
    tmp_path, settings, db
):
    settings.LAB_VAR_DIR = tmp_path
    old = tmp_path / "releases" / ".unpacking-old"
    fresh = tmp_path / "releases" / ".unpacking-fresh"
    whole = tmp_path / "releases" / ("0" * 64)
    for folder in (old, fresh, whole):
        (folder / "labs").mkdir(parents=True)
    draft = tmp_path / "spool" / ".token.tmp"
    draft.parent.mkdir()
    draft.write_text("{")
    for path in (old, whole, draft):
        os.utime(path, (1, 1))
    assert sorted(sweep_folders()) == sorted([old, draft])
    assert fresh.is_dir()
    assert whole.is_dir()
