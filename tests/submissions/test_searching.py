"""The steps of a search over the labs' streams; known mistakes stand for programs."""

from dataclasses import replace

import pytest

from grading.smallest import Mistake
from lab_protocol.messages import Ending
from sandbox.errors import AuthorFault
from submissions.searching import MAX_RUNS, Progress, find_smallest
from tests.content.labs import LABS, built, outcome_of, spec_of


class Bench:
    """Builds parts of a lab's public stream and plays a program with one mistake."""

    def __init__(self, slug, mistake):
        self.slug, self.mistake = slug, mistake
        self.spec = spec_of(slug)
        self.events = []
        self.steps = []
        self.ending = Ending.COMPLETED

    def rebuild(self, **options):
        return built(LABS / self.slug, self.spec.public_seed, **options)

    def run(self, build):
        self.events.append(sum(len(stage.events) for stage in build.stages))
        rows = build.expected | build.misconceptions[self.mistake]
        return replace(outcome_of(self.spec, rows), ending=self.ending)

    def solution(self, build):
        return outcome_of(self.spec, build.expected)

    def search(self, progress=None, check=None, **changes):
        known = next(m for m in self.spec.misconceptions if m.id == self.mistake)
        options = {
            "rebuild": self.rebuild,
            "run": self.run,
            "solution": self.solution,
            "step_done": lambda progress: self.steps.append(progress.left),
        }
        return find_smallest(
            lab=self.spec,
            mistake=Mistake((check or known.check,), self.mistake),
            progress=progress or Progress(),
            **(options | changes),
        )


@pytest.mark.parametrize(
    ("slug", "mistake"),
    [
        ("cdc-source", "updates-ignored"),
        ("cdc-source", "deletes-from-after"),
        ("realtime-dashboard", "no-bound"),
    ],
)
def test_a_known_mistake_comes_down_to_a_few_events_within_the_limit(slug, mistake):
    bench = Bench(slug, mistake)
    report = bench.search()
    assert report["summary"]["code"] == "smallest-found"
    assert report["is_minimal"]
    assert 1 <= report["part"]["left"] <= 6
    assert report["runs"] == len(bench.events) + 1 <= MAX_RUNS
    assert bench.steps == sorted(bench.steps, reverse=True)


def test_a_deletion_is_told_and_not_the_closing_one():
    report = Bench("cdc-source", "deletes-from-after").search()
    part = report["part"]
    assert part["events"][-1]["op"] in ("d", None)
    assert "d" in [event["op"] for event in part["events"]]
    assert part["closing_rows"] == 2
    assert part["expected_count"] == part["actual_count"] == 1


def test_a_run_that_does_not_complete_shows_no_mistake():
    bench = Bench("cdc-source", "updates-ignored")
    bench.ending = Ending.TIME_LIMIT
    report = bench.search()
    assert report["summary"]["code"] == "smallest-not-shown"
    assert (report["part"], report["runs"]) == (None, 1)


@pytest.mark.parametrize("answer", ["none", "late", "wrong"])
def test_without_a_solution_that_is_right_nothing_is_told(answer):
    bench = Bench("cdc-source", "updates-ignored")

    def solution(build):
        return {
            "none": None,
            "late": replace(bench.solution(build), ending=Ending.TIME_LIMIT),
            "wrong": bench.run(build),
        }[answer]

    report = bench.search(solution=solution)
    assert (report["summary"]["code"], report["part"]) == ("smallest-unproven", None)


def test_a_whole_stream_that_cannot_be_built_is_the_labs_fault():
    def rebuild(**options):
        raise AuthorFault("cdc-source", "error", "no such module")

    with pytest.raises(AuthorFault):
        Bench("cdc-source", "updates-ignored").search(rebuild=rebuild)


def test_a_search_that_comes_to_its_limit_tells_the_least_it_has():
    """No event near the late one has moved the watermark far enough for it."""
    report = Bench("realtime-dashboard", "late-rows-counted").search()
    assert report["summary"]["code"] == "smallest-found"
    assert report["runs"] <= MAX_RUNS
    assert 2 <= report["part"]["left"] <= 6
