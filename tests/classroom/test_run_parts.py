"""The folded parts of a result: named on the page, made at addresses of their own."""

import pytest
from django.test import Client

from classroom.results import DIFF_ROWS_AT_ONCE
from classroom.run_parts import ROWS_AT_ONCE
from grading.report import MAX_DIFF_ROWS, MAX_OUTPUT_ROWS
from submissions.models import Run
from submissions.run_parts import Part, parts_of_run, parts_of_verdict
from tests.classroom.conftest import HTMX
from tests.e2e.world import build_world
from tests.factories import make_cohort, make_submission, make_user
from tests.review.world import finish

KINDS = ["+I", "-U", "+U", "-D"]
# A result of four full outputs and a long log had 400 KB of HTML with all of it inline.
MAX_PAGE_BYTES = 100_000


def output(count, *, mode="retract", **more):
    rows = [
        {
            "op": KINDS[number % 4],
            "values": {
                "status": f"status-{number}",
                "revenue": "1024.50",
                "last_change": "2026-03-02 10:00:04.999",
                "orders": number,
            },
        }
        for number in range(min(count, MAX_OUTPUT_ROWS))
    ]
    columns = ["status", "revenue", "last_change", "orders"]
    return {
        "topic": "out.totals",
        "mode": mode,
        "columns": columns,
        "count": count,
        "undecodable": [],
        "rows": rows,
    } | more


LOG = "".join(
    f"{level:5} Some{level.title()}: line {number}\n"
    for number in range(200)
    for level in ("INFO", "WARN", "ERROR")
)
VERTEX = {
    "name": "Source: orders[1]",
    "state": "RUNNING",
    "parallelism": 1,
    "description": "[1]:TableSourceScan(table=[[orders]])",
    "inputs": [],
    "read": 4711,
    "written": 24,
    "busy_ms": 197,
    "backpressured_ms": 0,
    "watermark": None,
}
REPORT = {
    "outputs": {f"totals_{number}": output(437) for number in range(4)},
    "stdout": "counted 4711",
    "stderr": LOG,
    "jobs": [
        {
            "name": "insert-into",
            "state": "RUNNING",
            "restarts": 3,
            "checkpoints": None,
            "vertices": [VERTEX],
        }
    ],
    "timings": {"ended": 1.25},
}
SAID = {
    "rows-1": "status-199",
    "rows-4": "status-199",
    "stdout": "counted 4711",
    "stderr": "SomeWarn: line 199",
    "plan": "TableSourceScan",
    "metrics": "4711",
    "checkpoints": "Перезапуски",
    "timings": "1,25",
}


def finished(user, *, kind="submit", **report):
    """Return a finished submission whose run has told everything."""
    submission = finish(
        make_submission(user, kind=kind), "none" if kind == "run" else "failed"
    )
    run = Run.objects.get(submission=submission)
    run.report = run.report | REPORT | report
    run.save()
    if kind == "run":
        verdict = submission.verdicts.get()
        verdict.report = verdict.report | {"checks": []}
        verdict.save()
    return submission


def test_the_page_names_the_parts_and_holds_none_of_them(reader, student):
    submission = finished(student)
    page = reader.get(submission.get_absolute_url()).text
    assert len(page.encode()) <= MAX_PAGE_BYTES
    for slug, text in SAID.items():
        address = f"{submission.get_absolute_url()}run/{slug}/"
        # Without scripts the link is the way, with them the fold.
        assert f'href="{address}"' in page, slug
        assert f'hx-get="{address}"' in page, slug
        assert text not in page, slug
    lab = reader.get("/labs/first-lab/").text
    assert 'hx-get="/attempts/' in lab
    assert len(lab.encode()) <= MAX_PAGE_BYTES


@pytest.mark.parametrize("slug", SAID)
def test_a_part_is_a_fragment_for_its_fold_and_a_page_of_its_own(reader, student, slug):
    submission = finished(student)
    address = f"{submission.get_absolute_url()}run/{slug}/"
    fragment = reader.get(address, headers=HTMX)
    assert SAID[slug] in fragment.text
    assert "<html" not in fragment.text
    page = reader.get(address)
    assert SAID[slug] in page.text
    assert f'href="{submission.get_absolute_url()}"' in page.text
    assert "HX-Request" in page["Vary"]


