"""Every URL of the students' pages against everybody who may ask for it."""

from uuid import uuid4

import pytest
from django.test import Client
from django.urls import resolve

from submissions.models import Draft, Submission
from tests.classroom.conftest import HTMX
from tests.factories import make_submission, make_user
from tests.review.world import finish

# Fixed: pytest-xdist must collect the same names in every process.
NOBODYS = "5a1f8f0e-9d0b-4d0e-8a57-3c1f2b6d7e90"
GETS = [
    "/course/",
    "/lessons/first/",
    "/labs/first-lab/",
    "/labs/first-lab/attempts/",
    "/labs/first-lab/work.zip",
    "/notes/",
    "/notes/notes.md",
    "/questions/",
    "/certificate/",
    "/own-data/",
    "/own-data/potok.zip",
    "/search/",
    "/search/suggestions/",
    "/glossary/",
    "/troubleshooting/",
]
OWN_GETS = [f"/attempts/{NOBODYS}/", f"/attempts/{NOBODYS}/run/timings/"]
LOCKED_GETS = [
    "/lessons/second/",
    "/lessons/second/files/a.png",
    "/labs/second-lab/",
    "/labs/second-lab/attempts/",
    "/labs/second-lab/compare/",
    "/labs/second-lab/work.zip",
    "/labs/second-lab/solution/",
    "/labs/second-lab/files/a.png",
]
POSTS = [
    "/lessons/first/read/",
    "/lessons/first/place/",
    "/lessons/first/note/",
    "/labs/first-lab/send/",
    "/labs/first-lab/draft/",
    "/labs/first-lab/reset/",
    "/labs/first-lab/unreset/",
]
OWN_POSTS = [
    "/own-data/delete/",
    "/notes/remove/",
    "/questions/ask/",
    "/questions/mail/",
    "/certificate/issue/",
]
LOCKED_POSTS = [url.replace("first", "second") for url in POSTS]
FORM = {
    "kind": "submit",
    "language": "sql",
    "source": "SELECT 'mine'",
    "revision": "0",
}
BOTH = pytest.mark.parametrize("headers", [{}, HTMX], ids=["page", "fragment"])


def form(**changes):
    return FORM | {"key": str(uuid4())} | changes


@pytest.mark.parametrize("url", GETS + OWN_GETS + LOCKED_GETS)
def test_a_stranger_is_sent_to_the_log_in_page_with_the_way_back(stranger, url):
    answer = stranger.get(url)
    assert answer.status_code == 302
    assert answer.url == f"/accounts/login/?next={url}"


@pytest.mark.parametrize("url", GETS + OWN_GETS + LOCKED_GETS)
def test_a_stranger_gets_no_fragment(stranger, url):
    answer = stranger.get(url, headers=HTMX)
    assert answer.status_code == 401
    assert "<html" not in answer.text
    assert "/accounts/login/" in answer.text


@BOTH
@pytest.mark.parametrize("url", POSTS + LOCKED_POSTS)
def test_a_stranger_writes_nothing(stranger, url, headers):
    answer = stranger.post(url, form(), headers=headers)
    assert answer.status_code == 401
    assert not Submission.objects.exists()
    assert not Draft.objects.exists()


def test_a_stranger_gets_the_text_back(stranger):
    answer = stranger.post("/labs/first-lab/send/", form(source="SELECT '<mine>'"))
    assert "SELECT &#x27;&lt;mine&gt;&#x27;" in answer.text


def test_home_tells_a_stranger_what_this_is(stranger):
    answer = stranger.get("/")
    assert answer.status_code == 200
    assert "Урок first" in answer.text
    assert "/accounts/login/" in answer.text


@BOTH
@pytest.mark.parametrize("url", ["/", *GETS])
def test_a_student_sees_what_is_open(reader, url, headers):
    answer = reader.get(url, headers=headers)
    assert answer.status_code == 200
    assert "HX-Request" in answer["Vary"]


@BOTH
@pytest.mark.parametrize("url", LOCKED_GETS)
def test_what_is_locked_says_what_is_missing(reader, url, headers):
    answer = reader.get(url, headers=headers)
    assert answer.status_code == 403
    assert "/lessons/first/" in answer.text
    assert "/labs/first-lab/" in answer.text
    assert "Урок first" in answer.text
    assert "Текст урока" not in answer.text
    assert "task second-lab" not in answer.text
    assert "starter" not in answer.text


def test_the_page_of_a_locked_lesson_keeps_the_navigation(reader):
    text = reader.get("/lessons/second/").text
    assert "site-header" in text
    assert text.count('class="is-locked"') == 2  # second and third in the tree


@BOTH
@pytest.mark.parametrize("url", LOCKED_POSTS)
def test_nothing_is_written_to_what_is_locked(reader, url, headers):
    answer = reader.post(url, form(), headers=headers)
    assert answer.status_code == 403
    assert not Submission.objects.exists()
    assert not Draft.objects.exists()


