"""Glossary and troubleshooting: what they may say, and what a release keeps of it."""

import pytest

from curriculum.loader import check_tree, load_tree
from curriculum.publishing import compare, publish
from tests.curriculum.mini_course import good_course, write_course

TERM = """\
- id: {id}
  term: "{term}"
  aka: [other]
  text: See `op` and [this](#{id}) and [the window](/lessons/windows/#tumble).
  lesson: {lesson}
"""
TROUBLE = """\
- id: {id}
  family: time
  title: No row of `TUMBLE`
  symptom: The topic stays empty.
  cause: No watermark.
  cure: Declare one.
"""
GLOSSARY = "lessons/_shared/glossary.{}.yaml"
TROUBLESHOOTING = "lessons/_shared/troubleshooting.{}.yaml"


def term(term_id="first", name="First `op`", lesson="source#why"):
    return TERM.format(id=term_id, term=name, lesson=lesson)


def trouble(trouble_id="empty"):
    return TROUBLE.format(id=trouble_id)


def checked(tmp_path, files):
    return check_tree(write_course(tmp_path, good_course() | files))


def found(tmp_path, files):
    return {
        (problem.rule.value, problem.place)
        for problem in checked(tmp_path, files).problems
    }


def content_of(tmp_path, files):
    return publish(load_tree(write_course(tmp_path, good_course() | files)))


def both(name, text):
    return {name.format("ru"): text, name.format("en"): text}


def test_a_release_keeps_the_entries_in_both_languages(tmp_path):
    content = content_of(
        tmp_path,
        {
            GLOSSARY.format("ru"): term(name="Первый `op`", lesson="old-source#why"),
            GLOSSARY.format("en"): term(lesson="old-source#why"),
            **both(TROUBLESHOOTING, trouble()),
        },
    )
    (first,) = content.glossary
    assert (first.id, first.lesson, first.anchor) == ("first", "source", "why")
    assert first.text("ru").name == "Первый op"
    assert first.text("en").term == "First <code>op</code>"
    assert 'href="#first"' in first.text("en").text
    assert 'href="/lessons/windows/#tumble"' in first.text("en").text
    (empty,) = content.troubleshooting
    assert (empty.family, empty.lesson) == ("time", "")
    assert empty.text("ru").title == "No row of <code>TUMBLE</code>"
    assert empty.text("ru").cure == "<p>Declare one.</p>"


def test_a_course_without_pages_has_no_entries(tmp_path):
    content = content_of(tmp_path, {})
    assert content.glossary == ()
    assert content.troubleshooting == ()


def test_a_page_is_among_the_changes_of_a_release(tmp_path):
    before = content_of(tmp_path / "a", both(GLOSSARY, term()))
    after = content_of(
        tmp_path / "b",
        both(GLOSSARY, term() + term("second")) | both(TROUBLESHOOTING, trouble()),
    )
    changes = compare(before, after)
    assert changes.changed == ("page glossary",)
    assert changes.added == ("page troubleshooting",)


def test_a_missing_translation_is_a_warning(tmp_path):
    result = checked(tmp_path, {GLOSSARY.format("ru"): term()})
    assert [problem.rule for problem in result.problems] == ["missing-translation"]
    assert result.course is not None


RU, EN = GLOSSARY.format("ru"), GLOSSARY.format("en")


@pytest.mark.parametrize(
    ("files", "problem"),
    [
        (both(GLOSSARY, "id: first\n"), ("yaml-not-a-list", f"{RU}:1")),
        (both(GLOSSARY, term() + "- word\n"), ("yaml-not-a-mapping", f"{RU}:6")),
        (
            both(GLOSSARY, term() + term("b").replace("  text:", "  txt:")),
            ("unknown-key", f"{RU}:9"),
        ),
        (
            both(GLOSSARY, term() + "- id: b\n  term: B\n  lesson: source#why\n"),
            ("missing-key", f"{RU}:6"),
        ),
        (both(GLOSSARY, term() + term()), ("duplicate-id", f"{RU}:6")),
        (both(GLOSSARY, term(lesson="source")), ("invalid-value", f"{RU}:5")),
        (both(GLOSSARY, term(lesson="gone#why")), ("dead-link", f"{EN}:5")),
        (both(GLOSSARY, term(lesson="source#gone")), ("dead-anchor", f"{RU}:5")),
        (
            both(GLOSSARY, term().replace("#tumble", "#gone")),
            ("dead-anchor", f"{EN}:4"),
        ),
        (
            both(GLOSSARY, term().replace("(#first)", "(#gone)")),
            ("dead-anchor", f"{RU}:4"),
        ),
        (
            both(GLOSSARY, term().replace("`op` and", "![op](op.png)")),
            ("dead-image", f"{RU}:4"),
        ),
        (
            {RU: term() + term("b"), EN: term()},
            ("translation-differs", f"{RU}:6"),
        ),
        (
            {RU: term(), EN: term() + term("b")},
            ("translation-differs", f"{EN}:6"),
        ),
        (
            {RU: term(), EN: term(lesson="source#envelope")},
            ("translation-differs", f"{EN}:5"),
        ),
        ({EN: term()}, ("missing-file", RU)),
        (
            {"lessons/_shared/glossary.de.yaml": term()},
            ("unexpected-file", "lessons/_shared/glossary.de.yaml"),
        ),
        (
            both(TROUBLESHOOTING, trouble().replace("time", "tiem")),
            ("invalid-value", f"{TROUBLESHOOTING.format('ru')}:2"),
        ),
        (
            {
                "lessons/01-source/ru.md": str(good_course()["lessons/01-source/ru.md"])
                + "\nСм. [слово](/glossary/#gone).\n"
            },
            ("dead-anchor", "lessons/01-source/ru.md:52"),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_wrong_entry_is_named_with_file_and_line(tmp_path, files, problem):
    assert problem in found(tmp_path, files)
