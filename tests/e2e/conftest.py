"""A real Chromium against the site of this process; what a page may never do.

Every page of a test is watched: an error of a script, a violation of the content
security policy or a request to another host fails the test that caused it.
"""

import os
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client

from tests.e2e.world import build_world, sign_worker

CHROMIUM = os.environ.get("POTOK_CHROMIUM", "/usr/bin/chromium")

# What browser and htmx say of an answer that is refused on purpose.
EXPECTED_ERRORS = ("Failed to load resource", "Response Status Error Code")


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args):
    if not Path(CHROMIUM).exists():
        pytest.fail(
            f"{CHROMIUM} does not exist: install chromium or set POTOK_CHROMIUM"
        )
    return {
        **browser_type_launch_args,
        "executable_path": CHROMIUM,
        "args": [
            "--no-sandbox",
            "--disable-gpu",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--no-first-run",
        ],
    }


@pytest.fixture
def world(transactional_db):
    """The course and the people of ``tests.e2e.world``, with a worker that signs."""
    sign_worker()
    return build_world()


class Visitor:
    """Opens pages as a given person and remembers what they did wrong."""

    def __init__(self, browser, url):
        self.browser = browser
        self.url = url
        self.faults = []
        self.contexts = []

    def page(
        self,
        user=None,
        *,
        width=1280,
        height=850,
        language="",
        keeps_place=False,
        **options,
    ):
        """Return a page of a new context, signed in as ``user``.

        ``language`` is a stranger's choice: that of the signed-in is in their profile.
        A lesson tells its place as it is closed too, into a database that is being
        emptied then: only a test with ``keeps_place`` lets it.
        """
        context = self.browser.new_context(
            base_url=self.url,
            viewport={"width": width, "height": height},
            locale="ru-RU",
            **options,
        )
        self.contexts.append(context)
        if not keeps_place:
            context.route("**/place/", lambda route: route.fulfill(status=204))
        if language:
            name = settings.LANGUAGE_COOKIE_NAME
            cookie = {"name": name, "value": language, "url": self.url}
            context.add_cookies([cookie])
        if user is not None:
            client = Client()
            client.force_login(user)
            context.add_cookies(
                [
                    {
                        "name": settings.SESSION_COOKIE_NAME,
                        "value": client.cookies[settings.SESSION_COOKIE_NAME].value,
                        "url": self.url,
                    }
                ]
            )
        page = context.new_page()
        self.watch(page)
        return page

    def watch(self, page):
        """Collect script errors, policy violations and requests to other hosts."""
        host = urlsplit(self.url).netloc
        page.on("pageerror", lambda error: self.faults.append(f"script: {error}"))
        page.on("console", lambda message: self._console(message))
        page.on(
            "request",
            lambda request: (
                None
                if urlsplit(request.url).netloc in {host, ""}
                else self.faults.append(f"foreign request: {request.url}")
            ),
        )

    def _console(self, message):
        text = message.text
        if "Content Security Policy" in text or "Content-Security-Policy" in text:
            self.faults.append(f"policy: {text}")
        elif message.type == "error" and not text.startswith(EXPECTED_ERRORS):
            self.faults.append(f"console: {text}")

    def close(self):
        """Close every context; raise what the pages did wrong."""
        for context in self.contexts:
            context.close()
        assert self.faults == []


@pytest.fixture
def visitor(browser, live_server):
    visitor = Visitor(browser, live_server.url)
    yield visitor
    visitor.close()
