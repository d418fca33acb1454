"""Every code that a room below can say has words, in both languages."""

import re
from pathlib import Path
from typing import get_args

import pytest
from django.utils.translation import override

from classroom import wording
from curriculum.specs import VariationKind
from grading.advice import Advice
from grading.compare import DiffKind
from grading.verdict import CheckCode, SummaryCode
from lab_protocol.messages import Ending, Language
from progress.access import LabState, LessonState
from submissions.errors import Rejected
from submissions.models import Submission
from submissions.waiting import PlaceInLine

PLATFORM = Path(__file__).resolve().parents[2] / "platform"
LANGUAGES = pytest.mark.parametrize("language", ["ru", "en"])


@LANGUAGES
@pytest.mark.parametrize("code", SummaryCode)
def test_every_summary_has_a_sentence(code, language):
    with override(language):
        sentence, _advice = wording.summary(code)
    assert sentence.endswith(".")
    assert bool(re.search("[а-я]", sentence)) is (language == "ru")


@pytest.mark.parametrize("code", CheckCode)
def test_every_check_code_has_a_note(code):
    params = {"missing": 1, "unexpected": 0, "different": 2, "variation": "shuffle"}
    assert wording.check_note(code, params)


@LANGUAGES
@pytest.mark.parametrize("kind", get_args(VariationKind))
def test_every_variation_that_fails_has_a_sentence(kind, language):
    with override(language):
        note = wording.check_note("variation-differs", {"variation": kind})
    assert note.endswith(".")
    assert bool(re.search("[а-я]", note)) is (language == "ru")


@LANGUAGES
@pytest.mark.parametrize("advice", Advice)
def test_every_advice_on_a_plan_has_a_sentence(advice, language):
    with override(language):
        sentence = str(wording.ADVICE[advice])
    assert sentence.endswith(".")
    assert bool(re.search("[а-я]", sentence)) is (language == "ru")


@LANGUAGES
def test_the_sentence_names_the_first_wrong_stage(language):
    stage = {"number": 3, "of": 5, "title": "опоздавшие"}
    with override(language):
        sentence, _advice = wording.summary("rows-differ", stage)
        assert "3" in sentence
        assert "5" in sentence
        assert "опоздавшие" in sentence
        assert wording.summary("no-rows", stage) == wording.summary("no-rows")


def test_differences_name_only_what_occurs():
    with override("en"):
        note = wording.differences({"missing": 3, "unexpected": 0, "different": 1})
    assert note == "Rows missing: 3, different: 1."


@pytest.mark.parametrize(
    "name",
    [
        *LessonState,
        *LabState,
        *(state for state in Submission.State if state != "finished"),
        *(ending for ending in Ending if ending is not Ending.COMPLETED),
        "failed",
        "done",
        "not_reached",
    ],
)
def test_every_state_has_icon_and_word(name):
    known = wording.state(str(name))
    sprite = (PLATFORM.parent / "static" / "icons.svg").read_text()
    assert f'id="{known.icon}"' in sprite
    assert str(known.word)


@pytest.mark.parametrize("kind", DiffKind)
def test_every_kind_of_difference_has_a_word(kind):
    assert str(wording.DIFF_KINDS[kind])


@pytest.mark.parametrize("language", Language)
def test_every_program_language_has_a_title(language):
    assert wording.PROGRAM_LANGUAGES[language]


def test_every_rejection_in_the_code_has_words():
    codes = set()
    for room in ("submissions", "classroom"):
        for file in (PLATFORM / room).rglob("*.py"):
            codes |= set(re.findall(r'Rejected\(\s*"([a-z-]+)"', file.read_text()))
    assert codes
    assert codes == set(wording.REJECTIONS)


def test_a_rejection_fills_its_numbers():
    with override("en"):
        text = wording.rejection(
            Rejected("source-too-large", status=413, kib=300, limit_kib=256)
        )
    assert text == "The program has 300 KiB; at most 256 KiB are accepted."


@pytest.mark.parametrize(
    ("position", "words"),
    [
        (1, "В очереди: вы следующий."),
        (2, "В очереди: перед вами 1 программа."),
        (3, "В очереди: перед вами 2 программы."),
        (6, "В очереди: перед вами 5 программ."),
        (22, "В очереди: перед вами 21 программа."),
    ],
)
def test_russian_counts_right(position, words):
    with override("ru"):
        assert wording.live_sentence("queued", position) == words


@pytest.mark.parametrize(
    ("seconds", "slots", "words"),
    [
        ((2, 5), 1, "Результат примерно через 2–5 с. Работает 1 окружение."),
        ((40, 99), 2, "Результат примерно через 40–99 с. Работают 2 окружения."),
        ((40, 100), 5, "Результат примерно в течение 2 мин. Работает 5 окружений."),
        ((61, 301), 21, "Результат примерно через 1–6 мин. Работает 21 окружение."),
        ((None, None), 0, ""),
    ],
)
def test_an_estimate_is_an_interval_in_plain_words(seconds, slots, words):
    with override("ru"):
        assert wording.estimate(PlaceInLine(1, slots, *seconds)) == words


def test_icons_of_templates_are_in_the_sprite():
    sprite = (PLATFORM.parent / "static" / "icons.svg").read_text()
    for file in (PLATFORM.parent / "templates").rglob("*.html"):
        for name in re.findall(r'{% icon "([a-z-]+)" %}', file.read_text()):
            assert f'id="{name}"' in sprite, (file, name)
