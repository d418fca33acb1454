import pytest

from curriculum.catalogue import CourseContent
from progress.access import Locked
from progress.models import Achievement
from progress.selectors import course_map, ledgers
from progress.services import (
    mark_lesson_read,
    note_lesson_opened,
    record_lab_passed,
    unmark_lesson_read,
)
from tests.factories import make_catalogue, make_cohort, make_lesson, make_user

pytestmark = pytest.mark.django_db


def states(user, catalogue):
    return [entry.state for entry in course_map(user=user, catalogue=catalogue).lessons]


def test_a_pass_is_recorded_once_and_its_first_evidence_stands():
    user, catalogue = make_user(), make_catalogue()
    for evidence in ("one", "two"):
        record_lab_passed(
            user=user, catalogue=catalogue, lab_id="first-lab", evidence=evidence
        )
    rows = Achievement.objects.filter(user=user).values_list("kind", "item", "evidence")
    assert set(rows) == {
        ("lab_passed", "first-lab", "one"),
        ("lesson_completed", "first", "one"),
    }
    assert states(user, catalogue) == ["completed", "open", "locked"]


def test_reading_marks_can_be_taken_back_and_given_again():
    content = CourseContent(
        lessons=(
            make_lesson("first", order=1),
            make_lesson("second", order=2, prerequisites=["first"]),
        ),
        labs=(),
    )
    user, catalogue = make_user(), make_catalogue(content)
    mark_lesson_read(user=user, catalogue=catalogue, lesson_id="first")
    assert states(user, catalogue) == ["completed", "open"]
    unmark_lesson_read(user=user, catalogue=catalogue, lesson_id="first")
    assert states(user, catalogue) == ["open", "locked"]
    mark_lesson_read(user=user, catalogue=catalogue, lesson_id="first")
    assert states(user, catalogue) == ["completed", "open"]


def test_taking_a_reading_mark_back_leaves_a_lab_pass_alone():
    user, catalogue = make_user(), make_catalogue()
    mark_lesson_read(user=user, catalogue=catalogue, lesson_id="first")
    record_lab_passed(user=user, catalogue=catalogue, lab_id="first-lab", evidence="x")
    unmark_lesson_read(user=user, catalogue=catalogue, lesson_id="first")
    assert states(user, catalogue)[0] == "completed"


def test_a_locked_lesson_cannot_be_marked_or_begun():
    user, catalogue = make_user(), make_catalogue()
    with pytest.raises(Locked):
        mark_lesson_read(user=user, catalogue=catalogue, lesson_id="second")
    with pytest.raises(Locked):
        note_lesson_opened(
            user=user,
            course=course_map(user=user, catalogue=catalogue),
            lesson_id="third",
        )
    assert not Achievement.objects.exists()


def test_a_begun_lesson_stays_open_under_a_release_with_new_prerequisites():
    user = make_user()
    before = make_catalogue(
        CourseContent(lessons=(make_lesson("late", order=2),), labs=())
    )
    note_lesson_opened(
        user=user, course=course_map(user=user, catalogue=before), lesson_id="late"
    )
    after = make_catalogue(
        CourseContent(
            lessons=(
                make_lesson("early", order=1),
                make_lesson("late", order=2, prerequisites=["early"]),
            ),
            labs=(),
        )
    )
    assert states(user, after) == ["open", "in_progress"]
    assert states(make_user(), after) == ["open", "locked"]


def test_ledgers_of_many_people_are_one_query(django_assert_num_queries):
    catalogue = make_catalogue()
    users = [make_user() for _ in range(5)]
    for user in users[:2]:
        record_lab_passed(
            user=user, catalogue=catalogue, lab_id="first-lab", evidence="x"
        )
    with django_assert_num_queries(1):
        found = ledgers([user.pk for user in users])
    assert [bool(found[user.pk].passed) for user in users] == [
        True,
        True,
        False,
        False,
        False,
    ]


def test_an_instructor_reads_ahead_and_a_student_of_the_cohort_does_not():
    catalogue = make_catalogue()
    student, teacher = make_user(), make_user()
    make_cohort(students=[student], instructors=[teacher])
    assert states(teacher, catalogue) == ["open", "open", "open"]
    assert states(student, catalogue) == ["open", "locked", "locked"]
