"""The list of pages that browsers walk over: whole, and cheap on the database.

Needs no browser: the pages are asked for by Django's test client.
"""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import URLPattern, URLResolver, get_resolver, resolve

from tests.e2e.test_every_page import addresses
from tests.e2e.world import build_world, sign_worker

# What is no page of its own: files, fragments, answers to a form, ways elsewhere.
NO_PAGES = {
    "healthz",
    "set_language",
    "account_set_password",  # everybody has a password here: it leads to its change
    "account_confirm_login_code",  # log-in by code is off
    "classroom:attempt-cancel",
    "classroom:attempt-restore",
    "classroom:attempt-status",
    "classroom:delete-account",
    "classroom:issue-certificate",
    "classroom:lab-archive",
    "classroom:lab-draft",
    "classroom:lab-file",
    "classroom:lab-reset",
    "classroom:lab-send",
    "classroom:lab-unreset",
    "classroom:lesson-file",
    "classroom:lesson-place",
    "classroom:lesson-read",
    "classroom:note-remove",
    "classroom:note-write",
    "classroom:notes-file",
    "classroom:own-archive",
    "classroom:preferences",
    "classroom:question-ask",
    "classroom:question-mail",
    "classroom:question-reply",
    "classroom:search-suggestions",
    "classroom:smallest-ask",
    "classroom:smallest-cancel",
    "classroom:smallest-status",
    "review:cohort-csv",
    "review:question-answer",
}

# The most queries that a page may take, session and user among them: a workbench with
# a result takes 15, a lesson 5.
CEILING = 16


def names(resolver=None, space=""):
    """Return the name of every URL of the site but the admin's."""
    found = set()
    for item in (resolver or get_resolver()).url_patterns:
        if isinstance(item, URLResolver) and item.namespace != "admin":
            found |= names(item, f"{item.namespace}:" if item.namespace else space)
        elif isinstance(item, URLPattern):
            found.add(f"{space}{item.name}")
    return found


def test_every_url_of_the_site_is_a_page_of_the_list_or_none(db):
    walked = {
        resolve(path.partition("?")[0]).view_name
        for name, _user, path in addresses(build_world())
        if name != "no such page"
    }
    assert names() - walked - NO_PAGES == set()
    assert walked & NO_PAGES == set()
    assert names() >= NO_PAGES


def test_no_page_takes_more_queries_than_its_ceiling(db):
    sign_worker()
    world = build_world()
    taken = {}
    for name, user, path in addresses(world):
        client = Client()
        if user is not None:
            client.force_login(user)
        client.get(path)
        with CaptureQueriesContext(connection) as queries:
            client.get(path)
        taken[name] = len(queries)
    assert {name: count for name, count in taken.items() if count > CEILING} == {}
