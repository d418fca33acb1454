"""The page of results and the suggestions: who gets them, escaped, in few queries."""

import pytest
from django.test import Client
from django.urls import reverse

from search.services import bring_index_up_to_date
from tests.classroom.conftest import HTMX
from tests.factories import make_release, make_user
from tests.search.corpus import content

PAGE, OPTIONS = "/search/", "/search/suggestions/"


@pytest.fixture
def client(db):
    make_release(content())
    bring_index_up_to_date()
    client = Client()
    client.force_login(make_user("reader"))
    return client


@pytest.fixture
def teacher(client):
    teacher = Client()
    teacher.force_login(make_user("teacher", is_staff=True, is_superuser=True))
    return teacher


def test_results_link_to_the_place_and_mark_the_words(client):
    page = client.get(PAGE, {"q": "состояния"}).content.decode()
    assert f'href="{reverse("classroom:lesson", args=["streams"])}#state"' in page
    assert "<mark>Состояние</mark> оператора" in page
    assert 'value="состояния"' in page


def test_page_and_fragment_show_the_same(client):
    page = client.get(PAGE, {"q": "watermark"}).content.decode()
    part = client.get(PAGE, {"q": "watermark"}, headers=HTMX).content.decode()
    assert "<html" not in part
    assert part.strip() in page


def test_nothing_of_a_text_or_a_query_is_markup(client, teacher):
    page = teacher.get(PAGE, {"q": "script"}).content.decode()
    assert "&lt;<mark>script</mark>&gt;alert(1)" in page
    assert "alert(1)</script>" not in page
    for address in (PAGE, OPTIONS):
        page = client.get(address, {"q": '"><img src=x>'}).content.decode()
        assert "<img" not in page


def test_a_locked_text_is_in_no_answer(client, teacher):
    for address in (PAGE, OPTIONS):
        for text in ("секретное", "соединение", "join-lab", "тайна соединения"):
            for headers in ({}, HTMX):
                answer = client.get(address, {"q": text}, headers=headers)
                body = answer.content.decode().replace(text, "").casefold()
                assert "секретн" not in body
                assert "тайна" not in body
    assert "тайна" in teacher.get(PAGE, {"q": "секретное"}).content.decode().casefold()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "Наберите слова"),
        ({"q": "  "}, "Наберите слова"),
        ({"q": "ы" * 201}, "слишком длинный"),
        ({"q": "грабли"}, "ничего не найдено"),
        ({"q": "\x00'\""}, "ничего не найдено"),
        ({"q": "watermark", "page": "٣"}, "Найдено 3 места"),
        ({"q": "watermark", "page": "-1"}, "Найдено 3 места"),
        ({"q": "watermark", "page": "9" * 50}, "Найдено 3 места"),
    ],
)
def test_every_query_has_an_answer_in_words(client, query, said):
    answer = client.get(PAGE, query)
    assert answer.status_code == 200
    assert said in answer.content.decode()
    assert client.get(OPTIONS, query).status_code == 200


@pytest.mark.parametrize("address", [PAGE, OPTIONS])
def test_strangers_log_in_first_and_nothing_is_posted(client, address):
    answer = Client().get(address, {"q": "watermark"})
    assert answer.status_code == 302
    assert answer["Location"].startswith("/accounts/login/")
    assert Client().get(address, headers=HTMX).status_code == 401
    assert client.post(address).status_code == 405


def test_before_the_first_import_the_search_says_so(db):
    client = Client()
    client.force_login(make_user("reader"))
    assert client.get(PAGE, {"q": "watermark"}).status_code == 503


@pytest.mark.parametrize(("address", "most"), [(PAGE, 7), (OPTIONS, 7)])
def test_a_search_takes_few_queries(
    client, django_assert_max_num_queries, address, most
):
    client.get(address, {"q": "watermark"})
    with django_assert_max_num_queries(most):
        client.get(address, {"q": "watermark"})
