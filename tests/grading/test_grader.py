import pytest

from grading.grader import grade, leave_ungraded
from grading.report import run_report, verdict_report
from grading.verdict import CheckCode, Result, SummaryCode
from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.messages import Ending
from tests.grading.labs import (
    BUILD,
    FIRST,
    LAB,
    SECOND,
    outcome,
    record,
    window,
)


def codes(verdict):
    return {check.check_id: check.code for check in verdict.checks}


def test_right_rows_pass_with_full_points():
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome())
    assert verdict.result is Result.PASSED
    assert verdict.summary is SummaryCode.ALL_CHECKS_PASSED
    assert (verdict.points, verdict.max_points) == (100, 100)


def test_order_of_rows_does_not_matter():
    rows = [
        record(window(SECOND, "paid", 4)),
        record(window(FIRST, "paid", "10.5")),
    ]
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(windows=rows))
    assert verdict.result is Result.PASSED


def test_wrong_value_is_a_different_row_with_its_column():
    rows = [
        record(window(FIRST, "paid", 10.51)),
        record(window(SECOND, "paid", 4.00)),
    ]
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(windows=rows))
    assert verdict.result is Result.FAILED
    assert verdict.points == 40
    report = verdict_report(verdict=verdict, lab=LAB, build=BUILD)
    diff = report["checks"][0]["diff"]
    assert (diff["missing"], diff["unexpected"], diff["different"]) == (0, 0, 1)
    [row] = diff["rows"]
    assert row["columns"] == ["revenue"]
    assert row["expected"]["revenue"] == "10.50"
    assert row["actual"]["revenue"] == "10.51"
    assert row["events"] == [1, 0]
    assert report["events"]["0"]["op"] == "c"
    assert report["events"]["1"]["op"] == "u"


def test_known_mistake_is_named_when_the_output_is_exactly_its_own():
    rows = [
        record(window(FIRST, "paid", 99.5)),
        record(window(SECOND, "paid", 4.00)),
    ]
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(windows=rows))
    assert verdict.misconception == "late-counted"


def test_known_mistake_is_not_named_when_one_row_is_off():
    rows = [
        record(window(FIRST, "paid", 99.5)),
        record(window(SECOND, "paid", 5.00)),
    ]
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(windows=rows))
    assert verdict.misconception is None


def test_no_rows_at_all_says_so():
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(windows=[], counts=[]))
    assert verdict.summary is SummaryCode.NO_ROWS
    assert verdict.points == 0
    assert codes(verdict)["only-appended"] is CheckCode.NO_ROWS


def test_updates_in_an_append_output_fail_the_append_check():
    rows = [
        record(window(FIRST, "paid", 1)),
        record(window(FIRST, "paid", 10.50)),
        record(window(SECOND, "paid", 4.00)),
    ]
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(windows=rows))
    assert codes(verdict)["only-appended"] is CheckCode.NOT_APPEND_ONLY
    assert codes(verdict)["windows-right"] is CheckCode.ROWS_DIFFER


def test_tombstone_in_an_append_output_fails_it():
    rows = [
        record(window(FIRST, "paid", 10.50)),
        record(window(SECOND, "paid", 4.00)),
        record(None, {"status": "paid"}),
    ]
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(windows=rows))
    assert codes(verdict)["only-appended"] is CheckCode.NOT_APPEND_ONLY
    assert codes(verdict)["windows-right"] is CheckCode.UNDECODABLE_ROWS


def test_deleted_key_that_is_not_deleted_is_unexpected():
    counts = [
        record({"n": 9}, {"status": "gone"}),
        record({"n": 3}, {"status": "paid"}),
    ]
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(counts=counts))
    report = verdict_report(verdict=verdict, lab=LAB, build=BUILD)
    diff = report["checks"][3]["diff"]
    assert [row["kind"] for row in diff["rows"]] == ["unexpected"]
    assert diff["rows"][0]["key"] == {"status": "gone"}


@pytest.mark.parametrize(
    ("ending", "summary"),
    [
        (Ending.LEARNER_ERROR, SummaryCode.LEARNER_ERROR),
        (Ending.TIME_LIMIT, SummaryCode.TIME_LIMIT),
        (Ending.MEMORY_LIMIT, SummaryCode.MEMORY_LIMIT),
        (Ending.OUTPUT_LIMIT, SummaryCode.OUTPUT_LIMIT),
    ],
)
def test_a_run_that_did_not_complete_never_passes_even_with_right_rows(ending, summary):
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(ending=ending))
    assert verdict.result is Result.FAILED
    assert verdict.summary is summary
    assert set(codes(verdict).values()) == {CheckCode.NOT_REACHED}
    assert verdict.points == 0


@pytest.mark.parametrize("ending", [Ending.PLATFORM_FAULT, Ending.CANCELLED])
def test_what_is_not_the_learners_doing_has_no_result(ending):
    verdict = grade(lab=LAB, build=BUILD, outcome=outcome(ending=ending))
    assert verdict.result is Result.NONE


def test_a_run_is_never_graded():
    verdict = leave_ungraded(lab=LAB, outcome=outcome())
    assert verdict.result is Result.NONE
    assert verdict.summary is SummaryCode.NOT_GRADED


def test_an_oracle_that_breaks_its_contract_is_the_labs_fault():
    build = LabBuild(
        stages=(),
        expected={
            "windows": (ExpectedRow(window(FIRST, "paid", "ten")),),
            "counts": (),
        },
    )
    with pytest.raises(ValueError, match="revenue = 'ten' is not decimal"):
        grade(lab=LAB, build=build, outcome=outcome())


def test_run_report_shows_the_changelog_with_row_kinds():
    report = run_report(outcome=outcome(), lab=LAB)
    assert [row["op"] for row in report["outputs"]["counts"]["rows"]] == [
        "+I",
        "+I",
        "-D",
        "+U",
    ]
    assert report["outputs"]["windows"]["count"] == 2


def test_run_report_shows_what_the_changes_add_up_to():
    outputs = run_report(outcome=outcome(), lab=LAB)["outputs"]
    assert "table" not in outputs["windows"]  # append: the changes are the table
    assert outputs["counts"]["table_count"] == 1
    [row] = outputs["counts"]["table"]
    assert row == outputs["counts"]["rows"][-1]["values"]
