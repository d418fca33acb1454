"""Each invariant's SQL finds a database that breaks it, and no fault in a sound one."""

import os
import subprocess
import uuid

import pytest
from django.db import connection
from django.utils import timezone

from progress.models import Achievement
from submissions.models import Run, Submission, Verdict
from submissions.selectors import used_attempts
from tests.factories import make_submission
from tests.faults.database import Database
from tests.faults.invariants import Invariants
from tests.faults.processes import Process, family

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def invariants():
    if connection.vendor != "sqlite":
        pytest.skip("the database of the tests has no URL of its own")
    return Invariants(Database(file=str(connection.settings_dict["NAME"])))


@pytest.fixture
def passed():
    """A submit that passed, with all that belongs to it."""
    row = make_submission(state="finished", finished_at=timezone.now())
    run = Run.objects.create(
        submission=row,
        number=1,
        token=uuid.uuid4(),
        worker="w",
        ended_at=timezone.now(),
        ending="completed",
    )
    Verdict.objects.create(
        submission=row, generation=1, run=run, result="passed", ending="completed"
    )
    Achievement.objects.create(
        user=row.user,
        kind="lab_passed",
        item=row.lab,
        release="r",
        achieved_at=timezone.now(),
    )
    return row


def broken(invariants, *still_open, cells=()):
    found = invariants.broken(still_open=frozenset(still_open), cells=list(cells))
    return {line.split(":")[0] for line in found}


def test_a_sound_database_breaks_nothing(invariants, passed):
    invariants.accepted.add(passed.public_id.hex)
    assert broken(invariants) == set()
    assert broken(invariants) == set()


def test_what_waits_is_broken_unless_it_may_wait(invariants):
    row = make_submission()
    assert broken(invariants) == {"I1"}
    assert broken(invariants, row.public_id.hex) == set()


def test_a_missing_and_a_second_verdict_break_the_first(invariants, passed):
    Verdict.objects.create(
        submission=passed, generation=2, result="failed", ending="completed"
    )
    assert broken(invariants) == {"I1"}
    Verdict.objects.all().delete()
    assert broken(invariants) == {"I1"}


def test_a_lost_submission_breaks_the_second(invariants, passed):
    invariants.accepted.add(uuid.uuid4().hex)
    assert broken(invariants) == {"I2"}


def test_a_taken_achievement_breaks_the_third(invariants, passed):
    assert broken(invariants) == set()
    Achievement.objects.all().delete()
    assert broken(invariants) == {"I3"}


def test_a_fault_with_a_result_breaks_the_fourth(invariants, passed):
    Run.objects.update(ending="platform_fault")
    assert broken(invariants) == {"I4"}


def test_a_fault_that_uses_an_attempt_breaks_the_fourth(invariants, passed):
    def used():
        count = used_attempts(user=passed.user, lab_id=passed.lab)
        return [[passed.user_id, passed.lab, count]]

    assert used() == [[passed.user_id, passed.lab, 1]]
    assert invariants.wrong_counts(used()) == []
    Verdict.objects.update(result="none", ending="platform_fault")
    assert used()[0][2] == 0
    assert invariants.wrong_counts(used()) == []
    [line] = invariants.wrong_counts([[passed.user_id, passed.lab, 1]])
    assert line.startswith("I4: ")


def test_a_living_cell_and_an_open_run_break_the_fifth(invariants, passed):
    child = subprocess.Popen(["sleep", "60"])
    try:
        [cell] = [one for one in family(os.getpid()) if one.pid == child.pid]
        assert broken(invariants, cells=[cell]) == {"I5"}
        assert broken(invariants, cells=[Process(cell.pid, cell.started + 1)]) == set()
    finally:
        child.kill()
        child.wait()
    assert broken(invariants, cells=[cell]) == set()
    Run.objects.update(ended_at=None)
    assert broken(invariants) == {"I5"}


def test_a_stored_row_is_found_again_under_its_id(invariants, passed):
    wanted = passed.public_id.hex
    rows = invariants.database.rows(
        f"SELECT id FROM submissions_submission WHERE public_id = '{wanted}'"  # noqa: S608
    )
    assert rows == [(Submission.objects.get().pk,)]
