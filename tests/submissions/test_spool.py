"""Verdicts that could not be written: kept on disk, written once, never twice."""

import json
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.db.models.functions import Now

from progress.models import Achievement
from submissions import lifecycle, spool
from submissions.execution import execute
from submissions.lifecycle import claim_next, reap
from submissions.models import Submission
from submissions.spool import Replay, replay
from tests.factories import make_catalogue, make_submission
from tests.submissions.scripted import WRONG, ScriptedEngine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path, settings):
    make_catalogue()
    settings.LAB_VAR_DIR = tmp_path
    settings.LAB_RETRY_SECONDS = 0
    monkeypatch.setattr("submissions.execution.release_tree", lambda release: tmp_path)
    return tmp_path / "spool"


def run_without_database(monkeypatch, *, engine=None, lost_answer=False):
    """Run the next submission; the database is gone when the verdict is ready.

    With ``lost_answer`` the commit goes through and only its answer is lost.
    """
    lease = claim_next(worker="w")
    real = lifecycle.finish

    def gone(*args, **kwargs):
        if lost_answer:
            real(*args, **kwargs)
        raise OperationalError("server closed the connection unexpectedly")

    with monkeypatch.context() as patch:
        patch.setattr("submissions.execution.lifecycle.finish", gone)
        execute(lease, engine or ScriptedEngine())
    return lease


def expire(lease):
    Submission.objects.filter(pk=lease.submission_id).update(
        lease_until=Now() - timedelta(seconds=1)
    )


def test_a_spooled_verdict_is_written_when_the_database_is_back(monkeypatch, folder):
    submission = make_submission()
    lease = run_without_database(monkeypatch)
    [file] = folder.iterdir()
    assert (file.stat().st_mode & 0o777, folder.stat().st_mode & 0o777) == (
        0o600,
        0o700,
    )
    assert submission.verdicts.count() == 0
    # Its lease has run out meanwhile, and nobody has taken it: the result still counts.
    expire(lease)
    assert replay() == Replay(written=1)
    submission.refresh_from_db()
    assert (submission.state, submission.tries) == ("finished", 1)
    assert submission.verdicts.get().result == "passed"
    run = submission.runs.get()
    assert (run.ending, run.report["outputs"]["totals"]["count"]) == ("completed", 1)
    assert Achievement.objects.filter(item="first-lab").exists()
    assert replay() == Replay()
    assert not list(folder.glob("*.json"))


def test_a_verdict_whose_place_is_taken_goes_to_the_dead_letters(monkeypatch, folder):
    submission = make_submission()
    lease = run_without_database(monkeypatch, engine=ScriptedEngine(value=WRONG))
    expire(lease)
    assert reap() == [submission.pk]
    assert replay() == Replay(refused=1)
    execute(claim_next(worker="other"), ScriptedEngine())
    assert [v.result for v in submission.verdicts.all()] == ["passed"]
    assert [path.name for path in (folder / "dead").iterdir()] == [
        f"{lease.token}.json"
    ]


def test_a_commit_whose_answer_was_lost_is_not_written_twice(monkeypatch, folder):
    submission = make_submission()
    run_without_database(monkeypatch, lost_answer=True)
    assert submission.verdicts.count() == 1
    assert replay() == Replay(written=1)
    assert submission.verdicts.count() == 1
    assert not (folder / "dead").exists()


def test_while_the_database_is_gone_the_file_stays(monkeypatch, folder):
    make_submission()
    run_without_database(monkeypatch)

    def gone(*args, **kwargs):
        raise OperationalError("still gone")

    with monkeypatch.context() as patch:
        patch.setattr("submissions.spool.lifecycle.finish", gone)
        with pytest.raises(OperationalError):
            replay()
    assert replay() == Replay(written=1)


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"version": 99}', '{"version": 1, "submission": 1}']
)
def test_a_file_that_cannot_be_read_does_not_stop_the_others(monkeypatch, folder, text):
    make_submission()
    run_without_database(monkeypatch)
    (folder / "0-first.json").write_text(text)
    assert replay() == Replay(written=1, refused=1)
    assert (folder / "dead" / "0-first.json").read_text() == text


def test_a_submission_that_was_deleted_leaves_a_dead_letter(monkeypatch, folder):
    submission = make_submission()
    run_without_database(monkeypatch)
    submission.delete()
    assert replay() == Replay(refused=1)


def test_only_the_newest_dead_letters_are_kept(monkeypatch, folder):
    monkeypatch.setattr(spool, "DEAD_LETTERS_KEPT", 3)
    folder.mkdir()
    for number in range(5):
        (folder / f"{number}.json").write_text(json.dumps(number))
        replay()
    assert len(list((folder / "dead").iterdir())) == 3


def test_progress_that_cannot_be_written_does_not_end_the_run(monkeypatch):
    submission = make_submission()
    lease = claim_next(worker="w")

    def gone(*args, **kwargs):
        raise OperationalError("server closed the connection unexpectedly")

    def restart(request, watch):
        with monkeypatch.context() as patch:
            patch.setattr("submissions.execution.lifecycle.advance", gone)
            watch.show_checking(rows_in=1, rows_out=1)

    execute(lease, ScriptedEngine(during=restart))
    assert submission.verdicts.get().result == "passed"
