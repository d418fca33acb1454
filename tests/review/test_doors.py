"""Who gets in: role × URL × verb, for pages, fragments and the CSV."""

import pytest
from django.urls import get_resolver, reverse

from review import urls
from submissions.models import Submission
from tests.factories import make_catalogue, make_cohort, make_submission, make_user
from tests.review.world import finish

pytestmark = pytest.mark.django_db

NAMES = ["home", "cohort", "cohort-csv", "student", "attempt", "attempt-part"]
READING = ["get", "head"]
WRITING = ["post", "put", "patch", "delete"]


class World:
    """Two cohorts, with an instructor and a student each; an admin; a stranger."""

    def __init__(self):
        make_catalogue()
        self.student, self.other_student = make_user("pupil"), make_user("other-pupil")
        self.teacher, self.other_teacher = make_user("teacher"), make_user("other")
        self.admin = make_user("root", is_staff=True, is_superuser=True)
        self.cohort = make_cohort(
            slug="own", students=[self.student], instructors=[self.teacher]
        )
        make_cohort(
            slug="foreign",
            students=[self.other_student],
            instructors=[self.other_teacher],
        )
        self.attempt = finish(make_submission(self.student), "failed")

    def url(self, name):
        arguments = {
            "home": [],
            "cohort": ["own"],
            "cohort-csv": ["own"],
            "student": ["own", "pupil"],
            "attempt": [self.attempt.public_id],
            "attempt-part": [self.attempt.public_id, "timings"],
        }
        return reverse(f"review:{name}", args=arguments[name])


@pytest.fixture
def world():
    return World()


def test_every_url_of_the_room_is_in_the_table():
    # Those of questions take posts: tests/review/test_questions.py.
    names = {pattern.name for pattern in urls.urlpatterns}
    assert names - {"questions", "question", "question-answer"} == set(NAMES)
    assert "review" in get_resolver().namespace_dict


@pytest.mark.parametrize("htmx", [False, True], ids=["page", "fragment"])
@pytest.mark.parametrize("verb", READING)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("role", "status"),
    [
        ("stranger", 302),
        ("student", 404),
        ("other_student", 404),
        ("other_teacher", 404),
        ("teacher", 200),
        ("admin", 200),
    ],
)
def test_reading(client, world, role, status, name, verb, htmx):
    if role != "stranger":
        client.force_login(getattr(world, role))
    headers = {"HX-Request": "true"} if htmx else {}
    response = getattr(client, verb)(world.url(name), headers=headers)
    if (role, name) == ("other_teacher", "home"):
        status = 200  # a list of that teacher's own cohorts
        assert b"/cohorts/own/" not in response.content or verb == "head"
    assert response.status_code == status
    if status == 302:
        assert response.url.startswith(reverse("account_login"))


@pytest.mark.parametrize("verb", WRITING)
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(
    ("role", "status"),
    [("stranger", 302), ("student", 404), ("teacher", 405), ("admin", 405)],
)
def test_writing(client, world, role, status, name, verb):
    if role != "stranger":
        client.force_login(getattr(world, role))
    response = getattr(client, verb)(world.url(name))
    assert response.status_code == status


def test_the_list_has_no_foreign_cohort(client, world):
    client.force_login(world.teacher)
    page = client.get(world.url("home")).text
    assert "/review/cohorts/own/" in page
    assert "/review/cohorts/foreign/" not in page


@pytest.mark.parametrize("kind", ["run", "regrade", "shrink"])
def test_what_is_no_submit_is_not_there(client, world, kind):
    original = None if kind == "run" else make_submission(world.student)
    submission = make_submission(world.student, kind=kind, original=original)
    finish(submission, "none")
    for user in (world.teacher, world.admin):
        client.force_login(user)
        url = reverse("review:attempt", args=[submission.public_id])
        assert client.get(url).status_code == 404
        assert client.get(f"{url}run/timings/").status_code == 404


def test_a_student_who_has_left_is_out_of_reach(client, world):
    world.cohort.enrolments.students().delete()
    client.force_login(world.teacher)
    assert client.get(world.url("attempt")).status_code == 404
    assert client.get(world.url("attempt-part")).status_code == 404
    assert client.get(world.url("student")).status_code == 404


def test_an_instructor_who_has_left_sees_nothing(client, world):
    world.cohort.enrolments.instructors().delete()
    client.force_login(world.teacher)
    for name in NAMES:
        assert client.get(world.url(name)).status_code == 404


def test_another_cohorts_student_is_not_reached_through_ones_own(client, world):
    client.force_login(world.teacher)
    for username in ("other-pupil", "teacher", "nobody"):
        url = reverse("review:student", args=["own", username])
        assert client.get(url).status_code == 404


def test_a_teacher_who_is_a_student_elsewhere_sees_no_classmates(client, world):
    foreign = make_cohort(
        slug="third", students=[world.teacher], instructors=[world.other_teacher]
    )
    client.force_login(world.teacher)
    url = reverse("review:cohort", args=[foreign.slug])
    assert client.get(url).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/review/cohorts/nothing/",
        "/review/cohorts/nothing/progress.csv",
        "/review/cohorts/nothing/students/pupil/",
        "/review/attempts/00000000-0000-0000-0000-000000000000/",
        "/review/attempts/not-a-uuid/",
        "/review/attempts/00000000-0000-0000-0000-000000000000/run/timings/",
        "/review/nothing/",
    ],
)
def test_unknown_things_are_404(client, world, path):
    client.force_login(world.admin)
    assert client.get(path).status_code == 404


def test_the_review_link_is_shown_to_reviewers_only(client, world):
    client.force_login(world.student)
    assert reverse("review:home") not in client.get("/").text
    client.force_login(world.teacher)
    assert reverse("review:home") in client.get("/").text


def test_nothing_is_written_by_looking(client, world):
    before = Submission.objects.values().get(pk=world.attempt.pk)
    client.force_login(world.teacher)
    for name in NAMES:
        client.get(world.url(name))
    assert Submission.objects.values().get(pk=world.attempt.pk) == before
