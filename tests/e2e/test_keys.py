"""The keys of every page, and the clock of the browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.test_every_page import problems

pytestmark = pytest.mark.browser

LESSON = "/lessons/cdc-source/"


def test_the_list_of_keys_is_a_key_away_and_accessible(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    page.keyboard.press("Shift+Slash")
    listed = page.get_by_role("dialog", name="Клавиши")
    expect(listed).to_be_visible()
    assert problems(page) == []
    page.keyboard.press("Escape")
    expect(listed).not_to_be_visible()
    page.locator("[data-open-keys]").click()
    expect(listed).to_be_visible()


def test_letters_lead_to_pages_in_any_layout(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    # As the Russian layout sends it: the letter is another, the place is the same.
    page.evaluate(
        """() => {
          for (const [key, code] of [["п", "KeyG"], ["ь", "KeyM"]])
            document.body.dispatchEvent(
              new KeyboardEvent("keydown", { key, code, bubbles: true }));
        }"""
    )
    page.wait_for_url("**/course/")
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(re.compile(r":\d+/$"))
    page.goto(LESSON)
    page.keyboard.press("[")
    page.wait_for_url("**/lessons/how-to-read/")
    page.keyboard.press("]")
    page.wait_for_url(f"**{LESSON}")


def test_single_keys_can_be_switched_off_and_rest_in_fields(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    theme = page.locator("html")
    before = theme.get_attribute("data-theme")
    page.keyboard.press("t")
    expect(theme).not_to_have_attribute("data-theme", before)
    now = theme.get_attribute("data-theme")
    for _ in range(50):  # an answer that is a redirect is no event of Playwright's
        world.ana.refresh_from_db()
        if world.ana.theme == now:
            break
        page.wait_for_timeout(100)
    page.keyboard.press("Shift+Slash")
    page.get_by_label("Одиночные клавиши работают").uncheck()
    page.get_by_role("dialog").get_by_role("button", name="Закрыть").click()
    page.reload()
    page.keyboard.press("t")
    page.keyboard.press("Shift+Slash")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(theme).to_have_attribute("data-theme", now)


def test_times_are_those_of_the_browsers_clock(world, visitor):
    page = visitor.page(world.ana, timezone_id="Asia/Tokyo")
    page.goto("/")
    page.reload()
    expect(page.locator("main time").first).to_have_attribute(
        "title", re.compile(r"UTC\+09:00$")
    )
