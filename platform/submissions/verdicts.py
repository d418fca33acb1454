"""Writing a verdict, and what follows from it: the ledger, a regrade's publication.

Called by ``submissions.lifecycle`` alone, inside the transaction of a final write.
"""

from dataclasses import dataclass
from typing import Any

from curriculum.catalogue import Catalogue
from lab_protocol.messages import Ending
from progress.services import record_lab_passed
from submissions.alerts import AlertCode, raise_alert
from submissions.models import Submission, Verdict

COUNTING = {Submission.Kind.SUBMIT, Submission.Kind.REGRADE}
# Better results have a higher rank; a verdict without a result never replaces one.
_RANK = {Verdict.Result.NONE: 0, Verdict.Result.FAILED: 1, Verdict.Result.PASSED: 2}


@dataclass(frozen=True, slots=True)
class FinalWord:
    """What a verdict row is made of."""

    result: str
    ending: Ending
    points: int
    max_points: int
    report: dict[str, Any]


def write_verdict(
    submission: Submission,
    word: FinalWord,
    *,
    run_id: int | None = None,
    catalogue: Catalogue | None = None,
) -> Verdict:
    """Store the verdict on ``submission`` and what it changes elsewhere."""
    verdict = _store(submission, word, run_id)
    if submission.kind == Submission.Kind.REGRADE:
        _publish_regrade(submission, verdict)
    if (
        catalogue is not None
        and word.result == Verdict.Result.PASSED
        and submission.kind in COUNTING
    ):
        evidence = submission.original or submission
        record_lab_passed(
            user=submission.user,
            catalogue=catalogue,
            lab_id=submission.lab,
            evidence=str(evidence.public_id),
        )
    return verdict


def publish(*, regrade: Submission, verdict: Verdict) -> bool:
    """Make a regrade's verdict the next generation of its original.

    Returns False where the original has moved on in between.
    """
    original = regrade.original
    if original is None:
        raise ValueError(f"{regrade} has no original")
    changed = Submission.objects.filter(
        pk=original.pk,
        generation=original.generation,
        state=Submission.State.FINISHED,
    ).update(generation=original.generation + 1, release=regrade.release_id)
    if not changed:
        return False
    original.generation += 1
    word = FinalWord(
        verdict.result,
        Ending(verdict.ending),
        verdict.points,
        verdict.max_points,
        verdict.report,
    )
    _store(original, word, verdict.run_id)
    return True


def platform_fault(detail: str) -> FinalWord:
    """Return the last word on a submission that the platform could not run."""
    report = _bare("platform-fault") | {"detail": detail}
    return FinalWord("none", Ending.PLATFORM_FAULT, 0, 0, report)


def cancelled() -> FinalWord:
    """Return the last word on a submission that its person took back."""
    return FinalWord("none", Ending.CANCELLED, 0, 0, _bare("cancelled"))


def _store(submission: Submission, word: FinalWord, run_id: int | None) -> Verdict:
    return Verdict.objects.create(
        submission=submission,
        generation=submission.generation,
        run_id=run_id,
        result=word.result,
        ending=word.ending.value,
        points=word.points,
        max_points=word.max_points,
        report=word.report,
    )


def _publish_regrade(regrade: Submission, verdict: Verdict) -> None:
    """Show the new verdict in place of the old, unless somebody would lose by it.

    A lower one waits for a person of the staff: a result never goes down by itself.
    """
    if verdict.result == Verdict.Result.NONE:
        return
    original = regrade.original
    old = (
        None
        if original is None
        else original.verdicts.filter(generation=original.generation).first()
    )
    if old is not None and _standing(verdict) < _standing(old):
        raise_alert(
            AlertCode.REGRADE_LOWER,
            subject=str(regrade.public_id),
            detail=f"{old.points} of {old.max_points} points would become "
            f"{verdict.points} of {verdict.max_points}",
            submission=regrade,
        )
        return
    publish(regrade=regrade, verdict=verdict)


def _standing(verdict: Verdict) -> tuple[int, float]:
    share = verdict.points / verdict.max_points if verdict.max_points else 0.0
    return _RANK[Verdict.Result(verdict.result)], share


def _bare(code: str) -> dict[str, Any]:
    return {
        "version": 1,
        "summary": {"code": code, "params": {}},
        "misconception": None,
        "checks": [],
        "events": {},
    }
