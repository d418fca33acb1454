"""Make the verdict: the ending, every check, the known mistakes, the variations."""

from collections.abc import Mapping

from curriculum.specs import LabSpec, Variation
from grading.changelog import read_expected
from grading.checks import KINDS
from grading.compare import tables_equal
from grading.evidence import Evidence, collect_evidence
from grading.variations import VariedRun, judge_variation, not_reached
from grading.verdict import Result, SummaryCode, Verdict
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


def grade(
    *,
    lab: LabSpec,
    build: LabBuild,
    outcome: RunOutcome,
    varied: Mapping[str, VariedRun] | None = None,
) -> Verdict:
    """Return the verdict on a submit.

    ``varied`` holds the runs on varied streams by the id of the variation; one that is
    missing is a check not reached, so that nothing passes without it. A run that did
    not complete is never passed, whatever rows it left: the checks are then listed as
    not reached. Raises ValueError on a fault of the lab itself (an oracle that breaks
    its own contract), which is the platform's, not the learner's.
    """
    if outcome.ending is not Ending.COMPLETED:
        return _without_rows(lab, outcome.ending)
    evidence = collect_evidence(lab=lab, build=build, outcome=outcome)
    checks = tuple(KINDS[check.kind](check, evidence) for check in lab.checks)
    if not all(check.passed for check in checks):
        empty = not any(item.changelog.changes for item in evidence.values())
        return Verdict(
            result=Result.FAILED,
            ending=outcome.ending,
            summary=SummaryCode.NO_ROWS if empty else SummaryCode.ROWS_DIFFER,
            checks=checks + not_reached(lab.variations),
            misconception=None if empty else _misconception(lab, build, evidence),
        )
    runs = varied or {}
    for run in runs.values():
        if run.outcome.ending in WITHOUT_RESULT:
            return _without_rows(lab, run.outcome.ending)
    results = tuple(
        judge_variation(variation, runs[variation.id], lab=lab)
        if variation.id in runs
        else not_reached([variation])[0]
        for variation in lab.variations
    )
    passed = all(result.passed for result in results)
    return Verdict(
        result=Result.PASSED if passed else Result.FAILED,
        ending=outcome.ending,
        summary=(
            SummaryCode.ALL_CHECKS_PASSED if passed else SummaryCode.VARIATION_DIFFERS
        ),
        checks=checks + results,
    )


def own_checks_pass(lab: LabSpec, verdict: Verdict) -> bool:
    """Say whether all checks passed, whatever became of the variations."""
    return all(check.passed for check in verdict.checks[: len(lab.checks)])


def is_output_of(
    mistake: str, *, lab: LabSpec, build: LabBuild, outcome: RunOutcome
) -> bool:
    """Say whether exactly the rows came that the known ``mistake`` predicts.

    Several mistakes may predict the same on a short stream, so the one that a verdict
    names need not be this one.
    """
    evidence = collect_evidence(lab=lab, build=build, outcome=outcome)
    return _is_predicted(mistake, build, evidence)


def variations_due(lab: LabSpec, verdict: Verdict) -> tuple[Variation, ...]:
    """Return the variations to run now: all, once every check of the lab has passed."""
    return lab.variations if own_checks_pass(lab, verdict) else ()


def leave_ungraded(*, lab: LabSpec, outcome: RunOutcome) -> Verdict:
    """Return the verdict on a run: it shows rows and is never passed or failed."""
    return Verdict(
        result=Result.NONE,
        ending=outcome.ending,
        summary=ENDING_SUMMARY.get(outcome.ending, SummaryCode.NOT_GRADED),
        checks=(),
    )


def _without_rows(lab: LabSpec, ending: Ending) -> Verdict:
    return Verdict(
        result=Result.NONE if ending in WITHOUT_RESULT else Result.FAILED,
        ending=ending,
        summary=ENDING_SUMMARY[ending],
        checks=not_reached(lab.checks) + not_reached(lab.variations),
    )


def _misconception(
    lab: LabSpec, build: LabBuild, evidence: dict[str, Evidence]
) -> str | None:
    """Return the first known mistake whose predicted outputs are exactly what came."""
    for known in lab.misconceptions:
        if _is_predicted(known.id, build, evidence):
            return known.id
    return None


def _is_predicted(mistake: str, build: LabBuild, evidence: dict[str, Evidence]) -> bool:
    predicted = build.misconceptions.get(mistake, {})
    return bool(predicted) and all(
        tables_equal(
            read_expected(rows, evidence[name].output),
            evidence[name].actual,
            evidence[name].output,
        )
        for name, rows in predicted.items()
    )
