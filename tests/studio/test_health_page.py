"""The health page: who gets in, what its first sentence says, hostile details."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from studio import urls
from studio.wording import condition_words
from submissions.alerts import AlertCode, raise_alert
from submissions.engine import STARTING
from submissions.health import Condition
from submissions.models import Submission, WorkerSign
from tests.factories import make_catalogue, make_cohort, make_submission, make_user
from tests.review.world import finish

pytestmark = pytest.mark.django_db

POOL = {
    "concurrency": 2,
    "running": 1,
    "target": 3,
    "warm": 2,
    "spare": 1,
    "memory_bytes": 1024**3,
    "memory_available_bytes": 4 * 1024**3,
    "is_stale": False,
    "limits": "watchdog",
    "limits_reason": "<b>cgroup v2 is not mounted</b>",
    "slots": [{"number": 0, "last_failure": "<b>broker_died</b>"}],
}


def sign(**fields):
    given = {"name": "w-1", "host": "w", "seen_at": timezone.now(), "slots": 2}
    return WorkerSign.objects.create(**(given | fields))


def condition_of(page):
    return page.text.split('data-condition="')[1].split('"')[0]


@pytest.fixture
def staff(client):
    user = make_user("root", is_staff=True, is_superuser=True, language="en")
    client.force_login(user)
    return user


def health(client):
    return client.get(reverse("studio:health"))


def test_every_url_of_the_room_is_tested_here():
    assert [pattern.name for pattern in urls.urlpatterns] == ["health"]


@pytest.mark.parametrize(
    ("role", "reading", "writing"),
    [
        ("stranger", 302, 302),
        ("student", 404, 404),
        ("teacher", 404, 404),
        ("inactive", 302, 302),
        ("admin", 200, 405),
    ],
)
def test_only_staff_gets_in(client, role, reading, writing):
    people = {
        "student": make_user("pupil"),
        "teacher": make_user("teacher"),
        "inactive": make_user("gone", is_staff=True, is_active=False),
        "admin": make_user("root", is_staff=True),
    }
    make_cohort(students=[people["student"]], instructors=[people["teacher"]])
    if role in people:
        client.force_login(people[role])
    url = reverse("studio:health")
    for verb in ("get", "head"):
        assert getattr(client, verb)(url).status_code == reading
    for verb in ("post", "put", "patch", "delete"):
        assert getattr(client, verb)(url).status_code == writing


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (None, Condition.NO_WORKER),
        ({"seen_at": timezone.now() - timedelta(hours=1)}, Condition.NO_WORKER),
        ({"detail": STARTING}, Condition.STARTING),
        ({"draining": True}, Condition.DRAINING),
        ({"detail": "unprivileged user namespaces are off"}, Condition.REFUSED),
        ({"ready": True}, Condition.WELL),
    ],
)
def test_the_first_sentence_says_whether_labs_can_run(client, staff, fields, expected):
    if fields is not None:
        sign(**fields)
    page = health(client)
    assert condition_of(page) == expected
    words = condition_words(expected)
    assert str(words.sentence) in page.text
    assert page.text.index(str(words.sentence)) < page.text.index("<h2")
    if detail := (fields or {}).get("detail"):
        assert detail in page.text


def test_one_ready_worker_is_enough_and_a_matter_is_told(client, staff):
    make_catalogue()
    sign(ready=True)
    sign(name="w-2", detail="no seccomp")
    assert condition_of(health(client)) == Condition.WELL
    raise_alert(AlertCode.ENGINE_CLOSED, subject="w", detail="<i>no seccomp</i>")
    page = health(client)
    assert condition_of(page) == Condition.MATTERS
    assert "<i>no seccomp" not in page.text
    assert "&lt;i&gt;no seccomp" in page.text


def test_it_shows_workers_queue_endings_and_what_is_stuck(client, staff):
    make_catalogue()
    finish(make_submission(), "failed", ending="time_limit")
    waiting = make_submission()
    Submission.objects.filter(pk=waiting.pk).update(
        created_at=timezone.now() - timedelta(minutes=11)
    )
    current = {"submission": "0-0", "kind": "run", "lab": "first-lab"}
    sign(ready=True, version="abc123", pool=POOL, current=[current])
    page = health(client).text
    for text in ("abc123", "1.0\xa0GB", "4.0\xa0GB", "0-0", "time limit"):
        assert text in page, text
    assert str(waiting.public_id) in page
    assert "it waits although a worker is ready" in page
    assert "&lt;b&gt;broker_died" in page
    assert "<b>broker_died" not in page


@pytest.mark.parametrize(
    ("limits", "said", "unsaid"),
    [
        ("watchdog", "Only the watchdog limits the sum", "by a control group"),
        ("cgroup_v2", "by a control group (cgroup v2)", "Only the watchdog"),
    ],
)
def test_it_says_what_holds_a_box_to_its_limits(client, staff, limits, said, unsaid):
    sign(ready=True, pool=POOL | {"limits": limits})
    page = health(client).text
    assert said in page
    assert unsaid not in page
    assert "<b>cgroup" not in page
    assert ("&lt;b&gt;cgroup v2 is not mounted" in page) is (limits == "watchdog")


def test_a_worker_of_an_older_version_says_nothing_of_limits(client, staff):
    older = {name: value for name, value in POOL.items() if "limits" not in name}
    sign(ready=True, pool=older)
    assert "watchdog" not in health(client).text


def test_russian_is_whole(client, staff):
    staff.language = "ru"
    staff.save()
    sign(ready=True, pool=POOL)
    page = health(client).text
    assert "Всё в порядке: лабораторные запускаются." in page
    for english in (
        "Workers",
        "Only the watchdog",
        "Queue",
        "Memory left",
        "Nothing is stuck",
    ):
        assert english not in page
