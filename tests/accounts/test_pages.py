"""Sign-up, log-in, log-out, passwords and e-mail through the site's own pages."""

import re

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from accounts.models import User
from tests.factories import make_catalogue, make_user

pytestmark = pytest.mark.django_db

GOOD_PASSWORD = "unguessable-47-rivers"


@pytest.fixture(autouse=True)
def counters():
    """Wrong log-ins are counted in the cache, by address: here one for all tests."""
    cache.clear()


@pytest.fixture(autouse=True)
def course(db):
    """The frame of a signed-in page shows the course."""
    return make_catalogue()


def sign_up(client, **changes):
    form = {
        "username": "newcomer",
        "email": "newcomer@example.test",
        "password1": GOOD_PASSWORD,
        "password2": GOOD_PASSWORD,
    }
    return client.post(reverse("account_signup"), form | changes)


def log_in(client, login, password="password"):  # noqa: S107
    return client.post(reverse("account_login"), {"login": login, "password": password})


def test_sign_up_makes_an_account_in_the_language_of_the_page(client):
    response = client.post(
        reverse("account_signup"),
        {
            "username": "newcomer",
            "email": "newcomer@example.test",
            "password1": GOOD_PASSWORD,
            "password2": GOOD_PASSWORD,
        },
        headers={"accept-language": "en"},
    )
    assert response.status_code == 302
    user = User.objects.get(username="newcomer")
    assert user.language == "en"
    assert client.session["_auth_user_id"] == str(user.pk)


def test_sign_up_cannot_make_an_admin(client):
    sign_up(client, is_staff="1", is_superuser="1", is_demo="1")
    user = User.objects.get(username="newcomer")
    assert [user.is_staff, user.is_superuser, user.is_demo] == [False] * 3


@pytest.mark.parametrize("email", ["taken@example.test", "TAKEN@example.test"])
def test_sign_up_refuses_an_address_that_is_in_use(client, email):
    make_user("taken")
    response = sign_up(client, email=email)
    assert response.status_code == 200
    assert response.context["form"].errors["email"]
    assert not User.objects.filter(username="newcomer").exists()


def test_sign_up_is_closed_where_settings_say_so(client, settings):
    settings.LAB_SIGNUP_OPEN = False
    page = client.get(reverse("account_signup"))
    assert "account/signup_closed.html" in [t.name for t in page.templates]
    sign_up(client)
    assert not User.objects.filter(username="newcomer").exists()


@pytest.mark.parametrize("login", ["reader", "reader@example.test"])
def test_log_in_takes_the_name_and_the_address(client, login):
    user = make_user("reader")
    response = log_in(client, login)
    assert response.status_code == 302
    assert client.session["_auth_user_id"] == str(user.pk)


def test_log_in_answers_alike_for_a_wrong_password_and_an_unknown_name(client):
    make_user("reader")
    wrong = log_in(client, "reader", "nonsense").context["form"].errors
    unknown = log_in(client, "nobody", "nonsense").context["form"].errors
    assert wrong == unknown
    assert wrong


def test_log_in_follows_next_on_this_site_only(client):
    make_user("reader")
    own = client.post(
        reverse("account_login") + "?next=/course/",
        {"login": "reader", "password": "password"},
    )
    assert own.url == "/course/"
    client.logout()
    foreign = client.post(
        reverse("account_login") + "?next=//evil.example/",
        {"login": "reader", "password": "password"},
    )
    assert "evil" not in foreign.url


def test_five_wrong_passwords_stop_the_sixth_try(client):
    make_user("reader")
    for _ in range(5):
        log_in(client, "reader", "nonsense")
    response = log_in(client, "reader")
    assert "_auth_user_id" not in client.session
    assert response.context["form"].non_field_errors()


def test_log_out_takes_a_post(client):
    client.force_login(make_user())
    assert client.get(reverse("account_logout")).status_code == 200
    assert "_auth_user_id" in client.session
    assert client.post(reverse("account_logout")).status_code == 302
    assert "_auth_user_id" not in client.session


