import pytest

from curriculum.catalogue import Catalogue, CourseContent, UnknownItem
from progress.access import LabState, Ledger, LessonState, Locked, build_course_map
from tests.factories import course_content, make_lesson


def catalogue(content=None):
    return Catalogue(release_id=1, digest="d" * 64, content=content or course_content())


def course(**ledger):
    return build_course_map(
        catalogue(), Ledger(**{name: frozenset(ids) for name, ids in ledger.items()})
    )


def states(course_map):
    return [entry.state for entry in course_map.lessons]


def test_a_beginner_has_the_first_lesson_open_and_the_rest_locked():
    begin = course()
    assert states(begin) == ["open", "locked", "locked"]
    assert begin.next_up.lesson.id == "first"
    assert begin.completed_count == 0


def test_a_locked_lesson_names_what_exactly_is_missing():
    entry = course().lesson("second")
    [requirement] = entry.missing
    assert requirement.lesson.id == "first"
    assert [lab.id for lab in requirement.labs] == ["first-lab"]
    assert requirement.reading is False


def test_a_missing_lesson_without_labs_needs_reading():
    content = CourseContent(
        lessons=(
            make_lesson("first", order=1),
            make_lesson("second", order=2, prerequisites=["first"]),
        ),
        labs=(),
    )
    entry = build_course_map(catalogue(content), Ledger()).lesson("second")
    assert [item.reading for item in entry.missing] == [True]


def test_reading_alone_does_not_complete_a_lesson_with_a_lab():
    assert states(course(read={"first"})) == ["in_progress", "locked", "locked"]


def test_passing_the_lab_completes_the_lesson_and_opens_the_next():
    passed = course(passed={"first-lab"})
    assert states(passed) == ["completed", "open", "locked"]
    assert passed.lesson("first").labs[0].state is LabState.PASSED
    assert passed.next_up.lesson.id == "second"


def test_a_chain_is_not_skipped_by_a_later_pass():
    """The third needs the second; a pass of the first alone is not enough."""
    assert course(passed={"first-lab"}).lesson("third").state is LessonState.LOCKED


def test_what_was_once_open_stays_open():
    assert states(course(opened={"second"})) == ["open", "in_progress", "locked"]


def test_a_completed_lesson_stays_completed_when_a_release_adds_a_lab():
    assert course(completed={"first"}).lesson("second").is_open


def test_a_renamed_lesson_keeps_its_completion():
    content = course_content()
    renamed = content.lessons[0].model_copy(
        update={"id": "beginnings", "aliases": ("first",), "labs": ()}
    )
    second = content.lessons[1].model_copy(
        update={"prerequisites": ("beginnings",), "labs": ()}
    )
    catalogue_ = catalogue(CourseContent(lessons=(renamed, second), labs=()))
    result = build_course_map(catalogue_, Ledger(completed=frozenset({"first"})))
    assert states(result) == ["completed", "open"]
    assert result.lesson("first").lesson.id == "beginnings"


def test_those_who_teach_find_every_lesson_open():
    exempt = build_course_map(catalogue(), Ledger(is_exempt=True))
    assert states(exempt) == ["open", "open", "open"]
    assert exempt.require_lab("second-lab")


def test_require_refuses_locked_and_unknown_items():
    begin = course()
    assert begin.require_lesson("first").lesson.id == "first"
    assert begin.require_lab("first-lab")[1].lab.id == "first-lab"
    with pytest.raises(Locked) as refused:
        begin.require_lab("second-lab")
    assert refused.value.lab.id == "second-lab"
    assert [item.lesson.id for item in refused.value.entry.missing] == ["first"]
    with pytest.raises(Locked):
        begin.require_lesson("third")
    for ask in (begin.require_lesson, begin.require_lab):
        with pytest.raises(UnknownItem):
            ask("nowhere")
