"""Make the verdict: the ending first, then every check, then the known mistakes."""

from curriculum.specs import LabSpec
from grading.changelog import read_expected
from grading.checks import KINDS
from grading.compare import tables_equal
from grading.evidence import Evidence, collect_evidence
from grading.verdict import CheckCode, CheckResult, Result, SummaryCode, Verdict
from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, RunOutcome

ENDING_SUMMARY = {
    Ending.LEARNER_ERROR: SummaryCode.LEARNER_ERROR,
    Ending.TIME_LIMIT: SummaryCode.TIME_LIMIT,
    Ending.MEMORY_LIMIT: SummaryCode.MEMORY_LIMIT,
    Ending.OUTPUT_LIMIT: SummaryCode.OUTPUT_LIMIT,
    Ending.CANCELLED: SummaryCode.CANCELLED,
    Ending.PLATFORM_FAULT: SummaryCode.PLATFORM_FAULT,
}
# What never costs the learner an attempt: nothing was judged.
WITHOUT_RESULT = {Ending.CANCELLED, Ending.PLATFORM_FAULT}


def grade(*, lab: LabSpec, build: LabBuild, outcome: RunOutcome) -> Verdict:
    """Return the verdict on a submit.

    A run that did not complete is never passed, whatever rows it left: the checks are
    then listed as not reached. Raises ValueError on a fault of the lab itself (an
    oracle that breaks its own contract), which is the platform's, not the learner's.
    """
    if outcome.ending is not Ending.COMPLETED:
        return Verdict(
            result=(Result.NONE if outcome.ending in WITHOUT_RESULT else Result.FAILED),
            ending=outcome.ending,
            summary=ENDING_SUMMARY[outcome.ending],
            checks=_not_reached(lab),
        )
    evidence = collect_evidence(lab=lab, build=build, outcome=outcome)
    checks = tuple(
        KINDS[check.kind](check, evidence[check.output]) for check in lab.checks
    )
    if all(check.passed for check in checks):
        return Verdict(
            Result.PASSED, outcome.ending, SummaryCode.ALL_CHECKS_PASSED, checks
        )
    empty = not any(item.changelog.changes for item in evidence.values())
    return Verdict(
        result=Result.FAILED,
        ending=outcome.ending,
        summary=SummaryCode.NO_ROWS if empty else SummaryCode.ROWS_DIFFER,
        checks=checks,
        misconception=None if empty else _misconception(lab, build, evidence),
    )


def leave_ungraded(*, lab: LabSpec, outcome: RunOutcome) -> Verdict:
    """Return the verdict on a run: it shows rows and is never passed or failed."""
    return Verdict(
        result=Result.NONE,
        ending=outcome.ending,
        summary=ENDING_SUMMARY.get(outcome.ending, SummaryCode.NOT_GRADED),
        checks=(),
    )


def _not_reached(lab: LabSpec) -> tuple[CheckResult, ...]:
    return tuple(
        CheckResult(check.id, False, 0, check.points, CheckCode.NOT_REACHED)
        for check in lab.checks
    )


def _misconception(
    lab: LabSpec, build: LabBuild, evidence: dict[str, Evidence]
) -> str | None:
    """Return the first known mistake whose predicted outputs are exactly what came."""
    for known in lab.misconceptions:
        predicted = build.misconceptions.get(known.id)
        if predicted and all(
            tables_equal(
                read_expected(rows, evidence[name].output),
                evidence[name].actual,
                evidence[name].output,
            )
            for name, rows in predicted.items()
        ):
            return known.id
    return None
