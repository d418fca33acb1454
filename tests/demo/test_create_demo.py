"""Demo accounts and the demo cohort: once, marked, refused in production, removable."""

import stat
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from accounts.models import Cohort, Enrolment, User
from demo.accounts import ROLES, read_passwords
from demo.cohort import LEARNERS, SLUG, create_cohort
from demo.recordings import Recording, fits, load, save
from progress.models import Achievement
from progress.selectors import course_map
from submissions.models import Run, Submission, Verdict
from tests.factories import (
    lab_spec,
    make_catalogue,
    make_cohort,
    make_submission,
    make_user,
)
from tests.review.world import run_report, verdict_report

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def var(settings, tmp_path):
    settings.LAB_VAR_DIR = tmp_path
    settings.LAB_DEMO = True
    return tmp_path


def recording(name, result="failed", **changes):
    fields = {
        "name": name,
        "language": "sql",
        "files": {"job.sql": f"-- {name}\n"},
        "seed": 11,
        "result": result,
        "ending": "completed",
        "points": 10 if result == "passed" else 0,
        "max_points": 10,
        "rows_in": 40,
        "rows_out": 12,
        "seconds": 1.5,
        "verdict": verdict_report(result),
        "run": run_report(),
    } | changes
    return Recording(**fields)


RECORDINGS = {
    lab: {
        "solution": recording("solution", "passed"),
        "wrong-one": recording("wrong-one"),
        "wrong-two": recording("wrong-two"),
    }
    for lab in ("first-lab", "second-lab")
}


def test_the_accounts_are_made_once_with_passwords_that_work(client, var):
    make_catalogue()
    call_command("create_demo")
    file = var / "demo-accounts.txt"
    passwords = read_passwords(file)
    assert list(passwords) == list(ROLES)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert len(set(passwords.values())) == 3
    for role, password in passwords.items():
        assert client.login(username=role, password=password)
    hashes = dict(User.objects.values_list("username", "password"))
    people = User.objects.count()

    call_command("create_demo")
    assert read_passwords(file) == passwords
    assert dict(User.objects.values_list("username", "password")) == hashes
    assert User.objects.count() == people
    assert Cohort.objects.count() == 1


def test_only_the_admin_is_staff_and_the_instructor_teaches_the_student():
    make_catalogue()
    call_command("create_demo")
    staff = User.objects.filter(is_staff=True).values_list("username", flat=True)
    assert list(staff) == ["admin"]
    cohort = Cohort.objects.get(slug=SLUG)
    roles = dict(
        cohort.enrolments.filter(user__username__in=ROLES).values_list(
            "user__username", "role"
        )
    )
    assert roles == {"student": "student", "instructor": "instructor"}
    assert cohort.enrolments.students().count() == LEARNERS + 1


def test_a_lost_file_gives_new_passwords_to_the_same_accounts(client, var):
    make_catalogue()
    call_command("create_demo")
    before = read_passwords(var / "demo-accounts.txt")
    (var / "demo-accounts.txt").unlink()
    call_command("create_demo")
    after = read_passwords(var / "demo-accounts.txt")
    assert not set(before.values()) & set(after.values())
    assert client.login(username="student", password=after["student"])
    assert not client.login(username="student", password=before["student"])


def test_a_new_database_gets_the_passwords_of_the_file(client, var):
    make_catalogue()
    call_command("create_demo")
    passwords = read_passwords(var / "demo-accounts.txt")
    User.objects.all().delete()
    Cohort.objects.all().delete()
    call_command("create_demo")
    assert client.login(username="admin", password=passwords["admin"])


def test_it_is_refused_where_settings_say_so(settings, var):
    settings.LAB_DEMO = False
    with pytest.raises(CommandError, match="LAB_DEMO"):
        call_command("create_demo")
    assert not User.objects.exists()
    assert not (var / "demo-accounts.txt").exists()


def test_an_account_of_somebody_else_is_not_taken_over(var):
    make_catalogue()
    owner = make_user("admin")
    with pytest.raises(CommandError, match="admin exists and is no demo account"):
        call_command("create_demo")
    owner.refresh_from_db()
    assert owner.check_password("password")
    assert not owner.is_staff
    assert User.objects.count() == 1