def test_a_forgotten_password_is_reset_by_a_letter_that_works_once(client):
    user = make_user("reader")
    client.post(reverse("account_reset_password"), {"email": user.email})
    (letter,) = mail.outbox
    assert letter.to == [user.email]
    assert "reader" in letter.body
    link = re.search(r"http://testserver(/\S+)", letter.body).group(1)

    page = client.get(link, follow=True)
    form_url = page.redirect_chain[-1][0]
    done = client.post(
        form_url, {"password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD}, follow=True
    )
    assert done.status_code == 200
    user.refresh_from_db()
    assert user.check_password(GOOD_PASSWORD)

    again = client.get(link, follow=True)
    assert again.context["token_fail"]


def test_a_reset_says_the_same_for_an_unknown_address(client):
    make_user("reader")
    known = client.post(
        reverse("account_reset_password"), {"email": "reader@example.test"}
    )
    unknown = client.post(
        reverse("account_reset_password"), {"email": "nobody@example.test"}
    )
    assert (known.status_code, known.url) == (unknown.status_code, unknown.url)


def test_a_changed_password_needs_the_present_one(client):
    user = make_user("reader")
    client.force_login(user)
    form = {"password1": GOOD_PASSWORD, "password2": GOOD_PASSWORD}
    url = reverse("account_change_password")
    client.post(url, form | {"oldpassword": "nonsense"})
    user.refresh_from_db()
    assert user.check_password("password")
    client.post(url, form | {"oldpassword": "password"})
    user.refresh_from_db()
    assert user.check_password(GOOD_PASSWORD)


def test_an_address_changes_only_when_the_letter_is_opened(client):
    user = make_user("reader")
    client.force_login(user)
    client.post(
        reverse("account_email"), {"email": "new@example.test", "action_add": ""}
    )
    user.refresh_from_db()
    assert user.email == "reader@example.test"
    link = re.search(r"http://testserver(/\S+)", mail.outbox[-1].body).group(1)
    assert client.get(link).status_code == 200
    client.post(link)
    user.refresh_from_db()
    assert user.email == "new@example.test"


def test_a_second_wish_replaces_the_first_and_can_be_taken_back(client):
    user = make_user("reader")
    client.force_login(user)
    url = reverse("account_email")
    for email in ("first@example.test", "second@example.test"):
        client.post(url, {"email": email, "action_add": ""}, follow=True)
    page = client.get(url)
    assert "second@example.test" in page.text
    assert "first@example.test" not in page.text
    client.post(url, {"email": "second@example.test", "action_remove": ""}, follow=True)
    page = client.get(url)
    assert "second@example.test" not in page.text
    assert "reader@example.test" in page.text


def test_nobody_can_take_the_address_of_another_account(client):
    make_user("owner")
    user = make_user("reader")
    client.force_login(user)
    response = client.post(
        reverse("account_email"), {"email": "OWNER@example.test", "action_add": ""}
    )
    assert response.context["form"].errors["email"]
    assert not mail.outbox


@pytest.mark.parametrize(("language", "word"), [("ru", "Пароль"), ("en", "Password")])
def test_the_profile_language_wins_over_the_browser(client, language, word):
    client.force_login(make_user(language=language))
    other = "ru" if language == "en" else "en"
    page = client.get(
        reverse("account_change_password"), headers={"accept-language": other}
    )
    assert f'<html lang="{language}"' in page.text
    assert word in page.text


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_reset_password_done",
        "account_inactive",
        "account_email_verification_sent",
    ],
)
@pytest.mark.parametrize("language", ["ru", "en"])
def test_pages_for_strangers_are_the_sites_own(client, name, language):
    page = client.get(reverse(name), headers={"accept-language": language})
    assert page.status_code == 200
    assert "base.html" in [template.name for template in page.templates]
    assert "placeholder=" not in page.text


@pytest.mark.parametrize(
    "name", ["account_email", "account_change_password", "account_logout"]
)
def test_pages_of_an_account_send_strangers_to_the_log_in(client, name):
    response = client.get(reverse(name))
    assert response.status_code == 302
    client.force_login(make_user())
    assert client.get(reverse(name)).status_code == 200


def test_a_form_without_its_token_is_refused(client):
    make_user("reader")
    strict = Client(enforce_csrf_checks=True)
    assert log_in(strict, "reader").status_code == 403
