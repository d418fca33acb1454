"""Times in the zone of the browser's clock."""

from datetime import UTC, datetime

import pytest
from django.http import HttpResponse
from django.template import Context, Template
from django.test import RequestFactory
from django.utils import timezone

from accounts.middleware import BrowserZoneMiddleware, known_zone

MOMENT = datetime(2026, 3, 2, 21, 30, 5, tzinfo=UTC)


def shown(zone):
    """Return how a page shows MOMENT to a browser that names ``zone``."""
    request = RequestFactory().get("/")
    if zone:
        request.COOKIES["zone"] = zone
    template = Template("{% load potok %}{% moment at %}")
    page = BrowserZoneMiddleware(
        lambda _request: HttpResponse(template.render(Context({"at": MOMENT})))
    )
    return page(request).text


@pytest.mark.parametrize(
    ("zone", "title"),
    [
        ("Asia/Yekaterinburg", "2026-03-03 02:30:05 UTC+05:00"),
        ("America/New_York", "2026-03-02 16:30:05 UTC-05:00"),
        ("UTC", "2026-03-02 21:30:05 UTC"),
        ("", "2026-03-02 21:30:05 UTC"),
    ],
)
def test_a_moment_is_shown_by_the_browsers_clock(zone, title):
    assert f'title="{title}"' in shown(zone)


def test_the_zone_of_one_request_does_not_stay_for_the_next():
    shown("Asia/Tokyo")
    assert timezone.get_current_timezone_name() == "UTC"
    assert 'title="2026-03-02 21:30:05 UTC"' in shown("")


@pytest.mark.parametrize(
    "name", ["", "Mars/Base", "../../etc/passwd", "/etc/localtime", "Europe", "a" * 65]
)
def test_what_is_no_zone_is_not_taken(name):
    assert known_zone(name) is None


def test_a_zone_with_a_null_byte_is_not_taken():
    assert known_zone("Europe/\x00Moscow") is None