def test_without_a_course_there_are_accounts_and_the_cohort_comes_later():
    call_command("create_demo")
    assert User.objects.count() == 3
    make_catalogue()
    call_command("create_demo")
    assert Cohort.objects.filter(slug=SLUG).exists()


@pytest.fixture
def cohort():
    return create_cohort(
        catalogue=make_catalogue(),
        recordings=RECORDINGS,
        instructor=make_user("teacher"),
        student=make_user("pupil"),
    )


def test_everything_is_marked_as_demo_data(cohort):
    learners = User.objects.filter(username__startswith="student-0")
    assert cohort.is_demo
    assert all(learner.is_demo for learner in learners)
    assert not any(learner.has_usable_password() for learner in learners)
    assert Submission.objects.exists()
    assert not Submission.objects.filter(is_demo=False).exists()


def test_each_submission_is_as_a_worker_would_have_left_it(cohort):
    for submission in Submission.objects.all():
        submission.full_clean(exclude=["release"])
        assert submission.is_final
        run = submission.runs.get()
        verdict = submission.verdicts.get()
        assert verdict.run == run
        assert submission.created_at < run.leased_at < run.ended_at
        assert run.ended_at == submission.finished_at < timezone.now()
        name = submission.files["job.sql"].removeprefix("-- ").strip()
        assert verdict.result == RECORDINGS[submission.lab][name].result
        assert verdict.report == RECORDINGS[submission.lab][name].verdict


def test_the_ledger_follows_from_the_submits(cohort):
    passed = Achievement.objects.filter(kind=Achievement.Kind.LAB_PASSED)
    verdicts = Verdict.objects.filter(result="passed")
    assert passed.count() == verdicts.count() > 5
    for achievement in passed:
        submission = Submission.objects.get(public_id=achievement.evidence)
        assert submission.user == achievement.user
        assert submission.finished_at == achievement.achieved_at
    assert not Achievement.objects.filter(
        achieved_at__gte=timezone.now() - timedelta(seconds=30)
    ).exists()


def test_nobody_sent_in_what_was_locked(cohort):
    for submission in Submission.objects.filter(lab="second-lab"):
        first = Achievement.objects.get(
            user=submission.user, kind=Achievement.Kind.LAB_PASSED, item="first-lab"
        )
        assert first.achieved_at < submission.created_at


def test_the_newcomer_has_no_past(cohort):
    pupil = User.objects.get(username="pupil")
    assert not pupil.submissions.exists()
    assert not pupil.achievements.exists()
    assert Enrolment.objects.filter(user=pupil, cohort=cohort, role="student").exists()


def test_remove_takes_demo_data_and_nothing_else(cohort, var):
    call_command("create_demo")
    real = make_user("real")
    kept = make_submission(real)
    mine = make_cohort(students=[real])
    call_command("create_demo", "--remove")
    assert set(User.objects.values_list("username", flat=True)) == {
        "teacher",
        "pupil",
        "real",
    }
    assert list(Cohort.objects.all()) == [mine]
    assert list(Submission.objects.all()) == [kept]
    assert not Run.objects.exists()
    assert not (var / "demo-accounts.txt").exists()


def test_recordings_come_back_as_they_were_saved(tmp_path):
    kept = [recording("solution", "passed"), recording("wrong", files={"a.sql": "Ы"})]
    save("first-lab", kept, tmp_path)
    assert list(load("first-lab", tmp_path)) == kept
    assert load("unknown", tmp_path) == ()


def test_a_recording_fits_while_the_lab_knows_its_words():
    spec = lab_spec()
    good = recording("wrong", verdict=verdict_report("failed", "snapshot-lost"))
    assert fits(good, spec)
    assert not fits(recording("wrong", language="python"), spec)
    assert not fits(
        recording("wrong", verdict=verdict_report("failed", "gone-mistake")), spec
    )
    other = verdict_report("failed")
    other["checks"][0]["id"] = "gone-check"
    assert not fits(recording("wrong", verdict=other), spec)


def test_a_users_map_of_a_finisher_is_completed_but_for_reading(cohort):
    catalogue = make_catalogue()
    finishers = Achievement.objects.filter(
        kind=Achievement.Kind.LESSON_COMPLETED, item="third"
    )
    assert finishers.exists()
    for achievement in finishers:
        course = course_map(user=achievement.user, catalogue=catalogue)
        assert course.completed_count == 3