def test_a_trial_run_shows_its_first_rows_at_once(reader, student):
    submission = finished(student, kind="run")
    page = reader.get(submission.get_absolute_url()).text
    assert len(page.encode()) <= MAX_PAGE_BYTES
    assert page.count(f"status-{ROWS_AT_ONCE - 1}\n") == 4
    assert f"status-{ROWS_AT_ONCE}\n" not in page
    assert f'hx-get="{submission.get_absolute_url()}run/rows-1/"' in page


@pytest.mark.parametrize(
    "part", ["rows-0", "rows-5", "rows-", "rows-x", "nothing", "PLAN", "log"]
)
def test_what_the_run_has_not_told_is_404(reader, student, part):
    submission = finished(student)
    address = f"{submission.get_absolute_url()}run/{part}/"
    assert reader.get(address).status_code == 404
    assert reader.get(address, headers=HTMX).status_code == 404


def test_an_open_submission_has_no_parts(reader, student):
    submission = make_submission(student)
    address = f"{submission.get_absolute_url()}run/timings/"
    assert reader.get(address).status_code == 404


def test_nobody_else_gets_a_part(reader, student):
    submission = finished(student)
    other = Client()
    other.force_login(make_user("student-b"))
    for slug in SAID:
        address = f"{submission.get_absolute_url()}run/{slug}/"
        assert other.get(address, headers=HTMX).status_code == 404
        assert Client().get(address, headers=HTMX).status_code == 401
        assert reader.post(address).status_code == 405


def test_an_instructor_opens_parts_at_addresses_of_their_own(client, catalogue):
    pupil, teacher = make_user("pupil"), make_user("teacher")
    make_cohort(students=[pupil], instructors=[teacher])
    submission = finished(pupil)
    client.force_login(teacher)
    address = f"/review/attempts/{submission.public_id}/"
    page = client.get(address).text
    assert len(page.encode()) <= MAX_PAGE_BYTES
    assert "/attempts/" not in page.replace("/review/attempts/", "")
    for slug, text in SAID.items():
        assert f'hx-get="{address}run/{slug}/"' in page
        assert text in client.get(f"{address}run/{slug}/", headers=HTMX).text
        whole = client.get(f"{address}run/{slug}/").text
        assert text in whole
        assert f'href="{address}"' in whole
    assert client.get(f"{address}run/rows-5/").status_code == 404


def differing(count, **more):
    """Return a check with ``count`` rows that differ, each with events."""
    rows = [
        {
            "kind": "missing",
            "expected": {"status": f"status-{number}", "revenue": "1024.50"},
            "actual": None,
            "columns": [],
            "events": [number],
        }
        for number in range(min(count, MAX_DIFF_ROWS))
    ]
    return {
        "id": "totals-right",
        "output": "totals",
        "passed": False,
        "points": 0,
        "max_points": 10,
        "code": "rows-differ",
        "params": {"rows": 2, "samples": [], "missing": count},
        "diff": {
            "columns": ["status", "revenue"],
            "key": ["status"],
            "missing": count,
            "unexpected": 0,
            "different": 0,
            "compared": count,
            "rows": rows,
        },
    } | more


EVENT = {
    "stage": "live",
    "topic": "shop.orders",
    "key": '{"id": 7}',
    "value": '{"before": null, "after": {"note": "' + "x" * 1000 + '"}}',
    "op": "c",
}
EVENTS = {str(number): EVENT | {"number": number} for number in range(MAX_DIFF_ROWS)}


def judged(user, *checks):
    submission = finished(user)
    verdict = submission.verdicts.get()
    verdict.report = verdict.report | {"checks": list(checks), "events": EVENTS}
    verdict.save()
    return submission


def test_rows_that_differ_and_their_events_come_when_they_are_opened(reader, student):
    submission = judged(student, *(differing(120) for _ in range(6)))
    run = f"{submission.get_absolute_url()}run/"
    for address in (submission.get_absolute_url(), "/labs/first-lab/"):
        page = reader.get(address).text
        assert len(page.encode()) <= MAX_PAGE_BYTES
        assert f"status-{DIFF_ROWS_AT_ONCE - 1}\n" in page
        assert f"status-{DIFF_ROWS_AT_ONCE}\n" not in page
        assert f'href="{run}events/#event-3"' in page
        assert "xxx" not in page
        for number in range(1, 7):
            assert f'hx-get="{run}check-{number}/"' in page
    part = reader.get(f"{run}check-6/", headers=HTMX).text
    assert f"status-{MAX_DIFF_ROWS - 1}\n" in part
    assert "ещё 70 строк" in " ".join(part.split())
    assert f'hx-get="{run}events/?event=3"' in part
    assert "xxx" in reader.get(f"{run}events/").text
    assert reader.get(f"{run}check-7/").status_code == 404
    assert reader.get(f"{run}check-0/").status_code == 404


