"""Explanations, held to what real Flink said when it was last asked.

``test_failing_programs.py`` asks it again; here everything runs without Flink.
"""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils.translation import override

from classroom.explanations import (
    ErrorView,
    Piece,
    explain_ending,
    explain_error,
    pieces,
)
from classroom.known_errors import Words, known_errors, recognise
from tests.content.failing_programs import (
    Failing,
    failing_programs,
    said,
    view_of_run,
)
from tests.content.labs import ROOT

PROGRAMS = pytest.mark.parametrize(
    "program", failing_programs(), ids=[item.id for item in failing_programs()]
)
LANGUAGES = pytest.mark.parametrize("language", ["ru", "en"])
KNOWN = [item for item in failing_programs() if item.code]
# What a program may be told of itself, as a student's text would be: 100 KiB of it.
HOSTILE = (
    'Encountered "' + "a" * 100_000,
    "Column '" + "x." * 50_000,
    "Unsupported options found for 'kafka'.\n\nUnsupported options:\n\n"
    + "a\n" * 50_000,
    "Table sink 'a.b.c' doesn't support consuming update changes which is produced by"
    " node GroupAggregate(groupBy=[" + "window_start, " * 8_000,
    "Could not find any factory for identifier 'x' that implements 'a.FormatFactory'"
    "\n\nAvailable factory identifiers are:" + "\n" * 100_000,
    "sink for 'a.b.c' do not match.\nCause: Different number of columns.\n\n"
    "Query schema: [" + "[" * 100_000,
    "JsonParseException: Fail to deserialize at field: a.\n" + '"a": "' * 20_000,
    " " * 100_000,
    "\n" * 100_000,
)
SECONDS = 30


def view_of(program: Failing, language: str = "ru") -> ErrorView:
    view = view_of_run(program, said()[program.id], language)
    assert view is not None
    return view


def text_of(parts: tuple[Piece, ...]) -> str:
    return "".join(part.text for part in parts)


def test_there_is_a_program_for_every_explanation_and_the_other_way_round():
    assert len({item.id for item in failing_programs()}) == len(failing_programs())
    assert set(said()) == {item.id for item in failing_programs()}
    untried = {known.code for known in known_errors()} - {item.code for item in KNOWN}
    assert untried == set()
    assert len({item.code for item in KNOWN}) >= 40


@PROGRAMS
def test_what_flink_said_gets_its_explanation(program: Failing):
    assert view_of(program).code == (program.code or "")


@PROGRAMS
def test_the_place_is_the_line_of_the_mistake(program: Failing):
    view = view_of(program)
    assert view.line == program.line
    if program.at is not None:
        assert view.file == program.file
        assert any(line.is_wrong and program.at in line.text for line in view.lines)


@LANGUAGES
@PROGRAMS
def test_the_page_says_what_where_and_what_next(program: Failing, language: str):
    view = view_of(program, language)
    with override(language):
        page = render_to_string("classroom/_error.html", {"error": view})
    if program.line is not None:
        word = "строка" if language == "ru" else "line"
        assert f"{program.file}, {word} {program.line}" in page
    if program.code is None:
        assert view.headline
        assert view.says == view.next_step == ()
        return
    for parts in (view.says, view.next_step):
        told = text_of(parts)
        assert told[0] not in " .,"
        assert told.rstrip().endswith(".")
        assert "{" not in re.sub(r"\{[^}]*\}", "", told)
        letters = re.sub(
            r"`[^`]*`", "", "".join(p.text for p in parts if not p.is_code)
        )
        assert bool(re.search("[а-яё]", letters)) is (language == "ru")


@PROGRAMS
def test_an_explanation_does_not_hang_on_luck_of_the_order(program: Failing):
    """No earlier entry takes the message away, and none but its own in its family."""
    entry = said()[program.id]
    error = entry["error"] or {
        "kind": entry["ending"],
        "message": entry["detail"],
        "trace": "",
        "line": None,
    }
    view = view_of(program)
    if not view.code:
        return
    text = f"{error['kind']}: {error['message']}\n{error['trace']}"
    codes = [known.code for known in known_errors()]
    before = codes[: codes.index(view.code)]
    source = program.text.split("\n")
    own_line = source[error["line"] - 1] if error["line"] else ""
    for known in known_errors():
        if known.code in before and known.line and not re.search(known.line, own_line):
            continue
        if known.code in before:
            assert not any(
                re.search(pattern, text[:8_000], re.DOTALL) for pattern in known.when
            ), known.code


@pytest.mark.parametrize("text", HOSTILE, ids=[text[:20] for text in HOSTILE])
@pytest.mark.parametrize("kind", ["", "ValidationException: ", "JsonParseException: "])
@pytest.mark.timeout(SECONDS)
def test_a_hostile_message_does_not_hang_a_page(text: str, kind: str):
    """Usually a millisecond; a pattern that backtracks without end takes hours."""
    recognise(kind + text, source=text)


@pytest.mark.parametrize("known", known_errors(), ids=lambda known: known.code)
def test_patterns_are_bounded(known):
    """Without a bound on repetition the time of a search is not linear."""
    for pattern in known.when:
        assert not re.search(r"(?<!\\)(?:\.|\]|\)|\\[swdS])[*+](?!\))", pattern), (
            pattern
        )


