"""The Russian catalogue: complete, compiled, with the right plural forms."""

import re
from pathlib import Path

import polib
import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "platform" / "config" / "locale" / "ru" / "LC_MESSAGES"
CALL = re.compile(
    r"""{%\s*translate\s+(?:"([^"]+)"|'([^']+)')|\b(?:_|gettext)\(\s*((?:"[^"\n]*"\s*)+)\)"""
)
PLACES = re.compile(r"%\(\w+\)[sd]")


@pytest.fixture(scope="module")
def catalogue():
    return polib.pofile(str(FOLDER / "django.po"))


def used_in_sources():
    """Return every plain message of templates and code, with the file it is in."""
    files = [*(ROOT / "templates").rglob("*.html"), *(ROOT / "platform").rglob("*.py")]
    for file in files:
        for double, single, python in CALL.findall(file.read_text(encoding="utf-8")):
            text = double or single or "".join(re.findall(r'"([^"\n]*)"', python))
            if text:
                yield text.replace("\\n", "\n"), file.relative_to(ROOT)


def test_nothing_is_left_untranslated(catalogue):
    missing = [
        entry.msgid
        for entry in catalogue
        if not entry.obsolete and (not entry.translated() or entry.fuzzy)
    ]
    assert missing == []


def test_every_message_of_the_sources_is_in_the_catalogue(catalogue):
    known = {entry.msgid for entry in catalogue}
    missing = {text: str(file) for text, file in used_in_sources() if text not in known}
    assert missing == {}


def test_the_compiled_file_is_that_of_the_text(catalogue):
    compiled = polib.mofile(str(FOLDER / "django.mo"))
    of_text = {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in catalogue}
    of_file = {entry.msgid: (entry.msgstr, entry.msgstr_plural) for entry in compiled}
    assert of_file == of_text


def test_plural_forms_are_russian_and_whole(catalogue):
    assert catalogue.metadata["Plural-Forms"].startswith("nplurals=3;")
    for entry in catalogue:
        if entry.msgid_plural:
            assert sorted(entry.msgstr_plural) == [0, 1, 2], entry.msgid


def test_placeholders_survive_translation(catalogue):
    for entry in catalogue:
        for text in [entry.msgstr, *entry.msgstr_plural.values()]:
            if text:
                wanted = set(PLACES.findall(entry.msgid_plural or entry.msgid))
                assert set(PLACES.findall(text)) <= wanted, entry.msgid
                if not entry.msgid_plural:
                    assert set(PLACES.findall(text)) == wanted, entry.msgid


def test_the_voice_is_calm(catalogue):
    for entry in catalogue:
        for text in (entry.msgid, entry.msgstr):
            assert "!" not in text, text
