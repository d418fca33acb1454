"""Language and theme, for strangers and for the signed-in."""

import pytest

from tests.factories import make_user


def test_a_stranger_keeps_language_and_theme_in_cookies(stranger):
    answer = stranger.post("/preferences/", {"language": "en", "next": "/?a=1"})
    assert answer.url == "/?a=1"
    stranger.post("/preferences/", {"theme": "dark"})
    text = stranger.get("/").text
    assert '<html lang="en" data-theme="dark">' in text
    assert "Log in" in text


def test_russian_is_the_language_of_those_who_chose_none(stranger):
    assert '<html lang="ru" data-theme="auto">' in stranger.get("/").text


def test_the_signed_in_keep_them_in_the_profile(reader, student):
    reader.post("/preferences/", {"language": "en"})
    reader.post("/preferences/", {"theme": "light"})
    student.refresh_from_db()
    assert (student.language, student.theme) == ("en", "light")
    reader.cookies.clear()
    reader.force_login(student)
    assert '<html lang="en" data-theme="light">' in reader.get("/").text


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""]
)
def test_the_way_back_stays_on_the_site(stranger, target):
    answer = stranger.post("/preferences/", {"theme": "dark", "next": target})
    assert answer.url == "/"


@pytest.mark.parametrize("body", [{"language": "xx"}, {"theme": "pink"}])
def test_unknown_values_are_refused(reader, student, body):
    assert reader.post("/preferences/", body).status_code == 400
    student.refresh_from_db()
    assert (student.language, student.theme) == ("ru", "auto")


def test_preferences_are_changed_by_post_only(stranger):
    assert stranger.get("/preferences/").status_code == 405


def test_a_reviewer_sees_the_way_to_the_review_pages(catalogue, client):
    client.force_login(make_user(is_staff=True))
    assert 'href="/review/"' in client.get("/").text
    client.force_login(make_user())
    assert 'href="/review/"' not in client.get("/").text
