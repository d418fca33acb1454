"""The lessons of this course, one after the other, and what they do to earlier work."""

from itertools import pairwise

import pytest

from curriculum.catalogue import Catalogue
from curriculum.loader import load_tree
from curriculum.publishing import publish
from progress.access import CourseMap, Ledger, LessonState, build_course_map
from tests.content.labs import ROOT

# The course began with these two; who worked in them then keeps them open.
FIRST_OPEN = "pyflink-cdc-connector"
SECOND = "stateful-stream-processing"


@pytest.fixture(scope="module")
def catalogue() -> Catalogue:
    content = publish(load_tree(ROOT))
    return Catalogue(release_id=1, digest="d" * 64, content=content)


def course_of(catalogue: Catalogue, **ledger: set[str]) -> CourseMap:
    return build_course_map(
        catalogue, Ledger(**{name: frozenset(ids) for name, ids in ledger.items()})
    )


def test_each_lesson_requires_the_one_before_it_and_has_a_lab(catalogue):
    lessons = catalogue.lessons
    assert lessons[0].prerequisites == ()
    for before, lesson in pairwise(lessons):
        assert lesson.prerequisites == (before.id,)
    assert all(lesson.labs for lesson in lessons)


def test_a_beginner_walks_from_the_first_lesson_to_the_last(catalogue):
    passed: set[str] = set()
    for place, lesson in enumerate(catalogue.lessons):
        entries = course_of(catalogue, passed=passed).lessons
        assert [entry.is_open for entry in entries] == [
            number <= place for number in range(len(entries))
        ]
        passed.update(lesson.labs)
    assert course_of(catalogue, passed=passed).next_up is None


def test_lessons_that_were_put_before_it_lock_nobody_out(catalogue):
    begun = course_of(catalogue, opened={FIRST_OPEN})
    assert begun.lesson(FIRST_OPEN).state is LessonState.IN_PROGRESS
    assert begun.require_lab("cdc-source")
    assert not begun.lesson(SECOND).is_open

    done = course_of(catalogue, passed={"cdc-source"})
    assert done.lesson(FIRST_OPEN).state is LessonState.COMPLETED
    assert done.lesson(SECOND).is_open
    assert done.next_up is not None
    assert done.next_up.lesson == catalogue.lessons[0]
