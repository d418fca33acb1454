"""What is run and built again for a verdict, and when."""

from dataclasses import replace

import pytest

from grading.verdict import Result, SummaryCode
from lab_protocol.messages import Ending
from sandbox.errors import AuthorFault
from submissions.judging import judge
from tests.content.labs import LABS, built, outcome_of, spec_of
from tests.content.varied_lab import SPEC, build

VARIATIONS = [variation.id for variation in SPEC.variations]


class Bench:
    """Builds the varied lab and runs a program that is right but where told."""

    def __init__(self, **endings):
        self.endings = endings
        self.asked = []
        self.runs = []

    def rebuild(self, **options):
        self.asked.append(options)
        return build(1, options.get("variation"))

    def rerun(self, lab_build):
        name = self.asked[-1]["variation"]
        self.runs.append(name)
        outcome = outcome_of(SPEC, lab_build.expected)
        ending = self.endings.get(name, Ending.COMPLETED)
        return replace(outcome, ending=ending)

    def judge(self, rows):
        return judge(
            lab=SPEC,
            build=build(1),
            outcome=outcome_of(SPEC, rows),
            rebuild=self.rebuild,
            rerun=self.rerun,
        )


def test_a_right_answer_runs_on_every_varied_stream():
    bench = Bench()
    verdict, report = bench.judge(build(1).expected)
    assert bench.runs == VARIATIONS
    assert verdict.result is Result.PASSED
    assert report["summary"]["code"] == SummaryCode.ALL_CHECKS_PASSED


def test_a_wrong_answer_costs_no_run_and_is_explained():
    bench = Bench()
    rows = {"totals": build(1).expected["totals"][1:]}
    verdict, report = bench.judge(rows)
    assert bench.runs == []
    assert bench.asked == [{"with_states": True, "explain": None}]
    assert verdict.result is Result.FAILED
    assert report["first_wrong"]["stage"] == "live"


def test_no_rows_at_all_need_no_explanation():
    bench = Bench()
    verdict, _report = bench.judge({})
    assert verdict.summary is SummaryCode.NO_ROWS
    assert bench.asked == []


@pytest.mark.parametrize("ending", [Ending.CANCELLED, Ending.PLATFORM_FAULT])
def test_a_varied_run_that_is_not_the_learners_ends_the_verdict(ending):
    bench = Bench(phantoms=ending)
    verdict, _report = bench.judge(build(1).expected)
    assert bench.runs == VARIATIONS[:2]
    assert verdict.ending is ending
    assert verdict.result is Result.NONE


def test_a_varied_run_that_stops_is_a_failed_check():
    verdict, report = Bench(phantoms=Ending.TIME_LIMIT).judge(build(1).expected)
    assert verdict.points == 90
    assert report["checks"][2]["code"] == "variation-stopped"
    assert report["checks"][2]["run"]["ending"] == "time_limit"


def test_a_lab_that_cannot_explain_has_judged_all_the_same():
    def rebuild(**options):
        raise AuthorFault("varied-lab", "timeout", "too slow")

    verdict, report = judge(
        lab=SPEC,
        build=replace(build(1), after={}),
        outcome=outcome_of(SPEC, {"totals": build(1).expected["totals"][1:]}),
        rebuild=rebuild,
        rerun=lambda varied: pytest.fail("nothing is to be run"),
    )
    assert verdict.result is Result.FAILED
    assert report["first_wrong"] is None


def test_a_known_mistake_is_explained_by_the_labs_own_code():
    slug, mistake = "cdc-source", "deletes-from-after"
    spec, base = spec_of(slug), built(LABS / slug, 2)
    asked = []

    def rebuild(**options):
        asked.append(options)
        return built(LABS / slug, 2, **options)

    outcome = outcome_of(spec, {**base.expected, **base.misconceptions[mistake]})
    verdicts = [
        judge(
            lab=spec,
            build=base,
            outcome=outcome,
            rebuild=rebuild,
            rerun=lambda varied: pytest.fail("nothing is to be run"),
        )
        for _ in range(2)
    ]
    assert asked == [{"with_states": True, "explain": mistake}] * 2
    assert verdicts[0] == verdicts[1]
    _verdict, report = verdicts[0]
    assert report["misconception"] == mistake
    assert report["divergence"]["event"]["op"] == "d"
    assert report["divergence"]["outputs"][0]["output"] == "deleted_orders"
