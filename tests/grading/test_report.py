import json
from dataclasses import replace

from grading.grader import grade
from grading.report import MAX_EVENT_TEXT, verdict_report
from lab_protocol.messages import Event, Stage
from tests.grading.labs import BUILD, FIRST, LAB, SECOND, outcome, record, window

WRONG = [record(window(FIRST, "paid", 10.51)), record(window(SECOND, "paid", 4.00))]


def event_value(value):
    """Return how the report shows an event with this value."""
    events = tuple(Event("orders", b"1", value) for _ in range(4))
    build = replace(BUILD, stages=(Stage("live", events),))
    verdict = grade(lab=LAB, build=build, outcome=outcome(windows=WRONG))
    report = verdict_report(verdict=verdict, lab=LAB, build=build)
    return report["events"]["0"]["value"]


def test_a_schema_in_front_of_a_row_is_left_out():
    message = {"schema": {"fields": ["x" * 2000]}, "payload": {"op": "c", "имя": "я"}}
    shown = event_value(json.dumps(message).encode())
    assert shown == '{"schema": …, "payload": {"op": "c", "имя": "я"}}'


def test_any_other_value_is_shown_as_it_is():
    for text in ('{"op":"c"}', '{"payload": 1}', "not json", "[1, 2]"):
        assert event_value(text.encode()) == text
    assert event_value(None) is None


def test_a_long_value_is_cut():
    long = json.dumps({"schema": {}, "payload": "я" * 5000}).encode()
    assert len(event_value(long)) == MAX_EVENT_TEXT
    assert len(event_value(b"x" * 5000)) == MAX_EVENT_TEXT
