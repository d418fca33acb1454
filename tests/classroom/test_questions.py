"""Asking about a place, the answer of an instructor, and who is told."""

import pytest
from django.core import mail

from questions.models import Answer, Question
from questions.services import MOST_A_DAY
from tests.classroom.test_attempts import client_of
from tests.factories import make_cohort, make_user

FORM = {
    "subject": "lab",
    "item": "first-lab",
    "place": "totals-right",
    "kind": "question",
    "text": "Почему <b>так</b>?",
}


def asked(reader, **changes):
    return reader.post("/questions/ask/", FORM | changes)


@pytest.fixture
def teacher(student):
    teacher = make_user("teacher-a")
    make_cohort(students=[student], instructors=[teacher])
    return teacher


def test_the_forms_stand_under_the_lesson_and_the_checks(reader):
    lab = reader.get("/labs/first-lab/").text
    assert '<option value="totals-right">Итоги верны</option>' in lab
    assert 'value="error"' in reader.get("/lessons/first/").text


def test_a_question_is_answered_and_who_asked_is_told(
    reader, student, teacher, django_capture_on_commit_callbacks
):
    made = Question.objects.get(public_id=asked(reader).url.split("/")[2])
    assert (made.user, made.item, made.place) == (student, "first-lab", "totals-right")
    staff = client_of(teacher)
    assert "Почему &lt;b&gt;так" in staff.get("/review/questions/").text
    with django_capture_on_commit_callbacks(execute=True):
        answer = staff.post(
            f"/review/questions/{made.public_id}/answer/", {"text": "Потому что."}
        )
    assert answer.status_code == 302
    [letter] = mail.outbox
    assert letter.to == [student.email]
    assert "Потому что." in letter.body
    assert "Что изменилось" in reader.get("/").text
    assert "Потому что." in reader.get(made.get_absolute_url()).text
    assert "Что изменилось" not in reader.get("/").text


def test_mail_can_be_switched_off(reader, teacher, django_capture_on_commit_callbacks):
    asked(reader)
    reader.post("/questions/mail/", {"answers": "0"})
    assert "только на сайте" in reader.get("/questions/").text
    made = Question.objects.get()
    with django_capture_on_commit_callbacks(execute=True):
        client_of(teacher).post(
            f"/review/questions/{made.public_id}/answer/", {"text": "Да."}
        )
    assert Answer.objects.count() == 1
    assert mail.outbox == []


def test_nothing_is_asked_about_what_is_locked(reader):
    answer = asked(reader, item="second-lab")
    assert answer.status_code == 403
    assert asked(reader, subject="lesson", item="second").status_code == 403
    assert not Question.objects.exists()


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"subject": "cohort"}, 404),
        ({"item": "nothing"}, 404),
        ({"place": "nothing"}, 404),
        ({"kind": "praise"}, 400),
        ({"text": " \x00 "}, 400),
        ({"text": "x" * 4001}, 400),
    ],
)
def test_a_form_that_does_not_fit_stores_nothing(reader, changes, status):
    assert asked(reader, **changes).status_code == status
    assert not Question.objects.exists()


def test_a_day_has_a_limit_and_the_text_comes_back(reader):
    for _number in range(MOST_A_DAY):
        asked(reader)
    answer = asked(reader, text="Последний <вопрос>")
    assert answer.status_code == 400
    assert "Последний &lt;вопрос&gt;" in answer.text
    assert Question.objects.count() == MOST_A_DAY


def test_a_question_is_its_owners_alone(reader, student):
    other = client_of(make_user())
    asked(reader)
    made = Question.objects.get()
    assert other.get(f"/questions/{made.public_id}/").status_code == 404
    reply = f"/questions/{made.public_id}/reply/"
    assert other.post(reply, {"text": "x"}).status_code == 404
    assert not Answer.objects.exists()
    reader.post(reply, {"text": "И ещё."})
    assert Answer.objects.get().seen_at is not None
    assert made.text[:6] not in other.get("/questions/").text


def test_a_question_whose_lab_left_the_course_is_still_shown(reader):
    asked(reader)
    Question.objects.update(item="gone")
    made = Question.objects.get()
    assert "gone" in reader.get("/questions/").text
    assert reader.get(made.get_absolute_url()).status_code == 200
