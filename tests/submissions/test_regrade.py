"""Judging again: a new generation beside the old verdict, and never a lower one."""

from io import StringIO
from uuid import uuid4

import pytest
from django.core.management import CommandError, call_command

from lab_protocol.messages import Ending
from progress.models import Achievement
from submissions.errors import CannotRegrade
from submissions.execution import execute
from submissions.lifecycle import claim_next
from submissions.models import Alert, Submission
from submissions.regrade import accept_lower, regrade
from submissions.selectors import attempts, current_verdict, own_submission
from submissions.services import cancel
from tests.factories import (
    course_content,
    make_catalogue,
    make_cohort,
    make_release,
    make_submission,
    make_user,
)
from tests.submissions.scripted import WRONG, ScriptedEngine

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _site(monkeypatch, tmp_path, settings):
    make_catalogue()
    settings.LAB_RETRY_SECONDS = 0
    monkeypatch.setattr("submissions.execution.release_tree", lambda release: tmp_path)
    monkeypatch.setattr("submissions.regrade.wake_workers", lambda: None)


def judged(value, *, user=None, engine=None):
    """Send a submit in and judge it on rows ``value``."""
    submission = make_submission(user, seed=4711)
    execute(claim_next(worker="w"), engine or ScriptedEngine(value=value))
    submission.refresh_from_db()
    return submission


def run_regrade(value, engine=None):
    engine = engine or ScriptedEngine(value=value)
    execute(claim_next(worker="w"), engine)
    return engine


def results(submission):
    return list(submission.verdicts.values_list("generation", "result", "ending"))


def test_a_better_verdict_becomes_the_next_generation():
    submission = judged(WRONG)
    release = make_release()
    again = regrade(submission=submission)
    # Until the new one is there nothing has changed for anybody.
    shown = own_submission(user=submission.user, public_id=submission.public_id)
    assert (shown.is_final, current_verdict(shown).result) == (True, "failed")
    engine = run_regrade(None, ScriptedEngine())
    assert engine.seeds == [4711]
    shown = own_submission(user=submission.user, public_id=submission.public_id)
    assert (shown.generation, shown.release_id) == (2, release.pk)
    assert results(submission) == [
        (1, "failed", "completed"),
        (2, "passed", "completed"),
    ]
    assert current_verdict(shown).run.submission == again
    achieved = Achievement.objects.get(item="first-lab")
    assert achieved.evidence == str(submission.public_id)
    assert len(attempts(user=submission.user, lab_id="first-lab")) == 1


def test_a_lower_verdict_waits_for_somebody_of_the_staff():
    submission = judged(None, engine=ScriptedEngine())
    again = regrade(submission=submission)
    run_regrade(WRONG)
    submission.refresh_from_db()
    assert results(submission) == [(1, "passed", "completed")]
    assert results(again) == [(1, "failed", "completed")]
    alert = Alert.objects.get()
    assert (alert.code, alert.submission) == ("regrade-lower", again)

    admin = make_user(is_staff=True)
    again.refresh_from_db()
    accept_lower(regrade=again, by=admin)
    submission.refresh_from_db()
    assert current_verdict(submission).result == "failed"
    # What was achieved stays achieved.
    assert Achievement.objects.filter(item="first-lab", revoked_at=None).exists()
    alert.refresh_from_db()
    assert alert.cleared_by == admin
    with pytest.raises(CannotRegrade, match="nothing-to-accept"):
        accept_lower(regrade=again, by=admin)


def test_a_regrade_that_the_platform_fails_changes_nothing():
    submission = judged(None, engine=ScriptedEngine())
    again = regrade(submission=submission)
    for _ in range(3):
        run_regrade(None, ScriptedEngine(ending=Ending.PLATFORM_FAULT))
    submission.refresh_from_db()
    assert results(submission) == [(1, "passed", "completed")]
    assert results(again) == [(1, "none", "platform_fault")]


def test_a_platform_fault_of_old_is_judged_once_the_platform_is_mended():
    submission = make_submission()
    for _ in range(3):
        execute(claim_next(worker="w"), ScriptedEngine(ending=Ending.PLATFORM_FAULT))
    submission.refresh_from_db()
    regrade(submission=submission)
    run_regrade(None, ScriptedEngine())
    submission.refresh_from_db()
    assert current_verdict(submission).result == "passed"


def test_one_regrade_at_a_time_and_another_after_it():
    submission = judged(WRONG)
    first = regrade(submission=submission)
    assert regrade(submission=submission) == first
    run_regrade(WRONG)
    second = regrade(submission=submission)
    assert second != first
    run_regrade(WRONG)
    submission.refresh_from_db()
    assert submission.generation == 3


def test_what_cannot_be_judged_again_is_refused_with_a_reason():
    cases = {
        "not-a-submit": make_submission(kind="run", state="finished"),
        "not-judged": make_submission(),
        "demo": make_submission(is_demo=True, state="finished"),
        "lab-is-gone": make_submission(lab="old-lab", state="finished"),
        "language-is-gone": make_submission(language="python", state="finished"),
    }
    cancelled = make_submission()
    cancel(submission=cancelled)
    for code, submission in [*cases.items(), ("not-judged", cancelled)]:
        with pytest.raises(CannotRegrade, match=code):
            regrade(submission=submission)


def test_a_renamed_lab_is_judged_by_its_new_id():
    submission = judged(WRONG)
    content = course_content()
    lab = content.labs[0]
    spec = lab.spec.model_copy(update={"id": "new-lab", "aliases": ("first-lab",)})
    lesson = content.lessons[0].model_copy(update={"labs": ("new-lab",)})
    make_catalogue(
        content.model_copy(
            update={
                "labs": (lab.model_copy(update={"spec": spec}), content.labs[1]),
                "lessons": (lesson, *content.lessons[1:]),
            }
        )
    )
    assert regrade(submission=submission).lab == "new-lab"
    run_regrade(None, ScriptedEngine())
    submission.refresh_from_db()
    assert current_verdict(submission).result == "passed"


def command(*arguments):
    said = StringIO()
    call_command("regrade", *arguments, stdout=said)
    return said.getvalue()


def test_the_command_regrades_a_lab_for_a_cohort():
    user = make_user()
    make_cohort(students=[user], slug="own")
    mine = judged(WRONG, user=user)
    judged(WRONG)
    arguments = ("--lab", "first-lab", "--cohort", "own")
    assert command(*arguments, "--dry-run") == "1 submits would be judged again\n"
    assert command(*arguments, "--platform-faults") == "queued: 0\n"
    assert command(*arguments) == "queued: 1\n"
    assert Submission.objects.get(kind="regrade").original == mine


def test_the_command_names_what_it_does_not_know():
    for arguments in (
        ("--submission", str(uuid4())),
        ("--submission", "nonsense"),
        ("--lab", "first-lab", "--cohort", "nobody"),
    ):
        with pytest.raises(CommandError):
            command(*arguments)
