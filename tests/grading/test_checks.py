"""Every kind of check: the output it accepts and the ones it refuses, with its code."""

import pytest

from curriculum.specs import LabSpec
from grading.evidence import collect_evidence
from grading.grader import grade
from grading.report import verdict_report
from grading.verdict import CheckCode, SummaryCode
from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.messages import Ending, EndRule, Event, RunOutcome, Stage
from tests.grading.labs import SPEC, record

STAGES = ("snapshot", "live", "late")
COLUMNS = [{"name": "id", "type": "bigint"}, {"name": "n", "type": "bigint"}]


def output(mode, encoding="json"):
    return {
        "topic": mode,
        "title": {"ru": mode},
        "mode": mode,
        "encoding": encoding,
        "columns": COLUMNS,
        "key": ["id"],
    }


def lab(kind, name, **fields):
    """Return a lab with one check."""
    check = {"id": "it", "title": {"ru": "Оно"}, "kind": kind, "output": name}
    return LabSpec.model_validate(
        SPEC
        | {
            "outputs": {
                "append": output("append"),
                "upsert": output("upsert"),
                "retract": output("retract", "debezium-json"),
                "side": output("append") | {"topic": "side"},
            },
            "checks": [check | {"points": 10} | fields],
            "stages": [{"name": name, "title": {"ru": name}} for name in STAGES],
            "misconceptions": [],
        }
    )


def rows(*pairs, tags=()):
    return tuple(ExpectedRow({"id": key, "n": n}, tags, (0,)) for key, n in pairs)


def build(expected, after=None):
    """Return what the lab's code says: ``expected`` and ``after`` by output."""
    names = ("append", "upsert", "retract", "side")
    return LabBuild(
        stages=tuple(Stage(name, (Event("t", None, b"{}"),)) for name in STAGES),
        expected={name: expected.get(name, ()) for name in names},
        after=after or {},
    )


def put(key, n, stage=1):
    """Return a record of the upsert output; ``n`` None is a tombstone."""
    value = None if n is None else {"id": key, "n": n}
    return record(value, {"id": key}, stage=stage)


def row(key, n, stage=1):
    return record({"id": key, "n": n}, stage=stage)


def judged(spec, expected, **records):
    """Return the one check's result on ``records`` by output."""
    outcome = RunOutcome(
        "r",
        Ending.COMPLETED,
        EndRule.QUIET,
        {name: tuple(items) for name, items in records.items()},
    )
    verdict = grade(lab=spec, build=expected, outcome=outcome)
    again = grade(lab=spec, build=expected, outcome=outcome)
    assert verdict_report(verdict=verdict, lab=spec, build=expected) == verdict_report(
        verdict=again, lab=spec, build=expected
    )
    [check] = verdict.checks
    return check


UPSERT = build({"upsert": rows((1, 5), (2, 7))})


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([put(1, 5), put(2, 7), put(3, 1), put(3, None)], CheckCode.UPSERT_KEYS),
        ([put(1, 9), put(2, 7)], CheckCode.UPSERT_KEYS),
        ([put(1, 5), put(3, 1)], CheckCode.TOMBSTONE_MISSING),
        ([put(1, 5), row(2, 7)], CheckCode.KEY_MISSING),
        ([], CheckCode.NO_ROWS),
    ],
)
def test_upsert_keys(records, code):
    check = judged(lab("upsert_keys", "upsert"), UPSERT, upsert=records)
    assert check.code is code
    assert check.points == (10 if code is CheckCode.UPSERT_KEYS else 0)


def envelope(op, **sides):
    shown = {name: {"id": key, "n": n} for name, (key, n) in sides.items()}
    return record({"op": op} | shown)


@pytest.mark.parametrize(
    ("records", "code"),
    [
        (
            [envelope("c", after=(1, 1)), envelope("d", before=(1, 1))],
            CheckCode.RETRACTIONS,
        ),
        (
            [envelope("c", after=(1, 1)), envelope("d", before=(1, 2))],
            CheckCode.ORPHAN_RETRACTIONS,
        ),
        ([], CheckCode.NO_ROWS),
    ],
)
def test_retractions(records, code):
    check = judged(lab("retractions", "retract"), build({}), retract=records)
    assert check.code is code
    if code is CheckCode.ORPHAN_RETRACTIONS:
        assert check.samples == ("id = 1, n = 2",)