@pytest.mark.parametrize("known", known_errors(), ids=lambda known: known.code)
def test_both_languages_use_the_same_parameters(known):
    groups = set().union(*(re.compile(p).groupindex for p in known.when))
    for words in (known.says, known.next):
        of_russian, of_english = (
            set(re.findall(r"\{(\w+)\}", text)) for text in (words.ru, words.en)
        )
        assert of_russian == of_english
        assert of_russian <= groups
    for pattern in known.when:
        used = re.findall(r"\{(\w+)\}", "".join([known.says.ru, known.next.ru]))
        assert set(used) <= set(re.compile(pattern).groupindex), known.code


@LANGUAGES
@pytest.mark.parametrize(
    "place", sorted({known.lesson for known in known_errors() if known.lesson})
)
def test_the_paragraph_of_the_lesson_is_there(place: str, language: str):
    lesson, _, anchor = place.partition("#")
    texts = [
        text
        for path in (ROOT / "lessons").glob(f"*/{language}.md")
        if re.search(rf"^id: {lesson}$", text := path.read_text("utf-8"), re.MULTILINE)
    ]
    assert len(texts) == 1
    assert f"{{#{anchor}}}" in texts[0]


def test_a_place_in_another_statement_does_not_name_the_failing_one():
    views = {item.id: view_of(item) for item in KNOWN}
    assert views["missing-format"].statement is None
    assert views["window-without-end"].statement == 3


def test_an_unknown_error_says_its_own_first_sentence():
    error = {
        "kind": "OddException",
        "message": 'The cluster is tired.\nWas expecting one of:\n    "COFFEE" ...',
        "trace": "Caused by: a.b.OddException: The cluster is tired.",
        "line": 2,
        "file": "job.sql",
    }
    view = explain_error(error, files={"job.sql": "a\nb"}, language="en")
    with override("en"):
        page = render_to_string("classroom/_error.html", {"error": view})
    assert view.code == ""
    assert view.headline == "OddException: The cluster is tired."
    before_fold, _, folded = page.partition("<details>")
    assert before_fold.index("is-wrong") < before_fold.index("The cluster is tired.")
    assert "COFFEE" not in before_fold
    assert "COFFEE" in folded
    assert "Caused by" in folded


@LANGUAGES
@pytest.mark.parametrize("error", [{}, {"kind": "", "message": "", "trace": ""}])
def test_an_error_without_a_word_is_no_empty_box(error, language: str):
    view = explain_error(error, files={"job.sql": "a"}, language=language)
    with override(language):
        page = render_to_string("classroom/_error.html", {"error": view})
    words = re.sub(r"<[^>]+>", "", page).strip()
    assert len(words) > 20


def test_a_students_text_cannot_become_markup_or_a_parameter():
    error = {"message": "Column '<b>{name}`x`' not found in any table", "kind": "E"}
    view = explain_error(error, files={"job.sql": ""}, language="en")
    with override("en"):
        page = render_to_string("classroom/_error.html", {"error": view})
    assert "<b>" not in page
    assert "&lt;b&gt;{name}`x`" in page


def test_a_parameter_fills_code_and_text():
    assert pieces("`{a}` and {a}", {"a": "`"}) == (
        Piece("`", True),
        Piece(" and `", False),
    )


def test_the_nearest_name_is_offered():
    error = {
        "kind": "SqlValidatorException",
        "message": "Column 'statsu' not found in any table",
    }
    source = "SELECT statsu FROM orders; -- has status"
    view = explain_error(error, files={"job.sql": source}, language="en")
    assert text_of(view.next_step).startswith("Perhaps status was meant.")
    assert (
        recognise("Column 'zzz' not found in any table", source="a b").closest is None
    )


def test_an_error_shows_its_line_and_two_neighbours():
    source = "\n".join(f"line {number}" for number in range(1, 10))
    view = explain_error(
        {"message": "m", "line": 2, "file": "job.sql"},
        files={"job.sql": source},
        language="en",
    )
    assert [line.number for line in view.lines] == [1, 2, 3, 4]
    assert [line.number for line in view.lines if line.is_wrong] == [2]


@pytest.mark.parametrize("line", [0, -1, 99, None])
def test_a_line_that_does_not_exist_is_left_out(line):
    view = explain_error(
        {"message": "m", "line": line, "file": "job.sql"},
        files={"job.sql": "a"},
        language="en",
    )
    assert view.lines == ()


def test_the_record_at_which_a_job_stopped_is_named():
    program = next(item for item in KNOWN if item.id == "cast-of-words")
    assert '"note": "twelve"' in view_of(program).record


@pytest.mark.parametrize("detail", ["", "no_job ", "wall\nwall", "heap"])
def test_an_ending_that_says_nothing_is_not_explained(detail):
    assert explain_ending("completed", detail, files={}, language="ru") is None


def test_texts_are_calm():
    texts = [
        text
        for known in known_errors()
        for words in (known.says, known.next)
        for text in (words.ru, words.en)
    ]
    assert not [text for text in texts if "!" in text]
    assert Words(ru="да", en="yes").in_language("de") == "да"


def test_programs_say_what_the_student_did():
    for program in failing_programs():
        assert re.match(r"[a-z]", program.did), program.id
    assert Path(ROOT / "tests/content/failing/said").is_dir()
