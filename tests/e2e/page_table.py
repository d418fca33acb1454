"""Look at every page in one theme: pictures, axe, weight, queries, server's time.

Not collected by itself: `python -m tests.pages` runs it once a theme, because a browser
with both cores to itself is held for some minutes only.
"""

import gzip
import json
import os
import re
import statistics
import time
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.e2e.test_every_page import addresses, problems
from tests.pages import slug

pytestmark = pytest.mark.browser

FOLDER = Path(os.environ.get("POTOK_PAGES", "var/pages"))
THEME = os.environ.get("POTOK_THEME", "light")
WIDE, NARROW = 1280, 390
HEIGHT = 850
TIMES = 5
TEXT = re.compile(r"text/|javascript|json|svg")

REFUSALS = ("400", "403", "413", "500", "503", "csrf", "no-course", "session-ended")


def test_page_facts(world, settings):
    """What the server tells of each page; needs no browser."""
    settings.ROOT_URLCONF = "tests.e2e.error_urls"
    facts = {name: _server(user, path) for name, user, path in _rows(world)}
    _write("server", facts)


@pytest.mark.timeout(900)
def test_page_table(world, visitor, settings):
    settings.ROOT_URLCONF = "tests.e2e.error_urls"
    rows = _rows(world)
    found = {name: {} for name, _user, _path in rows}
    _speak("ru", world)
    if THEME == "light":
        for name, user, path in rows:
            found[name] |= _weight(visitor, user, path)
    for name, page in _opened(visitor, rows, "ru", width=WIDE):
        facts = found[name]
        facts["axe-ru"] = len(problems(page))
        facts["overflow"] = _overflow(page)
        _take(page, name, WIDE)
        page.set_viewport_size({"width": NARROW, "height": HEIGHT})
        facts["overflow"] = max(facts["overflow"], _overflow(page))
        _take(page, name, NARROW)
        page.set_viewport_size({"width": WIDE, "height": HEIGHT})
    # The other language, light on a screen and dark on a phone.
    _speak("en", world)
    width = WIDE if THEME == "light" else NARROW
    for name, page in _opened(visitor, rows, "en", width=width):
        found[name]["axe-en"] = len(problems(page))
        found[name]["overflow"] = max(found[name]["overflow"], _overflow(page))
    _write(THEME, found)


def _rows(world):
    """Return (name, who, path) of every page, refusals of the site among them."""
    return [
        *addresses(world),
        *((f"refused: {name}", None, f"/refused/{name}/") for name in REFUSALS),
    ]


def _write(name, facts):
    text = json.dumps(facts, ensure_ascii=False, indent=1)
    (FOLDER / f"{name}.json").write_text(text, "utf-8")


def _speak(language, world):
    """Set everybody's language, and the theme of this run."""
    for user in (
        world.fresh,
        world.ana,
        world.graduate,
        world.instructor,
        world.admin,
    ):
        user.theme, user.language = THEME, language
        user.save()


def _opened(visitor, rows, language, *, width):
    """Yield (name, page) with each page open, as its person sees it.

    ``language`` is that of strangers; the others' is in their profiles.
    """
    pages = {}
    for name, user, path in rows:
        if user not in pages:
            pages[user] = visitor.page(
                user, width=width, language=language, color_scheme=THEME
            )
        page = pages[user]
        page.goto(path)
        page.wait_for_load_state("load")
        if name.startswith("lab"):
            page.locator(".cm-content, .notice").first.wait_for()
        yield name, page


def _overflow(page):
    return page.evaluate(
        "Math.max(0, document.documentElement.scrollWidth - innerWidth)"
    )


def _take(page, name, width):
    page.screenshot(path=FOLDER / f"{slug(name)}.{THEME}-{width}.png", full_page=True)


def _server(user, path):
    """Ask without a browser; the first answer also fills the caches."""
    client = Client(raise_request_exception=False)
    if user is not None:
        client.force_login(user)
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    count = len(queries)  # the next request empties the log
    took = []
    for _ in range(TIMES):
        began = time.perf_counter()
        client.get(path)
        took.append(1000 * (time.perf_counter() - began))
    return {
        "status": answer.status_code,
        "queries": count,
        "ms": statistics.median(took),
    }


def _weight(visitor, user, path):
    """Open the page with an empty cache; texts count as gzip makes them."""
    page = visitor.page(user, width=1280, color_scheme=THEME)
    answers = []
    page.on("response", lambda answer: answers.append(answer))
    page.goto(path)
    page.wait_for_load_state("networkidle")
    size = 0
    for answer in answers:
        if answer.status in {204, 301, 302, 304}:
            continue
        body = answer.body()
        is_text = TEXT.search(answer.headers.get("content-type", ""))
        size += len(gzip.compress(body)) if is_text else len(body)
    page.context.close()
    visitor.contexts.remove(page.context)
    return {"bytes": size, "requests": len(answers)}
