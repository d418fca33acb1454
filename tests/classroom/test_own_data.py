"""Leaving: the account goes with everything, and only by its owner's password."""

import io
import json
import zipfile

from accounts.models import User
from progress.models import Achievement
from questions.models import Question
from questions.services import answer, ask
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


def test_the_archive_holds_own_questions_and_their_answers(reader, student):
    asked = ask_something(student)
    ask_something(make_user())
    answer(question=asked, author=make_user(), text="Смотрите урок 2.")
    content = reader.get("/own-data/potok.zip").content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [found] = json.loads(archive.read("questions.json"))
    assert (found["text"], found["item"]) == ("Почему так?", "first")
    [reply] = found["answers"]
    assert (reply["own"], reply["text"]) == (False, "Смотрите урок 2.")


def test_questions_go_with_the_account(reader, student):
    answer(question=ask_something(student), author=make_user(), text="Вот почему.")
    reader.post("/own-data/delete/", {"password": "password"})
    assert not Question.objects.exists()


def ask_something(user):
    return ask(
        user=user,
        kind="question",
        subject="lesson",
        item="first",
        place="",
        text="Почему так?",
    )


def test_an_admin_is_not_deleted_by_a_form(catalogue):
    admin = make_user(is_staff=True)
    answer = client_of(admin).post("/own-data/delete/", {"password": "password"})
    assert answer.status_code == 403
    assert User.objects.filter(pk=admin.pk).exists()


def test_everybody_may_read_the_privacy_notice(stranger, reader):
    assert stranger.get("/privacy/").status_code == 200
    assert "/own-data/" in reader.get("/privacy/").text
