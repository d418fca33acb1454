"""A mistake on parts of the real lab's stream, and what is told of a part."""

from dataclasses import replace

import pytest

from grading.report import verdict_report
from grading.shrink import Search, digest, read_history
from grading.smallest import (
    Mistake,
    find_mistake,
    mistake_in,
    part_report,
    shows_more,
    suspects,
    wrong_rows,
)
from lab_protocol.messages import Ending
from tests.content.labs import LABS, SLUGS, built, graded, outcome_of, some_of, spec_of

SLUG = "cdc-source"
SPEC = spec_of(SLUG)


def build(slug=SLUG, **options):
    return built(LABS / slug, spec_of(slug).public_seed, **options)


def mistaken(lab_build, mistake, slug=SLUG):
    """Return what a program with ``mistake`` puts out, as a completed run."""
    rows = lab_build.expected | lab_build.misconceptions[mistake]
    return outcome_of(spec_of(slug), rows)


def report_of(mistake, slug=SLUG):
    lab_build = build(slug, explain=mistake)
    verdict = graded(slug, lab_build, mistaken(lab_build, mistake, slug))
    return verdict_report(verdict=verdict, lab=spec_of(slug), build=lab_build)


def test_kept_events_are_all_that_the_oracle_sees():
    whole = build()
    part = build(keep=[0, 1, 2])
    assert [stage.name for stage in part.stages] == [s.name for s in whole.stages]
    events = [event for stage in part.stages for event in stage.events]
    assert events == list(whole.stages[0].events[:3])
    assert part.expected["orders_after"] == whole.expected["orders_after"][:3]


def test_to_keep_everything_changes_nothing():
    whole = build()
    count = sum(len(stage.events) for stage in whole.stages)
    assert build(keep=range(count)) == whole


def test_a_verdict_tells_its_mistake_with_the_check_that_it_is_about_first():
    mistake = mistake_in(report_of("deletes-counted"), SPEC)
    assert mistake.misconception == "deletes-counted"
    assert mistake.checks[0] == "status-counts"


@pytest.mark.parametrize("code", ["all-checks-passed", "no-rows", "learner-error"])
def test_what_is_no_differing_row_has_no_smallest_stream(code):
    report = report_of("deletes-counted")
    report["summary"]["code"] = code
    assert mistake_in(report, SPEC) is None


def test_the_right_answer_and_another_mistake_do_not_show_it():
    lab_build = build()
    mistake = Mistake(("status-counts",), "deletes-counted")

    def found(outcome):
        return find_mistake(mistake, lab=SPEC, build=lab_build, outcome=outcome)

    assert found(outcome_of(SPEC, lab_build.expected)) is None
    assert found(mistaken(lab_build, "updates-ignored")) is None
    assert found(mistaken(lab_build, "deletes-counted")) is not None


def test_a_run_that_did_not_complete_shows_nothing():
    lab_build = build()
    outcome = replace(mistaken(lab_build, "deletes-counted"), ending=Ending.TIME_LIMIT)
    mistake = Mistake(("status-counts",), "deletes-counted")
    assert find_mistake(mistake, lab=SPEC, build=lab_build, outcome=outcome) is None


NAMED = [
    (slug, item.id, True) for slug in SLUGS for item in spec_of(slug).misconceptions
]
UNNAMED = [(SLUG, item.id, False) for item in SPEC.misconceptions]


@pytest.mark.parametrize(("slug", "name", "is_named"), some_of(NAMED + UNNAMED))
def test_every_known_mistake_comes_down_to_a_few_events(slug, name, is_named):
    """The mistake's own account stands in for the program; no step needs an engine."""
    spec = spec_of(slug)
    states = {"with_states": spec.needs_states}
    lab_build = build(slug, explain=name if is_named else None, **states)
    mistake = mistake_in(report_of(name, slug), spec)
    if not is_named:
        mistake = Mistake(mistake.checks)

    def found(build_of_part):
        outcome = mistaken(build_of_part, name, slug)
        return find_mistake(mistake, lab=spec, build=build_of_part, outcome=outcome)

    keeps_last = any(output.closing for output in spec.outputs.values())
    history = read_history(lab_build.stages, keeps_last=keeps_last)
    parts = []

    closing = found(build(slug, keep=sorted(history.fixed), **states))
    beside = wrong_rows(closing) if closing else []

    def shows(events):
        shown = found(build(slug, keep=sorted(events), **states))
        parts.append((events, shown))
        return shown is not None and shows_more(shown, beside)

    search = Search(history, shows, history.whole, {digest(history.fixed)})
    search.run(suspects(found(lab_build)))
    left = history.movable(search.kept)
    assert 1 <= len(left) <= 6
    assert len(parts) <= 22, "with the whole stream, closing events and the solution"
    events = history.events(search.kept)
    shown = next(shown for asked, shown in parts if asked == events)
    report = part_report(
        shown,
        lab=spec,
        kept=sorted(events),
        movable=history.movable(history.whole),
        beside=beside,
    )
    assert report["check"] in mistake.checks
    assert [event["number"] for event in report["events"]] == sorted(left)
    assert report["expected"] != report["actual"]


def test_the_events_of_a_part_show_their_rows():
    lab_build = build()
    mistake = Mistake(("deleted-orders",), "deletes-from-after")
    shown = find_mistake(
        mistake,
        lab=SPEC,
        build=lab_build,
        outcome=mistaken(lab_build, "deletes-from-after"),
    )
    numbers = range(sum(len(stage.events) for stage in lab_build.stages))
    report = part_report(shown, lab=SPEC, kept=numbers, movable=frozenset(numbers))
    first = report["events"][0]
    assert (first["op"], first["before"]) == ("r", None)
    assert '"status"' in first["after"]
    assert report["left"] == len(numbers) > len(report["events"])
    assert report["expected_count"] == len(lab_build.expected["deleted_orders"])


def test_what_closing_events_alone_get_wrong_is_no_answer_and_is_not_shown():
    history = read_history(build().stages, keeps_last=True)
    mistake = Mistake(("deleted-orders",), "deletes-from-after")

    def found(lab_build):
        outcome = mistaken(lab_build, "deletes-from-after")
        return find_mistake(mistake, lab=SPEC, build=lab_build, outcome=outcome)

    closing = found(build(keep=sorted(history.fixed)))
    beside = wrong_rows(closing)
    assert len(beside) == 2
    assert not shows_more(closing, beside)
    whole = found(build())
    assert shows_more(whole, beside)
    report = part_report(
        whole,
        lab=SPEC,
        kept=range(len(history.events(history.whole))),
        movable=history.movable(history.whole),
        beside=beside,
    )
    assert report["closing_rows"] == 2
    assert report["actual_count"] == report["expected_count"]
