"""Leaving: the account goes with everything, and only by its owner's password."""

from accounts.models import User
from progress.models import Achievement
from submissions.models import Draft, Submission
from tests.classroom.test_attempts import client_of
from tests.factories import make_submission, make_user


def test_an_account_is_deleted_with_everything_of_it(reader, student):
    other = make_submission(make_user())
    make_submission(student)
    reader.get("/lessons/first/")
    reader.post(
        "/labs/first-lab/draft/",
        {"language": "sql", "source": "SELECT 1", "revision": "0"},
    )
    answer = reader.post("/own-data/delete/", {"password": "password"})
    assert answer.url == "/accounts/login/"
    assert not User.objects.filter(pk=student.pk).exists()
    assert list(Submission.objects.all()) == [other]
    assert not Achievement.objects.exists()
    assert not Draft.objects.exists()
    assert reader.get("/course/").status_code == 302


def test_a_wrong_password_deletes_nothing(reader, student):
    answer = reader.post("/own-data/delete/", {"password": "wrong"})
    assert answer.status_code == 400
    assert "Пароль не подходит." in answer.text
    assert User.objects.filter(pk=student.pk).exists()


def test_an_admin_is_not_deleted_by_a_form(catalogue):
    admin = make_user(is_staff=True)
    answer = client_of(admin).post("/own-data/delete/", {"password": "password"})
    assert answer.status_code == 403
    assert User.objects.filter(pk=admin.pk).exists()


def test_everybody_may_read_the_privacy_notice(stranger, reader):
    assert stranger.get("/privacy/").status_code == 200
    assert "/own-data/" in reader.get("/privacy/").text
