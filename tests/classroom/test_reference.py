"""Glossary and troubleshooting pages: who sees them, in which order and language."""

import re

import pytest
from django.test import Client

from classroom import wording
from curriculum.catalogue import (
    CourseContent,
    Term,
    TermText,
    Trouble,
    TroubleText,
)
from curriculum.models import Release
from curriculum.specs import Family
from tests.e2e.world import build_world
from tests.factories import course_content, make_catalogue, make_cohort, make_user

PAGES = pytest.mark.parametrize("url", ["/glossary/", "/troubleshooting/"])


def make_term(term_id, ru, en=None):
    names = {"ru": ru} | ({"en": en} if en else {})
    return Term(
        id=term_id,
        lesson="second",
        anchor="why",
        texts={
            language: TermText(
                name=name,
                term=f"<code>{name}</code>",
                aka=("<em>aka</em>",),
                text=f"<p>text {language}</p>",
            )
            for language, name in names.items()
        },
    )


def make_trouble(trouble_id, family, lesson="first"):
    return Trouble(
        id=trouble_id,
        family=family,
        lesson=lesson,
        anchor="why" if lesson else "",
        texts={
            language: TroubleText(
                title=f"title {language}",
                symptom="<p>symptom</p>",
                cause="<p>cause</p>",
                cure="<p>cure</p>",
            )
            for language in ("ru", "en")
        },
    )


@pytest.fixture
def pages(db):
    return make_catalogue(
        course_content().model_copy(
            update={
                "glossary": (
                    make_term("watermark", "Watermark", "Watermark"),
                    make_term("window", "Окно", "Window"),
                    make_term("update-before", "-U", "-U"),
                    make_term("ttl", "TTL", "TTL"),
                ),
                "troubleshooting": (
                    make_trouble("late", Family.TIME),
                    make_trouble("typo", Family.SYNTAX, lesson=""),
                ),
            }
        )
    )


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


@PAGES
def test_every_role_reads_the_pages_and_a_stranger_logs_in(pages, url):
    student, instructor = make_user("student-a"), make_user("instructor-a")
    make_cohort(students=[student], instructors=[instructor])
    admin = make_user("admin-a", is_staff=True, is_superuser=True)
    for user in (student, instructor, admin, make_user("without-a-cohort")):
        assert client_of(user).get(url).status_code == 200
        assert client_of(user).post(url).status_code == 405
    answer = Client().get(url)
    assert (answer.status_code, answer.url) == (302, f"/accounts/login/?next={url}")


@PAGES
def test_without_a_course_the_pages_say_so(db, url):
    assert client_of(make_user()).get(url).status_code == 503


def test_terms_stand_by_letter_with_an_anchor_each(pages):
    text = client_of(make_user()).get("/glossary/").text
    assert re.findall(r'<h2 id="letter-(.)">', text) == ["T", "U", "W", "О"]
    assert re.findall(r'<article class="reference-entry"\s+id="([a-z-]+)"', text) == [
        "ttl",
        "update-before",
        "watermark",
        "window",
    ]
    assert "<h3><code>TTL</code></h3>" in text
    assert '<div class="prose"><p>text ru</p></div>' in text
    assert 'href="/lessons/second/#why">Урок second</a>' in text
    assert 'href="#letter-W"' in text


def test_the_other_language_has_its_own_order(pages):
    text = client_of(make_user(language="en")).get("/glossary/").text
    assert re.findall(r'<h2 id="letter-(.)">', text) == ["T", "U", "W"]
    assert "<p>text en</p>" in text
    assert "not been translated" not in text
    assert 'lang="ru"' not in text.split("<main")[1]


def test_what_is_not_translated_is_russian_and_says_so(db):
    make_catalogue(
        course_content().model_copy(update={"glossary": (make_term("a", "Окно"),)})
    )
    text = client_of(make_user(language="en")).get("/glossary/").text
    assert "This page has not been translated yet" in text
    assert re.search(r'<article class="reference-entry"\s+id="a"\s+lang="ru">', text)


def test_troubles_stand_by_family_and_one_without_a_lesson_has_no_link(pages):
    text = client_of(make_user()).get("/troubleshooting/").text
    assert re.findall(r'<h2 id="family-([a-z]+)">', text) == ["syntax", "time"]
    typo, late = (
        text.split(f'id="{name}"')[1].split("</article>")[0]
        for name in ("typo", "late")
    )
    assert "/lessons/" not in typo
    assert 'href="/lessons/first/#why"' in late
    for part in ("<p>symptom</p>", "<p>cause</p>", "<p>cure</p>"):
        assert part in typo


@PAGES
def test_an_empty_page_says_that_it_is_empty(reader, url):
    assert 'class="empty"' in reader.get(url).text


def test_course_page_and_footer_lead_to_the_pages(reader):
    for url in ("/course/", "/"):
        text = reader.get(url).text
        assert 'href="/glossary/"' in text
        assert 'href="/troubleshooting/"' in text
    assert "/glossary/" not in Client().get("/").text


def test_every_family_has_its_words():
    assert set(wording.FAMILIES) == set(Family)


def test_an_error_of_a_run_leads_to_its_entry_where_the_course_has_it(db):
    world = build_world()
    submission = world.submissions["error"]
    reader, url = client_of(world.ana), f"/attempts/{submission.public_id}/"
    text = reader.get(url).text
    code = re.search(r'data-error-code="([a-z0-9-]+)"', text)[1]
    assert "/troubleshooting/#" not in text
    release = submission.release
    content = CourseContent.model_validate(release.catalogue).model_copy(
        update={"troubleshooting": (make_trouble(code, Family.SYNTAX, lesson=""),)}
    )
    # Another renderer: the catalogue that this process has read is kept by it.
    Release.objects.filter(pk=release.pk).update(
        catalogue=content.model_dump(mode="json"), renderer="again"
    )
    assert f'href="/troubleshooting/#{code}"' in reader.get(url).text


def test_a_lesson_explains_the_terms_it_links_to(db):
    content = course_content()
    first = content.lessons[0]
    html = '<p><a href="/glossary/#b">Ключ</a> и <a href="#a">раздел</a></p>'
    texts = {
        language: text.model_copy(update={"html": html})
        for language, text in first.texts.items()
    }
    make_catalogue(
        content.model_copy(
            update={
                "lessons": (
                    first.model_copy(update={"texts": texts}),
                    *content.lessons[1:],
                ),
                "glossary": (make_term("a", "Окно"), make_term("b", "Ключ")),
            }
        )
    )
    text = client_of(make_user()).get("/lessons/first/").text
    assert 'id="term-b"' in text
    assert "text ru" in text
    assert 'id="term-a"' not in text
    assert 'role="tooltip"' in text
