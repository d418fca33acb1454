"""Who sees and answers questions: role × URL × verb."""

import pytest
from django.test import Client

from questions.models import Answer, Question
from tests.review.test_doors import World

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    return World()


@pytest.fixture
def question(world):
    return Question.objects.create(
        user=world.student,
        kind="question",
        subject="lesson",
        item="first",
        text="Вопрос ученика",
    )


def addresses(question):
    page = f"/review/questions/{question.public_id}/"
    return [("get", "/review/questions/"), ("get", page), ("post", f"{page}answer/")]


def ask(user, verb, url):
    client = Client()
    if user is not None:
        client.force_login(user)
    return getattr(client, verb)(url, {"text": "Ответ"} if verb == "post" else None)


def test_a_stranger_is_sent_to_the_log_in(question):
    for verb, url in addresses(question):
        assert ask(None, verb, url).url.startswith("/accounts/login/")
    assert not Answer.objects.exists()


def test_for_a_student_the_pages_do_not_exist(world, question):
    for verb, url in addresses(question):
        assert ask(world.student, verb, url).status_code == 404
    assert not Answer.objects.exists()


def test_an_instructor_of_another_cohort_finds_nothing(world, question):
    (_get, listing), *others = addresses(question)
    assert "Вопрос ученика" not in ask(world.other_teacher, "get", listing).text
    for verb, url in others:
        assert ask(world.other_teacher, verb, url).status_code == 404
    assert not Answer.objects.exists()


@pytest.mark.parametrize("who", ["teacher", "admin"])
def test_those_who_teach_the_student_read_and_answer(world, question, who):
    user = getattr(world, who)
    for verb, url in addresses(question):
        answer = ask(user, verb, url)
        assert answer.status_code == (302 if verb == "post" else 200)
        if verb == "get":
            assert "Вопрос ученика" in answer.text
    assert Answer.objects.get().author == user


def test_an_answer_is_never_written_by_a_get(world, question):
    url = addresses(question)[2][1]
    assert ask(world.teacher, "get", url).status_code == 405


def test_an_empty_answer_is_refused_and_closing_needs_none(world, question):
    client = Client()
    client.force_login(world.teacher)
    url = addresses(question)[2][1]
    assert client.post(url, {"text": " "}).status_code == 400
    assert client.post(url, {"text": "", "close": "1"}).status_code == 302
    question.refresh_from_db()
    assert question.closed_at is not None
    assert not Answer.objects.exists()


def test_those_that_wait_come_first(world, question):
    old = Question.objects.create(
        user=world.student, kind="error", subject="lesson", item="first", text="Ранний"
    )
    Answer.objects.create(question=question, author=world.teacher, text="Ответ")
    text = ask(world.teacher, "get", "/review/questions/").text
    assert text.index(old.text) < text.index(question.text)
