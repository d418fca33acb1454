"""The search by keyboard alone, by its keys and without JavaScript."""

import re

import pytest
from playwright.sync_api import expect

from tests.e2e.test_every_page import problems

pytestmark = pytest.mark.browser

LESSON = "/lessons/cdc-source/"


def field_of(page):
    return page.locator("#search-field")


@pytest.mark.parametrize("key", ["/", "Control+k"])
def test_keys_lead_to_the_field_but_not_out_of_another(world, visitor, key):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    page.keyboard.press(key)
    expect(field_of(page)).to_be_focused()
    expect(field_of(page)).to_have_value("")
    page.goto("/questions/")
    page.goto("/accounts/password/change/")
    other = page.locator("main input[type=password]").first
    other.focus()
    page.keyboard.press(key)
    expect(other).to_be_focused()


def test_suggestions_are_chosen_by_keyboard(world, visitor):
    page = visitor.page(world.ana)
    page.goto(LESSON)
    page.keyboard.press("/")
    page.keyboard.type("состоя")
    field = page.get_by_role("combobox", name="Поиск по курсу")
    expect(field).to_have_attribute("aria-expanded", "true")
    options = page.get_by_role("option")
    expect(options.first).to_contain_text("Состояние")
    assert problems(page) == []
    page.keyboard.press("ArrowDown")
    chosen = options.first
    expect(chosen).to_have_attribute("aria-selected", "true")
    expect(field).to_have_attribute("aria-activedescendant", chosen.get_attribute("id"))
    expect(field).to_be_focused()
    page.keyboard.press("Escape")
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("состоя")
    page.keyboard.press("ArrowDown")
    address = chosen.get_attribute("data-href")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{address}")


def test_enter_shows_the_results_and_a_tab_leads_to_the_first(world, visitor):
    page = visitor.page(world.ana)
    page.goto("/")
    page.keyboard.press("Control+k")
    page.keyboard.type("состояния")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/search/\?q="))
    expect(field_of(page)).to_have_value("состояния")
    expect(page.locator(".search-hits mark").first).to_be_visible()
    first = page.locator(".search-hits a").first
    for _press in range(20):
        page.keyboard.press("Tab")
        if first.evaluate("link => link === document.activeElement"):
            break
    expect(first).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/(lessons|labs|glossary|troubleshooting)/"))


def test_the_field_is_a_plain_form_without_javascript(world, visitor):
    page = visitor.page(world.ana, java_script_enabled=False)
    page.goto(LESSON)
    field_of(page).fill("состояния")
    page.locator(".site-search button").click()
    page.wait_for_url(re.compile(r"/search/\?q="))
    expect(page.locator(".search-hits > li").first).to_be_visible()
