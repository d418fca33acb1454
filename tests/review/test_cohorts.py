"""The matrix: states, tries, filters, order; and that queries do not grow with it."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import User
from progress.access import LessonState
from progress.selectors import course_map
from progress.services import (
    mark_lesson_read,
    note_lesson_opened,
    record_lab_passed,
)
from submissions.cohorts import (
    CellState,
    MatrixFilters,
    Sort,
    Standing,
    cohort_lines,
    cohort_matrix,
)
from submissions.models import Submission
from submissions.student_record import student_record
from tests.factories import make_catalogue, make_cohort, make_submission, make_user
from tests.review.world import finish

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue():
    return make_catalogue()


def submit(user, result=None, *, lab="first-lab", kind="submit", days=0, **fields):
    """Send in, ``days`` ago; with a result it has been graded too."""
    submission = make_submission(
        user, lab=lab, kind=kind, created_at=timezone.now() - timedelta(days=days)
    )
    return finish(submission, result, **fields) if result else submission


def pass_lab(user, catalogue, lab="first-lab"):
    submission = submit(user, "passed", lab=lab)
    record_lab_passed(
        user=user,
        catalogue=catalogue,
        lab_id=lab,
        evidence=str(submission.public_id),
    )


def matrix_of(cohort, catalogue, **filters):
    return cohort_matrix(
        cohort=cohort, catalogue=catalogue, filters=MatrixFilters(**filters)
    )


def names(matrix):
    return [row.student.username for row in matrix.rows]


def cells_of(matrix, username):
    row = next(row for row in matrix.rows if row.student.username == username)
    return {
        column.key: cell for column, cell in zip(matrix.columns, row.cells, strict=True)
    }


def test_columns_are_lessons_with_their_labs_behind_them(catalogue):
    matrix = matrix_of(make_cohort(), catalogue)
    assert [column.key for column in matrix.columns] == [
        "lesson.first",
        "lab.first-lab",
        "lesson.second",
        "lab.second-lab",
        "lesson.third",
    ]


def test_a_newcomer_has_the_first_lesson_open_and_the_rest_locked(catalogue):
    matrix = matrix_of(make_cohort(students=[make_user("new")]), catalogue)
    states = {key: cell.state for key, cell in cells_of(matrix, "new").items()}
    assert states == {
        "lesson.first": CellState.OPEN,
        "lab.first-lab": CellState.OPEN,
        "lesson.second": CellState.LOCKED,
        "lab.second-lab": CellState.LOCKED,
        "lesson.third": CellState.LOCKED,
    }


def test_only_submits_with_a_verdict_count_as_tries(catalogue):
    user = make_user("tried")
    submit(user, "failed")
    submit(user, "failed", ending="learner_error")
    submit(user, "none", ending="cancelled")
    submit(user, "none", ending="platform_fault")
    submit(user, "none", kind="run")
    submit(user)  # still open
    cell = cells_of(matrix_of(make_cohort(students=[user]), catalogue), "tried")[
        "lab.first-lab"
    ]
    assert (cell.state, cell.tries) == (CellState.TRIED, 2)


def test_a_regraded_submit_counts_once_and_by_its_present_verdict(catalogue):
    user = make_user("tried")
    submission = submit(user, "failed")
    Submission.objects.filter(pk=submission.pk).update(generation=2)
    submission.refresh_from_db()
    submission.verdicts.create(
        generation=2, result="none", ending="platform_fault", report={}
    )
    cell = cells_of(matrix_of(make_cohort(students=[user]), catalogue), "tried")[
        "lab.first-lab"
    ]
    assert cell.tries == 0


def test_a_pass_completes_the_lesson_and_opens_the_next(catalogue):
    user = make_user("ahead")
    submit(user, "failed")
    pass_lab(user, catalogue)
    cells = cells_of(matrix_of(make_cohort(students=[user]), catalogue), "ahead")
    assert cells["lab.first-lab"].state is CellState.PASSED
    assert cells["lab.first-lab"].tries == 2
    assert cells["lesson.first"].state is CellState.COMPLETED
    assert cells["lesson.second"].state is CellState.OPEN


def test_lesson_states_are_those_of_the_students_own_course_map(catalogue):
    users = [make_user(f"s{number}") for number in range(4)]
    pass_lab(users[1], catalogue)
    pass_lab(users[2], catalogue)
    pass_lab(users[2], catalogue, "second-lab")
    mark_lesson_read(user=users[2], catalogue=catalogue, lesson_id="third")
    note_lesson_opened(
        user=users[3],
        course=course_map(user=users[3], catalogue=catalogue),
        lesson_id="first",
    )
    matrix = matrix_of(make_cohort(students=users), catalogue)
    seen = set()
    for user in users:
        cells = cells_of(matrix, user.username)
        for entry in course_map(user=user, catalogue=catalogue).lessons:
            assert cells[f"lesson.{entry.lesson.id}"].state == entry.state
            seen.add(entry.state)
    assert seen == set(LessonState)


def test_only_the_cohorts_students_are_in_it(catalogue):
    outsider, teacher = make_user("outsider"), make_user("teacher")
    make_cohort(students=[outsider])
    matrix = matrix_of(
        make_cohort(students=[make_user("member")], instructors=[teacher]), catalogue
    )
    assert names(matrix) == ["member"]


def make_three(catalogue):
    """``anna`` was never seen, ``boris`` failed long ago, ``vera`` passed now."""
    anna, boris, vera = (make_user(name) for name in ("anna", "boris", "vera"))
    User.objects.filter(pk=vera.pk).update(first_name="Вера", last_name="Ильина")
    submit(boris, "failed", days=9)
    pass_lab(vera, catalogue)
    return make_cohort(students=[anna, boris, vera])


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        (Sort.NAME, ["anna", "boris", "vera"]),
        (Sort.NAME_DOWN, ["vera", "boris", "anna"]),
        (Sort.PROGRESS, ["anna", "boris", "vera"]),
        (Sort.PROGRESS_DOWN, ["vera", "anna", "boris"]),
        (Sort.SEEN, ["boris", "vera", "anna"]),
        (Sort.SEEN_DOWN, ["vera", "boris", "anna"]),
    ],
)
def test_order(catalogue, sort, expected):
    assert names(matrix_of(make_three(catalogue), catalogue, sort=sort)) == expected


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"text": "AN"}, ["anna"]),
        ({"text": " ильин"}, ["vera"]),
        ({"text": "boris@example"}, ["boris"]),
        ({"text": "nobody"}, []),
        ({"state": CellState.TRIED}, ["boris"]),
        ({"state": CellState.PASSED, "item": "lab.first-lab"}, ["vera"]),
        ({"state": CellState.LOCKED, "item": "lesson.second"}, ["anna", "boris"]),
        ({"state": CellState.PASSED, "item": "lab.second-lab"}, []),
        ({"item": "lab.first-lab"}, ["anna", "boris", "vera"]),
    ],
)
def test_filters(catalogue, filters, expected):
    matrix = matrix_of(make_three(catalogue), catalogue, **filters)
    assert names(matrix) == expected


def test_the_standing_is_of_the_whole_cohort_and_the_foot_of_what_is_shown(catalogue):
    matrix = matrix_of(make_three(catalogue), catalogue, text="boris")
    assert matrix.standing == Standing(students=3, begun=2, trying=1, finished=0)
    assert matrix.done == (0, 0, 0, 0, 0)
    matrix = matrix_of(make_three_again(catalogue), catalogue)
    assert matrix.done == (1, 1, 0, 0, 0)


def make_three_again(catalogue):
    user = make_user()
    pass_lab(user, catalogue)
    return make_cohort(students=[user, make_user()])


def queries_for(students, catalogue, ask):
    people = [make_user() for _ in range(students)]
    for user in people:
        submit(user, "failed")
        pass_lab(user, catalogue)
    cohort = make_cohort(students=people)
    with CaptureQueriesContext(connection) as queries:
        ask(cohort, people[0])
    return len(queries)


@pytest.mark.parametrize(
    ("ask", "most"),
    [
        (lambda catalogue, cohort, user: matrix_of(cohort, catalogue), 4),
        (
            lambda catalogue, cohort, user: student_record(
                cohort=cohort, username=user.username, catalogue=catalogue
            ),
            5,
        ),
    ],
    ids=["matrix", "student"],
)
def test_queries_do_not_grow_from_5_to_50_students(catalogue, ask, most):
    few = queries_for(5, catalogue, lambda *found: ask(catalogue, *found))
    many = queries_for(50, catalogue, lambda *found: ask(catalogue, *found))
    assert few == many <= most


def test_a_record_has_submits_only_with_numbers_and_known_mistakes(catalogue):
    user = make_user("tried")
    submit(user, "failed", mistake="snapshot-lost", days=2)
    submit(user, "none", kind="run", days=1)
    pass_lab(user, catalogue)
    record = student_record(
        cohort=make_cohort(students=[user]), username="tried", catalogue=catalogue
    )
    attempts = record.lessons[0].labs[0].attempts
    assert [(item.number, item.misconception) for item in attempts] == [
        (2, ""),
        (1, "snapshot-lost"),
    ]
    assert record.passed == record.completed == 1
    times = [moment.at for moment in record.timeline]
    assert times == sorted(times, reverse=True)
    assert sum(moment.attempt is not None for moment in record.timeline) == 2


def test_a_record_is_of_a_student_of_this_cohort(catalogue):
    teacher, outsider = make_user("teacher"), make_user("outsider")
    cohort = make_cohort(instructors=[teacher])
    make_cohort(students=[outsider])
    for username in ("teacher", "outsider", "nobody"):
        with pytest.raises(User.DoesNotExist):
            student_record(cohort=cohort, username=username, catalogue=catalogue)


def test_the_list_of_cohorts_counts_people_and_names_the_last_submit(catalogue):
    teacher = make_user("teacher")
    student = make_user()
    submit(student, "failed", days=3)
    latest = submit(student, "failed")
    own = make_cohort(students=[student, make_user()], instructors=[teacher])
    empty = make_cohort(instructors=[teacher, make_user()])
    make_cohort(students=[student])
    lines = {line.cohort: line for line in cohort_lines(user=teacher)}
    assert set(lines) == {own, empty}
    assert (lines[own].students, lines[own].instructors) == (2, 1)
    assert lines[own].last_seen == latest.created_at
    assert (lines[empty].students, lines[empty].instructors) == (0, 2)
    assert lines[empty].last_seen is None