def test_a_refused_post_to_a_locked_lab_gives_the_text_back(reader):
    answer = reader.post("/labs/second-lab/send/", form())
    assert "SELECT &#x27;mine&#x27;" in answer.text


@BOTH
@pytest.mark.parametrize(
    "url",
    [
        "/lessons/nothing/",
        "/labs/nothing/",
        "/labs/nothing/attempts/",
        "/lessons/first/files/nothing.png",
        "/lessons/first/files/../../../manage.py",
        "/labs/first-lab/files/lab.yaml",
        f"/attempts/{NOBODYS}/",
        f"/questions/{NOBODYS}/",
        f"/certificates/{NOBODYS}/",
        f"/attempts/{NOBODYS}/status/",
        f"/attempts/{NOBODYS}/smallest/status/",
        f"/attempts/{NOBODYS}/run/plan/",
        "/attempts/not-a-uuid/",
    ],
)
def test_what_does_not_exist_is_404(reader, url, headers, monkeypatch, tmp_path):
    monkeypatch.setattr("curriculum.releases.release_tree", lambda release: tmp_path)
    answer = reader.get(url, headers=headers)
    assert answer.status_code == 404


@BOTH
@pytest.mark.parametrize("action", ["", "status/", "smallest/status/", "run/timings/"])
def test_another_persons_attempt_is_404(reader, action, headers):
    other = finish(make_submission(make_user()), "failed")
    answer = reader.get(f"/attempts/{other.public_id}/{action}", headers=headers)
    assert answer.status_code == 404


@pytest.mark.parametrize(
    "action", ["cancel/", "restore/", "smallest/", "smallest/cancel/"]
)
def test_another_persons_attempt_cannot_be_touched(reader, action):
    other = make_submission(make_user())
    assert reader.post(f"/attempts/{other.public_id}/{action}").status_code == 404
    other.refresh_from_db()
    assert other.state == "queued"
    assert not Draft.objects.exists()


@pytest.mark.parametrize("url", OWN_POSTS)
def test_a_stranger_posts_nothing_of_a_person(stranger, url):
    assert stranger.post(url, {"password": "password"}).status_code == 401


@pytest.mark.parametrize("url", [*POSTS, *OWN_POSTS])
def test_a_get_never_writes(reader, url):
    assert reader.get(url).status_code == 405


@pytest.mark.parametrize("url", ["/", *GETS])
def test_a_post_to_a_page_is_refused(reader, url):
    assert reader.post(url).status_code == 405


@pytest.mark.parametrize("url", ["/", *GETS])
def test_head_answers_like_get(reader, url):
    assert reader.head(url).status_code == 200


@pytest.mark.parametrize("url", [*POSTS, "/preferences/"])
def test_a_post_without_a_token_is_refused_and_keeps_the_text(catalogue, student, url):
    client = Client(enforce_csrf_checks=True)
    client.force_login(student)
    answer = client.post(url, form())
    assert answer.status_code == 403
    assert "SELECT &#x27;mine&#x27;" in answer.text
    assert not Submission.objects.exists()
    assert not Draft.objects.exists()


def test_a_fragment_without_a_token_is_told_so_in_a_fragment(catalogue, student):
    client = Client(enforce_csrf_checks=True)
    client.force_login(student)
    answer = client.post("/labs/first-lab/send/", form(), headers=HTMX)
    assert answer.status_code == 403
    assert "<html" not in answer.text


def test_a_script_without_a_token_is_told_so_in_json(catalogue, student):
    client = Client(enforce_csrf_checks=True)
    client.force_login(student)
    answer = client.post(
        "/labs/first-lab/draft/", form(), headers={"Accept": "application/json"}
    )
    assert answer.status_code == 403
    assert answer.json()["code"] == "form-expired"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/lessons/old-first/", "/lessons/first/"),
        ("/labs/old-lab/", "/labs/first-lab/"),
        ("/labs/old-lab/attempts/", "/labs/first-lab/attempts/"),
    ],
)
def test_an_old_address_leads_to_the_present_one(renamed, old, new):
    answer = renamed.get(old)
    assert (answer.status_code, answer.url) == (301, new)


def test_before_the_first_import_the_site_says_what_is_missing(db, student):
    client = Client()
    client.force_login(student)
    for url in ("/", "/course/", "/lessons/first/", "/labs/first-lab/"):
        answer = client.get(url)
        assert answer.status_code == 503
        assert "import_course" in answer.text


def test_every_view_of_the_room_is_behind_the_gate():
    open_to_all = {"home", "preferences", "privacy", "verify-certificate"}
    from classroom.urls import urlpatterns

    for pattern in urlpatterns:
        if pattern.name not in open_to_all:
            inner = pattern.callback
            names = set()
            while inner is not None:
                names.add(getattr(inner, "__code__", None) and inner.__code__.co_name)
                inner = getattr(inner, "__wrapped__", None)
            assert "guarded" in names, pattern.name
    assert resolve("/").func.__name__ == "home"
