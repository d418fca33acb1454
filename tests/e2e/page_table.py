"""Look at every page in one variant: picture, axe, weight, queries, server's time.

Not collected by itself: `python -m tests.pages` runs it once a variant, because a
browser with both cores to itself is held for two minutes at most.
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

pytestmark = pytest.mark.browser

FOLDER = Path(os.environ.get("POTOK_PAGES", "var/pages"))
THEME, WIDTH, LANGUAGE = os.environ.get("POTOK_VARIANT", "light-1280-ru").split("-")
TIMES = 5
TEXT = re.compile(r"text/|javascript|json|svg")

REFUSALS = ("400", "403", "413", "500", "503", "csrf", "no-course", "session-ended")


@pytest.mark.timeout(900)
def test_page_table(world, visitor, settings):
    settings.ROOT_URLCONF = "tests.e2e.error_urls"
    people = (world.fresh, world.ana, world.graduate, world.instructor, world.admin)
    for user in people:
        user.theme, user.language = THEME, LANGUAGE
        user.save()
    rows = [
        *addresses(world),
        *((f"refused: {name}", None, f"/refused/{name}/") for name in REFUSALS),
    ]
    is_first = (THEME, WIDTH, LANGUAGE) == ("light", "1280", "ru")
    pages, found = {}, {}
    for name, user, path in rows:
        facts = _server(user, path) | _weight(visitor, user, path) if is_first else {}
        if user not in pages:
            pages[user] = visitor.page(user, width=int(WIDTH), color_scheme=THEME)
        page = pages[user]
        page.goto(path)
        page.wait_for_load_state("load")
        if name.startswith("lab"):
            page.locator(".cm-content, .notice").first.wait_for()
        facts["axe"] = len(problems(page))
        facts["overflow"] = page.evaluate(
            "Math.max(0, document.documentElement.scrollWidth - innerWidth)"
        )
        if LANGUAGE == "ru":
            picture = FOLDER / f"{_slug(name)}.{THEME}-{WIDTH}.png"
            page.screenshot(path=picture, full_page=True)
        found[name] = facts
    target = FOLDER / f"{THEME}-{WIDTH}-{LANGUAGE}.json"
    target.write_text(json.dumps(found, ensure_ascii=False, indent=1), "utf-8")


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


def _slug(name):
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
