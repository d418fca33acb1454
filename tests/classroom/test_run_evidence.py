"""What the page shows of Flink's own telling: escaped, cut, complete, never scored."""

import json
from dataclasses import replace

import pytest
from django.utils import translation

from classroom.run_evidence import AFTER_ALL, BEFORE_ALL, jobs_of, log_of
from grading.report import run_report
from submissions.models import Run
from tests.factories import make_catalogue, make_submission, make_user
from tests.grading.labs import LAB, outcome
from tests.review.world import finish

EVIL = "<script>alert(1)</script>"


def report(**job):
    told = json.dumps({"jobs": [job]})
    return run_report(outcome=replace(outcome(), evidence=told), lab=LAB)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "–"),
        (BEFORE_ALL, "–"),
        (AFTER_ALL, "конец потока"),
        (0, "1970-01-01 00:00:00"),
        (2**61, str(2**61)),
    ],
)
def test_a_watermark_is_a_moment_of_the_events(value, shown):
    with translation.override("ru"):
        [job] = jobs_of(report(vertices=[{"watermark": value}]))
    assert job.vertices[0].watermark == shown


def test_a_report_of_an_older_version_has_no_jobs():
    assert jobs_of({}) == ()
    assert log_of("") == ()


def test_a_trace_goes_with_the_line_it_belongs_to():
    lines = log_of("hello\nWARN  A: b\nERROR C: d\n\tat e\nWARN  F: g")
    tones = [line.tone for line in lines]
    assert tones == ["told", "warning", "error", "error", "warning"]
    assert [line.tone for line in log_of("INFO  A: b\nFATAL C: d")] == ["told", "error"]
    assert log_of("hello\nERRORS are no level") == ()


def test_a_log_is_cut_to_its_latest_lines():
    lines = log_of("\n".join(f"WARN  A: {number}" for number in range(10_000)))
    assert (len(lines), lines[-1].text) == (400, "WARN  A: 9999")


@pytest.mark.django_db
def test_the_page_escapes_whatever_a_box_says(client):
    make_catalogue()
    user = make_user(language="en")
    submission = finish(make_submission(user), "failed")
    vertex = {
        "id": "a",
        "name": EVIL,
        "state": EVIL,
        "description": EVIL + "\x00",
        "inputs": [{"id": "a", "ship": EVIL}],
        "read": 4711,
    }
    counts = {"completed": 3, "size": 2048}
    stored = report(name=EVIL, state=EVIL, vertices=[vertex], checkpoints=counts)
    run = Run.objects.get(submission=submission)
    run.report = run.report | {
        "jobs": stored["jobs"],
        "stderr": f"ERROR Main: {EVIL}",
    }
    run.save()
    client.force_login(user)
    shown = ""
    for part in ("plan", "metrics", "checkpoints", "stderr"):
        page = client.get(f"{submission.get_absolute_url()}run/{part}/").text
        assert EVIL not in page
        assert "&lt;script&gt;" in page
        shown += page
    assert shown.count("&lt;script&gt;") >= 6
    for text in ("4711", "2.0\xa0KB", "never scored", "Checkpoints completed"):
        assert text in shown, text