LATE = build(
    {
        "append": rows((1, 5), tags=("late",)) + rows((2, 7)),
        "side": rows((9, 1)),
    }
)


@pytest.mark.parametrize(
    ("side", "main", "routed", "code"),
    [
        (None, [row(1, 5), row(2, 0)], [], CheckCode.LATE_DROPPED),
        (None, [row(1, 6), row(2, 7)], [], CheckCode.LATE_COUNTED),
        (None, [], [], CheckCode.NO_ROWS),
        ("side", [row(1, 5)], [row(9, 1)], CheckCode.LATE_ROUTED),
        ("side", [row(1, 5)], [], CheckCode.LATE_NOT_ROUTED),
        ("side", [row(1, 5)], [row(9, 1), row(9, 1)], CheckCode.LATE_NOT_ROUTED),
        ("side", [row(1, 6)], [row(9, 1)], CheckCode.LATE_COUNTED),
    ],
)
def test_late_events(side, main, routed, code):
    spec = lab("late_events", "append", **({"side": side} if side else {}))
    check = judged(spec, LATE, append=main, side=routed)
    assert check.code is code
    assert check.passed is (code in (CheckCode.LATE_DROPPED, CheckCode.LATE_ROUTED))
    if code is CheckCode.LATE_NOT_ROUTED:
        assert check.output == "side"


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([row(1, 99), row(2, 99)], CheckCode.ADVANCES),
        ([row(1, 5)], CheckCode.STANDS_STILL),
        ([], CheckCode.STANDS_STILL),
    ],
)
def test_advances_asks_for_rows_and_not_for_values(records, code):
    expected = build({"append": rows((1, 5), (2, 7))})
    check = judged(lab("advances", "append"), expected, append=records)
    assert check.code is code


def test_advances_looks_at_an_aspect():
    expected = build({"append": rows((1, 5), tags=("idle",)) + rows((2, 7))})
    spec = lab("advances", "append", aspect="idle")
    assert judged(spec, expected, append=[row(1, 0)]).passed
    assert judged(spec, expected, append=[row(2, 7)]).samples == ("id = 1",)


@pytest.mark.parametrize(
    ("records", "code"),
    [
        ([row(1, 5), row(2, 0)], CheckCode.COUNTED_ONCE),
        ([row(1, 10), row(2, 7)], CheckCode.COUNTED_TWICE),
        ([row(1, 5), row(1, 5), row(2, 7)], CheckCode.ROWS_TWICE),
        ([], CheckCode.NO_ROWS),
    ],
)
def test_counted_once(records, code):
    expected = build({"append": rows((1, 5), tags=("duplicate",)) + rows((2, 7))})
    check = judged(lab("counted_once", "append"), expected, append=records)
    assert check.code is code


STATES = {
    "snapshot": {"upsert": rows((1, 1), (2, 1))},
    "live": {"upsert": rows((1, 2), (2, 1))},
    "late": {"upsert": rows((1, 2))},
}
BY_STAGE = build({"upsert": rows((1, 2))}, STATES)
RIGHT = [put(1, 1), put(2, 1), put(1, 2, 2), put(2, None, 3)]


@pytest.mark.parametrize(
    ("records", "code"),
    [
        (RIGHT, CheckCode.DELETES_GONE),
        (RIGHT[:3], CheckCode.DELETED_ROWS_LEFT),
        ([], CheckCode.NO_ROWS),
    ],
)
def test_deletes_gone(records, code):
    check = judged(lab("deletes_gone", "upsert"), BY_STAGE, upsert=records)
    assert check.code is code
    if code is CheckCode.DELETED_ROWS_LEFT:
        assert check.samples == ("id = 2",)


def test_a_check_by_stage_needs_an_oracle_that_says_its_states():
    with pytest.raises(ValueError, match="expected_after says nothing of stage"):
        judged(lab("deletes_gone", "upsert"), build({}), upsert=RIGHT)


