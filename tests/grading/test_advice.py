"""Advice on nodes as Flink prints them.

The nodes stand in messages that tests/content/failing recorded from Flink 2.2; those
with another name or a window's other end are made from them.
"""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grading.advice import MAX_PLAN_TEXT, Advice, advice_on
from grading.report import run_report
from tests.grading.labs import LAB, outcome

WINDOW_START = (
    "GroupAggregate(groupBy=[window_start, status],"
    " select=[window_start, status, COUNT(*) AS EXPR$1])"
)
BOTH = (
    "GroupAggregate(groupBy=[window_start, window_end, status],"
    " select=[window_start, window_end, status, COUNT(*) AS EXPR$1])"
)
BY_STATUS = "GroupAggregate(groupBy=[status], select=[status, COUNT(*) AS EXPR$1])"
JOIN = (
    "Join(joinType=[LeftOuterJoin], where=[(id = id0)], select=[id, status, id0,"
    " amount], leftInputSpec=[NoUniqueKey], rightInputSpec=[JoinKeyContainsUniqueKey])"
)


@pytest.mark.parametrize(
    ("node", "wanted"),
    [
        (WINDOW_START, [Advice.WINDOW_END_MISSING]),
        (WINDOW_START.replace("start", "end"), [Advice.WINDOW_START_MISSING]),
        (BOTH, []),
        (BY_STATUS, [Advice.STATE_WITHOUT_TTL]),
        (JOIN, [Advice.REGULAR_JOIN, Advice.STATE_WITHOUT_TTL]),
        (JOIN.replace("Join(", "TemporalJoin(", 1), []),
        (JOIN.replace("Join(", "IntervalJoin(", 1), []),
        (JOIN.replace("Join(", "LogicalJoin(", 1), []),
        (BY_STATUS.replace("GroupAggregate", "WindowAggregate"), []),
    ],
)
def test_a_node_gets_its_advice_and_no_other(node, wanted):
    assert advice_on(f"+- {node}\n   +- Exchange(distribution=[hash[id]])") == wanted


@pytest.mark.parametrize(
    ("ttl", "is_bounded"),
    [("1 h", True), ("36 h", True), ("10", True), ("0", False), ("0 ms", False)],
)
def test_a_ttl_of_the_job_bounds_every_state(ttl, is_bounded):
    given = advice_on(BY_STATUS, {"table.exec.state.ttl": ttl})
    assert (Advice.STATE_WITHOUT_TTL not in given) is is_bounded


def test_plans_of_a_set_get_each_advice_once():
    assert advice_on("\n".join((JOIN, WINDOW_START, JOIN))) == [
        Advice.WINDOW_END_MISSING,
        Advice.REGULAR_JOIN,
        Advice.STATE_WITHOUT_TTL,
    ]


@given(st.text(max_size=300))
def test_whatever_a_box_says_is_read_without_an_exception(text):
    assert set(advice_on(text)) <= set(Advice)


def test_a_plan_without_end_is_cut():
    assert advice_on("x" * MAX_PLAN_TEXT + JOIN) == []


def test_advice_stands_in_the_report_of_a_run_and_is_none_without_a_plan():
    told = json.dumps({"jobs": [{"vertices": [{"description": WINDOW_START}]}]})
    ran = replace(outcome(), evidence=told)
    report = run_report(outcome=ran, lab=LAB)
    assert report["advice"] == ["window-end-missing"]
    assert run_report(outcome=outcome(), lab=LAB)["advice"] == []
