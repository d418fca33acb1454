"""Since when a person has not been here."""

from datetime import timedelta

from django.utils import timezone

from accounts.visits import note_visit
from tests.factories import make_user


def test_a_visit_lasts_and_its_answer_stays(db, time_machine):
    began = timezone.now()
    user, session = make_user("student-a"), {}
    time_machine.move_to(began, tick=False)
    assert note_visit(user=user, session=session) is None
    time_machine.move_to(began + timedelta(minutes=20), tick=False)
    assert note_visit(user=user, session=session) is None
    last = user.visited_at
    assert last == timezone.now()

    time_machine.move_to(began + timedelta(days=2))
    assert note_visit(user=user, session=session) == last
    time_machine.move_to(began + timedelta(days=2, minutes=10))
    assert note_visit(user=user, session=session) == last


def test_another_browser_asks_for_itself(db):
    user = make_user("student-a")
    user.visited_at = seen = timezone.now() - timedelta(minutes=10)
    assert note_visit(user=user, session={}) == seen


def test_the_row_is_written_once_in_five_minutes(db, django_assert_num_queries):
    user, session = make_user("student-a"), {}
    with django_assert_num_queries(1):
        note_visit(user=user, session=session)
    with django_assert_num_queries(0):
        note_visit(user=user, session=session)
