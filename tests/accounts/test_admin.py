"""The admin: who gets in, what it shows, and that lists do not grow by query."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Cohort, User
from progress.models import Achievement
from progress.services import record_lab_passed
from submissions.models import Run, Submission, Verdict
from tests.factories import (
    make_catalogue,
    make_cohort,
    make_submission,
    make_user,
)
from tests.review.world import finish

pytestmark = pytest.mark.django_db

LISTS = [
    "admin:accounts_user_changelist",
    "admin:accounts_cohort_changelist",
    "admin:accounts_enrolment_changelist",
    "admin:curriculum_release_changelist",
    "admin:progress_achievement_changelist",
    "admin:submissions_submission_changelist",
    "admin:submissions_run_changelist",
    "admin:submissions_verdict_changelist",
    "admin:submissions_workersign_changelist",
]
READ_ONLY = ["submission", "run", "verdict"]


@pytest.fixture
def catalogue():
    return make_catalogue()


@pytest.fixture
def admin(client):
    user = make_user("root", is_staff=True, is_superuser=True)
    client.force_login(user)
    return user


def live(catalogue, students):
    """Let each of some new students pass the first lab, in a cohort of their own."""
    people = [make_user() for _ in range(students)]
    make_cohort(students=people, instructors=[make_user()])
    for user in people:
        submission = finish(make_submission(user), "passed")
        record_lab_passed(
            user=user,
            catalogue=catalogue,
            lab_id="first-lab",
            evidence=str(submission.public_id),
        )


def test_strangers_get_the_sites_log_in_and_students_nothing(client):
    url = reverse("admin:index")
    page = client.get(url, follow=True)
    assert page.redirect_chain[-1][0].startswith(reverse("account_login"))
    client.force_login(make_user())
    assert client.get(url, follow=True).status_code in {403, 404}


@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_the_same_queries_for_many_rows(name, client, admin, catalogue):
    counts = []
    for students in (2, 8):
        live(catalogue, students)
        client.get(reverse(name))  # content types are read once per process
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name)).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", LISTS)
def test_a_list_can_be_searched(name, client, admin, catalogue):
    live(catalogue, 1)
    assert client.get(reverse(name), {"q": "student"}).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY)
def test_what_workers_write_cannot_be_changed_by_hand(model, client, admin, catalogue):
    live(catalogue, 1)
    row = {"submission": Submission, "run": Run, "verdict": Verdict}[
        model
    ].objects.first()
    change = reverse(f"admin:submissions_{model}_change", args=[row.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"state": "queued"}).status_code == 403
    delete = reverse(f"admin:submissions_{model}_delete", args=[row.pk])
    assert client.post(delete, {"post": "yes"}).status_code == 403
    add = reverse(f"admin:submissions_{model}_add")
    assert client.get(add).status_code == 403


def test_the_ledger_is_read_only(client, admin, catalogue):
    live(catalogue, 1)
    row = Achievement.objects.first()
    change = reverse("admin:progress_achievement_change", args=[row.pk])
    assert client.get(change).status_code == 200
    assert client.post(change, {"item": "second-lab"}).status_code == 403


def test_a_cohort_is_made_with_its_people(client, admin, catalogue):
    student, instructor = make_user("pupil"), make_user("teacher")
    response = client.post(
        reverse("admin:accounts_cohort_add"),
        {
            "title": "Autumn",
            "slug": "autumn",
            "enrolments-TOTAL_FORMS": "0",
            "enrolments-INITIAL_FORMS": "0",
            "enrolments-2-TOTAL_FORMS": "2",
            "enrolments-2-INITIAL_FORMS": "0",
            "enrolments-2-0-user": student.pk,
            "enrolments-2-0-role": "student",
            "enrolments-2-1-user": instructor.pk,
            "enrolments-2-1-role": "instructor",
        },
    )
    assert response.status_code == 302
    cohort = Cohort.objects.get(slug="autumn")
    assert list(cohort.enrolments.students().values_list("user", flat=True)) == [
        student.pk
    ]


def test_a_large_cohort_is_edited_with_few_queries(client, admin, catalogue):
    counts = []
    for students in (3, 30):
        cohort = make_cohort(students=[make_user() for _ in range(students)])
        url = reverse("admin:accounts_cohort_change", args=[cohort.pk])
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            assert client.get(url).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_a_member_becomes_an_instructor_and_another_is_taken_out(
    client, admin, catalogue
):
    promoted, gone = make_user("promoted"), make_user("gone")
    cohort = make_cohort(slug="autumn", students=[promoted, gone])
    first, second = cohort.enrolments.order_by("user__username").reverse()
    response = client.post(
        reverse("admin:accounts_cohort_change", args=[cohort.pk]),
        {
            "title": "Autumn",
            "slug": "autumn",
            "enrolments-TOTAL_FORMS": "2",
            "enrolments-INITIAL_FORMS": "2",
            "enrolments-0-id": first.pk,
            "enrolments-0-cohort": cohort.pk,
            "enrolments-0-role": "instructor",
            "enrolments-1-id": second.pk,
            "enrolments-1-cohort": cohort.pk,
            "enrolments-1-role": "student",
            "enrolments-1-DELETE": "on",
            "enrolments-2-TOTAL_FORMS": "0",
            "enrolments-2-INITIAL_FORMS": "0",
        },
    )
    assert response.status_code == 302
    assert list(cohort.enrolments.values_list("user__username", "role")) == [
        ("promoted", "instructor")
    ]


def test_an_account_is_made_with_an_address(client, admin):
    response = client.post(
        reverse("admin:accounts_user_add"),
        {
            "username": "newcomer",
            "email": "newcomer@example.test",
            "usable_password": "true",
            "password1": "unguessable-47-rivers",
            "password2": "unguessable-47-rivers",
            "enrolments-TOTAL_FORMS": "0",
            "enrolments-INITIAL_FORMS": "0",
        },
    )
    assert response.status_code == 302
    assert User.objects.get(username="newcomer").email == "newcomer@example.test"