def test_a_check_of_a_varied_stream_brings_its_own_events(reader, student):
    varied = {"code": "variation-differs", "run": {"ending": "completed"}}
    params = {"rows": 2, "samples": [], "missing": 1, "variation": "shuffle"}
    submission = judged(student, differing(1, events=EVENTS, params=params, **varied))
    part = f"{submission.get_absolute_url()}run/check-1/"
    page = reader.get(submission.get_absolute_url()).text
    assert f'href="{part}#event-totals-right-0"' in page
    assert 'hx-get="?event' not in page
    for headers in ({}, HTMX):
        text = reader.get(part, headers=headers).text
        assert 'href="#event-totals-right-0"' in text
        assert 'id="event-totals-right-0"' in text


def test_a_check_without_rows_has_no_part():
    assert parts_of_verdict({}) == ()
    checks = [differing(0), differing(1), {"diff": None}]
    assert parts_of_verdict({"checks": checks}) == ("check-2",)
    assert parts_of_verdict({"checks": checks, "events": EVENTS}) == (
        "check-2",
        "events",
    )


def test_a_log_is_told_by_level_and_says_what_is_missing(reader, student):
    submission = finished(student)
    part = reader.get(f"{submission.get_absolute_url()}run/stderr/", headers=HTMX).text
    assert part.count('class="log-line log-error"') == 134
    assert part.count('class="log-line log-warning"') == 133
    assert part.count('class="log-line log-told"') == 133
    assert "Последние 400 строк из 600" in part
    assert "data-warnings" in part
    plain = finished(student, stderr="Traceback\n", stderr_truncated=True)
    part = reader.get(f"{plain.get_absolute_url()}run/stderr/", headers=HTMX).text
    assert "log-line" not in part
    assert "в квадратных скобках" in part


@pytest.mark.parametrize(
    ("report", "words", "counts"),
    [
        (output(2, mode="append"), "каждая запись", [1, 1, 0, 0]),
        (output(4, mode="upsert"), "решает ключ", [1, 1, 1, 1]),
        (output(437, kinds={"+I": 400, "-D": 37}), "две строки", [400, 0, 0, 37]),
        (output(437), "две строки", None),
    ],
)
def test_an_output_says_its_mode_and_how_many_rows_of_each_kind(
    reader, student, report, words, counts
):
    submission = finished(student, outputs={"totals": report})
    address = f"{submission.get_absolute_url()}run/rows-1/"
    part = " ".join(reader.get(address, headers=HTMX).text.split())
    assert words in part
    shown = [
        f'{sign}</span> <span class="number">{count}</span>'
        for sign, count in zip(
            ["+I", "−U", "+U", "−D"], counts or [0, 0, 0, 0], strict=True
        )
    ]
    assert all((one in part) is (counts is not None) for one in shown)


def test_parts_are_those_that_have_something():
    assert parts_of_run({}) == ()
    rows = [f"rows-{number}" for number in range(1, 5)]
    assert parts_of_run(REPORT) == (*rows, *Part)
    empty = {"totals": output(0)}
    assert parts_of_run({"outputs": empty}) == ("rows-1",)
    error = {"message": "…"}
    assert parts_of_run({"outputs": empty, "error": error}) == ()
    told = {"outputs": {"totals": output(1)}, "error": error, "stdout": "x"}
    assert parts_of_run(told) == ("rows-1", Part.STDOUT)


def test_an_output_with_changes_shows_what_they_add_up_to(db):
    world = build_world()
    client = Client()
    client.force_login(world.ana)
    page = world.submissions["failed"].get_absolute_url()
    assert "Что получилось в итоге" in client.get(page).text
    text = client.get(f"{page}run/table-1/", headers=HTMX).text
    assert text.count("34.5") == 1  # of the two changes of this key the last one
    assert "10.5" not in text
