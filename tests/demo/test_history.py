"""The plan of the demo cohort: seeded, in the past, and in an order that can happen."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from demo.history import WEEKS, Answers, LessonOutline, Persona, StepKind, plan

NOW = datetime(2026, 3, 4, 12, 30, tzinfo=UTC)
LESSONS = [
    LessonOutline("first", ("first-lab",)),
    LessonOutline("reading", ()),
    LessonOutline("second", ("second-lab",)),
]
ANSWERS = {
    "first-lab": Answers(right=("solution",), wrong=("a", "b", "c", "d")),
    "second-lab": Answers(right=("sql", "pyflink"), wrong=("e", "f")),
}


def make_plan(**changes):
    return plan(
        **{
            "learners": 30,
            "lessons": LESSONS,
            "answers": ANSWERS,
            "now": NOW,
            "seed": 7,
        }
        | changes
    )


def test_the_same_seed_gives_the_same_weeks():
    assert make_plan() == make_plan()
    assert make_plan(seed=8) != make_plan()


@pytest.mark.parametrize("seed", range(20))
def test_all_steps_lie_in_the_past_weeks_and_go_forward(seed):
    for steps in make_plan(seed=seed):
        times = [step.at for step in steps]
        assert times == sorted(times)
        assert all(NOW - timedelta(weeks=WEEKS, days=1) < at < NOW for at in times)


@pytest.mark.parametrize("seed", range(20))
def test_nobody_works_in_a_lesson_before_the_one_before_is_done(seed):
    for steps in make_plan(seed=seed):
        done = set()
        for step in steps:
            if step.kind is StepKind.OPENED:
                lesson = next(item for item in LESSONS if item.id == step.item)
                before = LESSONS[: LESSONS.index(lesson)]
                needed = {lab for item in before for lab in item.labs}
                needed |= {item.id for item in before if not item.labs}
                assert needed <= done
            elif step.kind is StepKind.READ:
                done.add(step.item)
            elif step.answer in ANSWERS[step.item].right:
                assert step.item not in done
                done.add(step.item)


def test_a_cohort_of_thirty_has_every_kind_of_learner():
    plans = make_plan()
    right = {name for known in ANSWERS.values() for name in known.right}
    passes = Counter(sum(step.answer in right for step in steps) for steps in plans)
    assert passes[2] >= 5
    assert passes[1] >= 5
    silent = [steps for steps in plans if not steps]
    assert len(silent) >= 3
    trying = [
        steps
        for steps in plans
        if steps
        and any(step.kind is StepKind.ATTEMPT for step in steps)
        and not any(step.answer in right for step in steps)
    ]
    assert len(trying) >= 3
    assert len(Persona) == 5


def test_without_recordings_nobody_tries_the_lab_nor_goes_on():
    for steps in make_plan(answers={}):
        assert {step.kind for step in steps} <= {StepKind.OPENED}
        assert {step.item for step in steps} <= {"first"}


def test_a_course_without_lessons_has_no_history():
    assert make_plan(lessons=[]) == [()] * 30
