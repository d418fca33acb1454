"""From one completed run to its verdict, with what the verdict still needs to be found.

Two things cost more than grading itself, and are done only where they matter: a run on
each varied stream once every check has passed, and the lab's own account of where a
wrong answer went wrong. The callers say how a lab is built again and a stream is run.
"""

import logging
from collections.abc import Callable
from typing import Any, Protocol

from curriculum.specs import LabSpec
from grading.grader import grade, variations_due
from grading.report import verdict_report
from grading.variations import VariedRun
from grading.verdict import SummaryCode, Verdict
from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, RunOutcome
from sandbox.errors import AuthorFault

logger = logging.getLogger(__name__)


class Rebuild(Protocol):
    """Builds the lab of the same seed again, as ``sandbox.author.build_lab`` does."""

    def __call__(
        self,
        *,
        variation: str | None = None,
        with_states: bool = False,
        explain: str | None = None,
    ) -> LabBuild: ...


def judge(
    *,
    lab: LabSpec,
    build: LabBuild,
    outcome: RunOutcome,
    rebuild: Rebuild,
    rerun: Callable[[LabBuild], RunOutcome],
) -> tuple[Verdict, dict[str, Any]]:
    """Return the verdict on ``outcome`` and its report.

    ``rerun`` runs the same program on another build in a fresh box. The verdict has
    the ending of a varied run that was cancelled or failed by the platform. Raises
    AuthorFault where a varied stream cannot be built, ValueError on a lab's fault.
    """
    verdict = grade(lab=lab, build=build, outcome=outcome)
    varied: dict[str, VariedRun] = {}
    for variation in variations_due(lab, verdict):
        other = rebuild(variation=variation.id)
        varied[variation.id] = VariedRun(other, rerun(other))
        if varied[variation.id].outcome.ending in (
            Ending.CANCELLED,
            Ending.PLATFORM_FAULT,
        ):
            break
    if varied:
        verdict = grade(lab=lab, build=build, outcome=outcome, varied=varied)
    elif verdict.summary is SummaryCode.ROWS_DIFFER:
        build = _explained(build, rebuild, verdict.misconception)
        verdict = grade(lab=lab, build=build, outcome=outcome)
    report = verdict_report(verdict=verdict, lab=lab, build=build, varied=varied)
    return verdict, report


def _explained(build: LabBuild, rebuild: Rebuild, mistake: str | None) -> LabBuild:
    """Return the build with its states by stage and where ``mistake`` began.

    A lab whose code fails here has judged right all the same: its fault is logged, and
    the verdict stands without the explanation.
    """
    try:
        return rebuild(with_states=True, explain=mistake)
    except AuthorFault:
        logger.exception("a wrong answer could not be explained")
        return build