@pytest.mark.parametrize(
    ("records", "code"),
    [
        (RIGHT, CheckCode.STATE_EQUAL),
        # Read a moment after the next stage began: late, not wrong.
        ([put(1, 1, 2), put(2, 1, 2), put(1, 2, 2)], CheckCode.STATE_EQUAL),
        ([put(1, 1), put(1, 2, 2), put(2, 1, 3)], CheckCode.STATE_DIFFERS),
        ([put(1, 4), put(2, 1), put(1, 2, 2)], CheckCode.STATE_DIFFERS),
        ([*RIGHT, put(5, 5, 1)], CheckCode.STATE_DIFFERS),
    ],
)
def test_the_state_after_a_stage(records, code):
    spec = lab("rows_equal", "upsert", after="snapshot")
    assert judged(spec, BY_STAGE, upsert=records).code is code


@pytest.mark.parametrize(
    ("records", "stage"),
    [
        ([put(1, 9), put(2, 1), put(2, None, 3)], "snapshot"),
        ([put(1, 1), put(2, 1), put(1, 9, 2), put(2, None, 3)], "live"),
        ([put(1, 1), put(2, 1), put(1, 2, 2)], "late"),
        # 2 was late in the first stage, and yet came out right: 1 is what is wrong.
        ([put(1, 1), put(1, 9, 2), put(2, 1, 3), put(2, None, 3)], "live"),
    ],
)
def test_a_verdict_names_the_first_stage_that_left_a_wrong_row_wrong(records, stage):
    check = judged(lab("rows_equal", "upsert"), BY_STAGE, upsert=records)
    assert check.first_wrong is not None
    assert check.first_wrong.stage == stage
    assert check.first_wrong.number == STAGES.index(stage) + 1


def test_rows_of_an_append_output_are_looked_for_stage_by_stage():
    after = {
        "snapshot": {"append": rows((1, 1))},
        "live": {"append": rows((1, 1), (2, 2))},
        "late": {"append": rows((1, 1), (2, 2))},
    }
    expected = build({"append": rows((1, 1), (2, 2))}, after)
    spec = lab("rows_equal", "append")
    cases = [
        ([row(1, 1), row(2, 3, 2)], "live"),
        ([row(1, 1), row(2, 2, 2), row(3, 3, 3)], "late"),
        ([row(2, 2, 2)], "snapshot"),
    ]
    for records, stage in cases:
        check = judged(spec, expected, append=records)
        assert check.first_wrong is not None
        assert check.first_wrong.stage == stage


def test_a_retract_output_has_states_too():
    after = {stage: {"retract": rows((1, 1))} for stage in STAGES}
    expected = build({"retract": rows((1, 1))}, after)
    check = judged(
        lab("rows_equal", "retract"),
        expected,
        retract=[envelope("c", after=(1, 1)), envelope("d", before=(1, 1))],
    )
    assert check.first_wrong is not None
    assert check.first_wrong.stage == "snapshot"


def test_without_states_a_verdict_names_no_stage():
    spec = lab("rows_equal", "upsert")
    assert judged(spec, build({"upsert": rows((1, 2))}), upsert=[]).first_wrong is None


def test_the_first_wrong_stage_of_a_verdict_is_the_earliest_of_its_checks():
    spec = lab("rows_equal", "upsert")
    second = spec.checks[0].model_copy(update={"id": "two", "output": "append"})
    spec = spec.model_copy(update={"checks": (*spec.checks, second)})
    after = {
        stage: {"upsert": STATES[stage]["upsert"], "append": rows((1, 1))}
        for stage in STAGES
    }
    expected = build({"upsert": rows((1, 2)), "append": rows((1, 1))}, after)
    outcome = RunOutcome(
        "r", Ending.COMPLETED, EndRule.QUIET, {"upsert": tuple(RIGHT[:3])}
    )
    verdict = grade(lab=spec, build=expected, outcome=outcome)
    assert verdict.first_wrong is not None
    assert verdict.first_wrong.output == "append"
    report = verdict_report(verdict=verdict, lab=spec, build=expected)
    assert report["first_wrong"] == {
        "output": "append",
        "stage": "snapshot",
        "number": 1,
        "of": 3,
    }
    assert verdict.summary is SummaryCode.ROWS_DIFFER


def test_evidence_holds_no_state_that_was_not_asked_for():
    evidence = collect_evidence(
        lab=lab("rows_equal", "upsert"),
        build=build({}),
        outcome=RunOutcome("r", Ending.COMPLETED, EndRule.QUIET, {}),
    )
    assert evidence["upsert"].states == {}
