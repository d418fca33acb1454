"""The event at which each known mistake parts from the oracle, with both states."""

from dataclasses import replace

import pytest

from grading.grader import grade
from grading.report import verdict_report
from potok_cdc.stream import Stream
from tests.content.labs import (
    LABS,
    SLUGS,
    built,
    code_of,
    comparable,
    outcome_of,
    some_of,
    spec_of,
)

MISTAKES = [
    (slug, known.id) for slug in SLUGS for known in spec_of(slug).misconceptions
]
SEED = 5


def first_events(stream: Stream, count: int) -> Stream:
    stages = []
    for stage in stream.stages:
        stages.append(replace(stage, events=stage.events[:count]))
        count = max(0, count - len(stage.events))
    return replace(stream, stages=tuple(stages))


@pytest.mark.parametrize(("slug", "mistake"), MISTAKES)
def test_up_to_its_event_the_mistake_changes_nothing(slug, mistake):
    code = code_of(slug)
    stream = code.stream.build_stream(SEED)
    build = built(LABS / slug, SEED, explain=mistake)
    found = build.divergence
    assert found is not None
    assert found.misconception == mistake
    make = code.misconceptions.MISCONCEPTIONS[mistake]
    for count, differs in ((found.event, False), (found.event + 1, True)):
        part = first_events(stream, count)
        wrong, right = make(part), code.oracle.expected(part)
        apart = {
            name for name in wrong if comparable(wrong[name]) != comparable(right[name])
        }
        assert bool(apart) is differs
    sides = [*found.expected.items(), *found.mistaken.items()]
    assert apart == {name for name, rows in sides if rows}


@pytest.mark.parametrize(("slug", "mistake"), some_of(MISTAKES))
def test_a_report_shows_the_event_and_both_states(slug, mistake):
    spec = spec_of(slug)
    build = built(LABS / slug, SEED, with_states=True, explain=mistake)
    rows = {**build.expected, **build.misconceptions[mistake]}
    verdict = grade(lab=spec, build=build, outcome=outcome_of(spec, rows))
    assert verdict.misconception == mistake
    report = verdict_report(verdict=verdict, lab=spec, build=build)
    shown = report["divergence"]
    assert build.divergence is not None
    assert shown["event"]["number"] == build.divergence.event
    assert shown["event"]["stage"] in {stage.name for stage in spec.stages}
    for part in shown["outputs"]:
        assert part["diff"]["rows"]
        assert all(row["expected"] or row["actual"] for row in part["diff"]["rows"])
    again = verdict_report(
        verdict=grade(lab=spec, build=build, outcome=outcome_of(spec, rows)),
        lab=spec,
        build=build,
    )
    assert again == report


def test_a_divergence_of_another_mistake_is_not_shown():
    slug = "cdc-source"
    build = built(LABS / slug, SEED, explain="updates-ignored")
    rows = {**build.expected, **build.misconceptions["snapshot-ignored"]}
    spec = spec_of(slug)
    verdict = grade(lab=spec, build=build, outcome=outcome_of(spec, rows))
    report = verdict_report(verdict=verdict, lab=spec, build=build)
    assert report["divergence"] is None


def test_an_ignored_snapshot_shows_from_the_first_event_on():
    build = built(LABS / "cdc-source", SEED, explain="snapshot-ignored")
    assert build.divergence is not None
    assert build.divergence.event == 0


def test_a_mistake_that_nobody_knows_is_an_error():
    with pytest.raises(KeyError):
        built(LABS / "cdc-source", SEED, explain="gone")
