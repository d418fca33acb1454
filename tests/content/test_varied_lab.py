"""Every variation of the library on a lab of its own: by its oracle, and on Flink."""

import os
from collections import Counter

import pytest

from grading.grader import grade, variations_due
from grading.report import verdict_report
from grading.variations import VariedRun
from grading.verdict import CheckCode, Result, SummaryCode
from lab_protocol.messages import (
    ClosingRow,
    Ending,
    Language,
    RunRequest,
    Topic,
)
from tests.content.labs import outcome_of
from tests.content.varied_lab import RIGHT, SPEC, WRONG, build

VARIATIONS = [variation.id for variation in SPEC.variations]
# The right program runs on all of them together, and each wrong one on its own.
ON_FLINK = sorted(WRONG) if os.environ.get("POTOK_TESTS") == "all" else ["sent-again"]


def rows_of(lab_build):
    return Counter(
        (row.values["status"], row.values["orders"], row.values["amount"])
        for row in lab_build.expected["totals"]
    )


@pytest.mark.parametrize("seed", range(20))
def test_the_oracle_does_not_notice_a_variation(seed):
    base = build(seed)
    for name in VARIATIONS:
        varied = build(seed, name)
        assert varied.stages != base.stages, name
        assert rows_of(varied) == rows_of(base), name
        if name != "another-time":
            assert varied.expected == base.expected, name
    shifted = {
        row.values["minute_number"]
        for row in build(seed, "another-time").expected["totals"]
    }
    minutes = {row.values["minute_number"] for row in base.expected["totals"]}
    [shift] = {min(shifted) - min(minutes), max(shifted) - max(minutes)}
    assert shifted == {minute + shift for minute in minutes}


def right_runs(seed, **outcomes):
    """Return right runs on every varied stream but for those given."""
    return {
        name: VariedRun(
            build(seed, name),
            outcomes.get(name) or outcome_of(SPEC, build(seed, name).expected),
        )
        for name in VARIATIONS
    }


def test_nothing_passes_without_its_variations():
    base = build(1)
    outcome = outcome_of(SPEC, base.expected)
    alone = grade(lab=SPEC, build=base, outcome=outcome)
    assert alone.result is Result.FAILED
    assert alone.points == 50
    assert variations_due(SPEC, alone) == SPEC.variations
    whole = grade(lab=SPEC, build=base, outcome=outcome, varied=right_runs(1))
    assert whole.result is Result.PASSED
    assert whole.points == whole.max_points == 100
    wrong = grade(lab=SPEC, build=base, outcome=outcome_of(SPEC, {}))
    assert variations_due(SPEC, wrong) == ()
    assert {check.code for check in wrong.checks[1:]} == {CheckCode.NOT_REACHED}


def test_a_variation_that_fails_shows_its_rows_and_its_own_events():
    base = build(1)
    rows = {"totals": build(1, "another-time").expected["totals"][1:]}
    runs = right_runs(1, **{"another-time": outcome_of(SPEC, rows)})
    outcome = outcome_of(SPEC, base.expected)
    verdict = grade(lab=SPEC, build=base, outcome=outcome, varied=runs)
    assert verdict.result is Result.FAILED
    assert verdict.summary is SummaryCode.VARIATION_DIFFERS
    assert verdict.points == 90
    report = verdict_report(verdict=verdict, lab=SPEC, build=base, varied=runs)
    check = report["checks"][4]
    assert check["code"] == CheckCode.VARIATION_DIFFERS
    assert check["params"]["variation"] == "time_shift"
    assert check["params"]["missing"] == 1
    assert len(check["diff"]["rows"]) == 1
    assert check["run"] == {"ending": "completed", "error": None}


@pytest.mark.parametrize(
    ("ending", "result"),
    [
        (Ending.LEARNER_ERROR, Result.FAILED),
        (Ending.TIME_LIMIT, Result.FAILED),
        (Ending.CANCELLED, Result.NONE),
        (Ending.PLATFORM_FAULT, Result.NONE),
    ],
)
def test_a_varied_run_that_does_not_end_well(ending, result):
    base = build(1)
    stopped = outcome_of(SPEC, {})
    stopped = type(stopped)(**{**_fields(stopped), "ending": ending})
    verdict = grade(
        lab=SPEC,
        build=base,
        outcome=outcome_of(SPEC, base.expected),
        varied=right_runs(1, phantoms=stopped),
    )
    assert verdict.result is result
    if result is Result.NONE:
        assert verdict.ending is ending
        assert verdict.points == 0
    else:
        assert verdict.checks[2].code is CheckCode.VARIATION_STOPPED


def _fields(outcome):
    return {name: getattr(outcome, name) for name in outcome.__dataclass_fields__}


@pytest.mark.flink
def test_a_right_program_is_right_on_every_varied_stream(pool):
    base = build(3)
    outcome = run(pool, RIGHT, base)
    runs = {
        name: VariedRun(build(3, name), run(pool, RIGHT, build(3, name)))
        for name in VARIATIONS
    }
    verdict = grade(lab=SPEC, build=base, outcome=outcome, varied=runs)
    wrong = {check.check_id: check.diff for check in verdict.checks if check.diff}
    assert not wrong
    assert verdict.result is Result.PASSED, verdict.checks


@pytest.mark.flink
@pytest.mark.parametrize("name", ON_FLINK)
def test_a_wrong_program_is_found_by_its_variation_only(name, pool):
    base, varied = build(4), build(4, name)
    outcome = run(pool, WRONG[name], base)
    alone = grade(lab=SPEC, build=base, outcome=outcome)
    assert variations_due(SPEC, alone) == SPEC.variations, alone.checks[0]
    runs = right_runs(4, **{name: run(pool, WRONG[name], varied)})
    verdict = grade(lab=SPEC, build=base, outcome=outcome, varied=runs)
    failed = {check.check_id for check in verdict.checks if not check.passed}
    assert failed == {name}


def run(pool, program, lab_build):
    """Run ``program`` on the stream of ``lab_build``."""
    request = RunRequest(
        run_id="varied",
        language=Language.SQL,
        files={"job.sql": program},
        entry="job.sql",
        inputs=tuple(
            Topic(item.topic, lab_build.partitions.get(item.topic, 1))
            for item in SPEC.streams
        ),
        outputs=(Topic("totals"),),
        stages=lab_build.stages,
        closing=(ClosingRow("totals", "status", "closing"),),
        limits=SPEC.limits.as_limits(),
    )
    outcome = pool.run(
        request, on_progress=lambda progress: None, is_cancelled=lambda: False
    )
    assert outcome.ending is Ending.COMPLETED, outcome.error
    return outcome
