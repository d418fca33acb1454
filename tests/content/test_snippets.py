"""What is compared when lessons are executed, and what their texts must keep to."""

import pytest

from curriculum.fences import EXECUTED, Engine, Fence, FenceHeader, FenceKind
from curriculum.labels import FLINK_VERSION, LANGUAGES
from rehearsal.snippets import (
    Block,
    Executed,
    complaint,
    count_kinds,
    fences_of,
    needs_flink,
)
from tests.content.labs import LESSONS

ON_FLINK = [lesson for lesson in LESSONS if needs_flink(lesson)]


@pytest.mark.parametrize("lesson", ON_FLINK, ids=lambda lesson: lesson.name)
def test_languages_have_the_same_blocks(lesson):
    """Only the Russian text of a lesson on Flink is executed.

    Of the others every text is, so its blocks may speak the reader's language.
    """
    wanted = EXECUTED | {FenceKind.OUTPUT}
    is_compared = needs_flink(lesson)
    texts = [
        [
            (
                fence.header.kind,
                fence.header.engine,
                fence.body if is_compared else "",
            )
            for fence in fences_of(lesson, language)
            if fence.header.kind in wanted
        ]
        for language in LANGUAGES
    ]
    assert texts[0] == texts[1]


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_blocks_that_cannot_be_executed_are_rare(lesson):
    kinds = count_kinds(lesson)
    executed = sum(kinds[kind] for kind in EXECUTED)
    assert kinds[FenceKind.NORUN] * 10 <= executed


def block(shown, kind=FenceKind.RUN, engine=Engine.FLINK):
    header = FenceHeader("sql", kind, engine)
    return Block(Fence(1, 3, header, "SELECT 1", True), shown)


def said(printed="", error=None, flink=FLINK_VERSION):
    return Executed(printed, error, 0.1, flink)


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\nb", "a\nb\n"),
        (None, ""),
        ("a\n…\nd", "a\nb\nc\nd\n"),
        ("a  ", "a"),
        ("+I[1]", "\tat org.apache.X\nHelper: closed classloader\n+I[1]\n"),
    ],
)
def test_an_output_that_came_is_no_complaint(shown, printed):
    assert complaint(block(shown), said(printed)) is None


@pytest.mark.parametrize(
    ("shown", "printed"),
    [
        ("a\nb", "b\na\n"),
        ("a", "a\na\n"),
        ("a", ""),
        (None, "a\n"),
        ("a\n…\nd", "a\nb\nc\n"),
        ("  a", "a"),
    ],
)
def test_another_output_is_told(shown, printed):
    assert "it printed" in (complaint(block(shown), said(printed)) or "")


def test_a_block_that_was_not_to_fail_is_told():
    found = complaint(block("a"), said("a", "Traceback: no table"))
    assert found is not None
    assert "no table" in found


@pytest.mark.parametrize(
    ("shown", "error", "complains"),
    [
        ("no sink\nKnown:\nkafka", "X: no sink\n\nKnown:\n\nkafka\nprint", False),
        ("no sink…print", "X: no sink\nKnown:\nkafka\nprint", False),
        ("print…no sink", "X: no sink\nKnown:\nprint", True),
        ("no source", "X: no sink", True),
        ("no sink", None, True),
        (None, "X: no sink", True),
        ("no sink", "X: no sink\nraised before the last statement of it", True),
    ],
)
def test_a_message_must_hold_what_is_shown(shown, error, complains):
    fails = block(shown, FenceKind.FAILS)
    assert bool(complaint(fails, said(error=error))) is complains


def test_the_engine_that_the_page_names_is_the_one_that_ran():
    assert complaint(block("1"), said("1", flink=None))
    assert complaint(block("1"), said("1", flink="2.1.0"))
    on_python = block("1", engine=Engine.PYTHON)
    assert complaint(on_python, said("1"))
    assert complaint(on_python, said("1", flink=None)) is None
