"""Every page in both themes and several widths: accessible, whole, nothing foreign."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

RULES = {
    "runOnly": [
        "wcag2a",
        "wcag2aa",
        "wcag21a",
        "wcag21aa",
        "wcag22aa",
        "best-practice",
    ]
}


def addresses(world):
    """Return (name, who, path) of every page in a telling state."""
    made = world.submissions
    cohort = f"/review/cohorts/{world.cohort.slug}/"
    return [
        ("welcome", None, "/"),
        ("log-in", None, "/accounts/login/"),
        ("first visit", world.fresh, "/"),
        ("home", world.ana, "/"),
        ("course", world.ana, "/course/"),
        ("course as a graph", world.ana, "/course/?view=graph"),
        ("glossary", world.ana, "/glossary/"),
        ("troubleshooting", world.ana, "/troubleshooting/"),
        ("search", world.ana, "/search/?q=состояния"),
        ("search, nothing found", world.ana, "/search/?q=грабли"),
        ("search, empty", world.ana, "/search/"),
        ("short lesson", world.ana, "/lessons/how-to-read/"),
        ("locked lesson", world.ana, "/lessons/stateful-streams/"),
        ("locked lab", world.ana, "/labs/dashboard/"),
        ("lesson", world.ana, "/lessons/cdc-source/"),
        ("lab, untouched", world.fresh, "/labs/status-totals/"),
        ("lab with a result", world.ana, "/labs/status-totals/"),
        ("history", world.ana, "/labs/status-totals/attempts/?runs=1"),
        (
            "comparison",
            world.ana,
            "/labs/status-totals/compare/"
            f"?first={made['failed'].public_id}&second={made['error'].public_id}",
        ),
        ("certificate, not yet", world.ana, "/certificate/"),
        ("certificate", world.graduate, "/certificate/"),
        ("verification", None, world.certificate.get_absolute_url()),
        ("solution", world.graduate, "/labs/status-totals/solution/"),
        ("notes", world.ana, "/notes/"),
        ("questions", world.ana, "/questions/"),
        ("question", world.ana, world.question.get_absolute_url()),
        ("questions to answer", world.instructor, "/review/questions/"),
        (
            "question to answer",
            world.instructor,
            f"/review/questions/{world.question.public_id}/",
        ),
        ("own data", world.ana, "/own-data/"),
        ("privacy", None, "/privacy/"),
        *(
            (f"attempt: {name}", item.user, f"/attempts/{item.public_id}/")
            for name, item in made.items()
        ),
        ("no such page", world.ana, "/nothing/"),
        ("sign-up", None, "/accounts/signup/"),
        ("inactive account", None, "/accounts/inactive/"),
        ("password again", world.ana, "/accounts/reauthenticate/"),
        ("e-mail, link sent", None, "/accounts/confirm-email/"),
        ("e-mail, wrong link", None, "/accounts/confirm-email/wrong/"),
        ("password reset, link sent", None, "/accounts/password/reset/done/"),
        ("password reset, wrong link", None, "/accounts/password/reset/key/1-wrong/"),
        ("password reset, done", None, "/accounts/password/reset/key/done/"),
        ("password reset", None, "/accounts/password/reset/"),
        ("e-mail", world.ana, "/accounts/email/"),
        ("password", world.ana, "/accounts/password/change/"),
        ("log-out", world.ana, "/accounts/logout/"),
        ("cohorts", world.instructor, "/review/"),
        ("cohort", world.instructor, cohort),
        ("student", world.instructor, f"{cohort}students/{world.ana.username}/"),
        (
            "attempt under review",
            world.instructor,
            f"/review/attempts/{made['failed'].public_id}/",
        ),
        (
            "part of a run",
            world.ana,
            f"/attempts/{made['failed'].public_id}/run/plan/",
        ),
        (
            "part of a run under review",
            world.instructor,
            f"/review/attempts/{made['failed'].public_id}/run/rows-1/",
        ),
        ("health", world.admin, "/studio/health/"),
    ]


def problems(page):
    found = Axe().run(page, options=RULES).response["violations"]
    return [
        f"{item['id']}: {node['target']} {node['failureSummary']}"
        for item in found
        for node in item["nodes"]
    ]


@pytest.mark.parametrize(
    ("theme", "width", "language"),
    [
        ("light", 1280, "ru"),
        ("dark", 390, "ru"),
        ("dark", 1280, "en"),
        ("light", 320, "en"),
    ],
)
def test_every_page_is_accessible(world, visitor, theme, width, language):
    for user in (
        world.fresh,
        world.ana,
        world.graduate,
        world.instructor,
        world.admin,
    ):
        user.theme, user.language = theme, language
        user.save()
    wrong = {}
    pages = {}
    for name, user, path in addresses(world):
        if user not in pages:
            pages[user] = visitor.page(
                user, width=width, language=language, color_scheme=theme
            )
        page = pages[user]
        answer = page.goto(path)
        assert answer.status in {200, 403, 404}, name
        assert page.locator("html").get_attribute("lang") == language, name
        page.wait_for_load_state("load")
        if "lab" in name:
            page.locator(".cm-content, .notice").first.wait_for()
        if found := problems(page):
            wrong[name] = found
        needed = page.evaluate("document.documentElement.scrollWidth")
        if needed > width:
            wrong[f"{name}: width"] = [f"{needed} px"]
    assert wrong == {}


def test_opened_parts_are_accessible_too(world, visitor):
    """What is folded at first is not seen by the walk over all pages."""
    page = visitor.page(world.ana, color_scheme="dark")
    for name in ("failed", "error", "run"):
        page.goto(f"/attempts/{world.submissions[name].public_id}/")
        page.evaluate(
            "document.querySelectorAll('details').forEach(d => d.open = true)"
        )
        # Parts of the run come from the server; each has left its link behind then.
        link = page.get_by_role("link", name="На отдельной странице", exact=True)
        link.first.wait_for(state="detached")
        assert problems(page) == []
    page.goto("/labs/status-totals/")
    for tab in ("Данные", "Проверки", "Подсказки", "Попытки"):
        page.get_by_role("tab", name=tab).click()
        assert problems(page) == []
    page.get_by_role("group").first.wait_for()


def test_the_log_shows_the_levels_that_are_asked_for(world, visitor):
    page = visitor.page(world.ana)
    page.goto(f"/attempts/{world.submissions['failed'].public_id}/")
    page.locator("summary", has_text="Журнал").click()
    lines = [
        page.locator(".run-log .log-line", has_text=text)
        for text in ("Completed checkpoint", "late", "at a.b.C")
    ]
    lines[0].wait_for()
    for choice, shown in (
        ("everything", [True, True, True]),
        ("warnings", [False, True, True]),
        ("errors", [False, False, True]),
    ):
        if choice != "everything":
            page.locator(f".run-log [data-{choice}]").check()
        assert [line.is_visible() for line in lines] == shown


def test_an_event_is_shown_beside_the_rows_that_name_it(world, visitor):
    page = visitor.page(world.ana)
    address = f"/attempts/{world.submissions['failed'].public_id}/"
    page.goto(address)
    page.locator(".check-list td.word a").first.click()
    page.locator("#event-shown .event-list li").wait_for()
    assert page.url.endswith(address)
    assert problems(page) == []


def test_a_part_of_a_run_comes_once_and_without_scripts_by_its_link(world, visitor):
    page = visitor.page(world.ana)
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    address = f"/attempts/{world.submissions['failed'].public_id}/"
    page.goto(address)
    summary = page.locator("summary", has_text="План")
    for _ in range(3):
        summary.click()
    page.get_by_text("TableSourceScan").wait_for()
    assert len([url for url in asked if url.endswith("/run/plan/")]) == 1
    page = visitor.page(world.ana, java_script_enabled=False)
    page.goto(address)
    page.locator("summary", has_text="План").click()
    page.locator("details[open] a", has_text="На отдельной странице").click()
    assert "TableSourceScan" in page.locator("pre").first.inner_text()


def test_rows_that_differ_are_shown_by_their_kind(world, visitor):
    page = visitor.page(world.ana)
    page.goto(f"/attempts/{world.submissions['failed'].public_id}/")
    table = page.locator(".diff-filter + .table-scroll").first
    rows = table.locator("tbody tr:visible")
    every = rows.count()
    page.locator(".diff-filter").first.get_by_label("не хватает").check()
    expect(rows).to_have_count(table.locator("tbody tr.diff-missing").count())
    assert 0 < rows.count() < every
    page.locator(".diff-filter").first.get_by_label("все").check()
    expect(rows).to_have_count(every)


@pytest.mark.parametrize("media", [{"forced_colors": "active"}, {"media": "print"}])
def test_pages_survive_forced_colours_and_print(world, visitor, media):
    page = visitor.page(world.ana)
    page.emulate_media(**media)
    page.goto(f"/attempts/{world.submissions['failed'].public_id}/")
    assert page.locator(".check-title").first.is_visible()
    assert page.locator(".site-header").is_visible() is ("media" not in media)
