"""One question for each time that a run looks quiet, and what its answers do."""

import time

import pytest

from lab_protocol.box import ConfirmQuiet, QuietSeen
from sandbox.cell.quiet import _ANSWER_SECONDS, QuietQuestion


@pytest.fixture
def sent() -> list[object]:
    return []


def test_it_is_asked_once_and_holds_until_the_answer(sent: list[object]) -> None:
    question = QuietQuestion()
    assert not question.is_confirmed(sent.append)
    assert not question.is_confirmed(sent.append)
    assert sent == [ConfirmQuiet(1)]
    assert question.hear(QuietSeen(1, is_quiet=True)) is True
    assert question.is_confirmed(sent.append)


def test_after_something_moved_the_old_answer_is_none(sent: list[object]) -> None:
    question = QuietQuestion()
    question.is_confirmed(sent.append)
    question.forget()
    assert question.hear(QuietSeen(1, is_quiet=True)) is None
    assert not question.is_confirmed(sent.append)
    assert question.hear(QuietSeen(1, is_quiet=True)) is None
    assert question.hear(QuietSeen(2, is_quiet=False)) is False
    assert not question.is_confirmed(sent.append)
    assert sent == [ConfirmQuiet(1), ConfirmQuiet(2)]


def test_a_box_that_does_not_answer_has_no_say(
    sent: list[object], monkeypatch: pytest.MonkeyPatch
) -> None:
    question = QuietQuestion()
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)
    assert not question.is_confirmed(sent.append)
    now += _ANSWER_SECONDS
    assert question.is_confirmed(sent.append)
