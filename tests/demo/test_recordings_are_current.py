"""The recordings are what the labs would give now: programs, streams and verdicts.

Nothing runs here. A recording keeps its program, its seed, some of its events and the
counts of its verdict; each is held to the lab of this checkout.
"""

import pytest

from demo.recorder import programs
from demo.recordings import load
from grading.compare import DiffKind
from grading.report import event_report
from tests.content.labs import LABS, SLUGS, build_of, graded, outcome_of, spec_of

AGAIN = "the lab has changed: run `manage.py record_demo --lab {}` on a host with labs"
RECORDED = [
    pytest.param(slug, recording, id=f"{slug}-{recording.name}")
    for slug in SLUGS
    for recording in load(slug)
]
MISTAKEN = [
    param for param in RECORDED if param.values[1].verdict["misconception"] is not None
]


class _Lab:
    """What ``programs`` asks of a lab."""

    def __init__(self, slug: str) -> None:
        self.id, self.spec = slug, spec_of(slug)


def is_current(slug, recording):
    """Whether the seed still gives the events that the recording holds, and as many."""
    stages = build_of(slug, recording.seed).stages
    events = [
        event_report(number, stage, event)
        for number, (stage, event) in enumerate(
            (stage.name, event) for stage in stages for event in stage.events
        )
    ]
    kept = recording.verdict["events"].items()
    return len(events) == recording.rows_in and all(
        events[int(number)] == event for number, event in kept
    )


@pytest.mark.parametrize("slug", SLUGS)
def test_the_programs_are_those_of_the_lab(slug):
    texts = {
        program.name: {program.file_name: program.text}
        for program in programs(_Lab(slug), LABS / slug)
    }
    recorded = {item.name: item.files for item in load(slug)}
    assert recorded == texts, AGAIN.format(slug)


@pytest.mark.parametrize(("slug", "recording"), RECORDED)
def test_the_stream_of_a_recording_is_still_the_seeds(slug, recording):
    assert is_current(slug, recording), AGAIN.format(slug)


@pytest.mark.parametrize(("slug", "recording"), MISTAKEN)
def test_a_known_mistake_still_has_the_verdict_that_was_recorded(slug, recording):
    """Its prediction stands in for the run, which gave exactly that."""
    spec = spec_of(slug)
    known = recording.verdict["misconception"]
    build = build_of(slug, recording.seed)
    now = graded(slug, build, outcome_of(spec, build.misconceptions[known]))
    assert now.misconception == known, AGAIN.format(slug)
    [name] = {item.check for item in spec.misconceptions if item.id == known}
    [check] = [item for item in now.checks if item.check_id == name]
    [kept] = [item for item in recording.verdict["checks"] if item["id"] == name]
    assert (check.passed, check.code) == (kept["passed"], kept["code"])
    if check.diff is not None:
        counts = {kind.value: check.diff.count(kind) for kind in DiffKind}
        recorded = {kind.value: kept["params"][kind.value] for kind in DiffKind}
        assert counts == recorded, AGAIN.format(slug)
