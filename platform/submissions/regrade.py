"""Judge old submits again: same program and seed, the present release's oracle.

A regrade is a submission of its own in the background lane. The original stays final
and keeps its verdict on every page until the new one is written; that becomes its next
generation (``submissions.verdicts``). One that would be lower waits for
:func:`accept_lower`: nobody's result goes down by itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import uuid4

from django.db import transaction

from accounts.models import User
from curriculum.catalogue import Catalogue, UnknownItem
from curriculum.models import Release
from curriculum.releases import active_catalogue
from submissions import verdicts
from submissions.alerts import AlertCode, clear
from submissions.errors import CannotRegrade
from submissions.models import Alert, Submission, Verdict
from submissions.turns import background_turn
from submissions.wake import wake_workers


@dataclass(frozen=True, slots=True)
class Regrading:
    """What a request came to: rows that will be judged again, and why others not."""

    submissions: tuple[Submission, ...]
    refused: tuple[tuple[Submission, str], ...]


def regrade(*, submission: Submission) -> Submission:
    """Queue ``submission`` to be judged again; one that is queued already is returned.

    Raises CannotRegrade and ``NoActiveRelease``.
    """
    done = regrade_all(submissions=[submission])
    for _, code in done.refused:
        raise CannotRegrade(code)
    return done.submissions[0]


def regrade_all(*, submissions: Iterable[Submission]) -> Regrading:
    """Queue many; those that cannot be judged again are named with the reason."""
    catalogue = active_catalogue()
    stored, refused = [], []
    for submission in submissions:
        try:
            with transaction.atomic():
                stored.append(_store(submission, catalogue))
        except CannotRegrade as error:
            refused.append((submission, error.code))
    if stored:
        transaction.on_commit(wake_workers, robust=True)
    return Regrading(tuple(stored), tuple(refused))


@transaction.atomic
def accept_lower(*, regrade: Submission, by: User) -> Verdict:
    """Let a lower verdict stand after a person of the staff has looked at it.

    The ledger keeps what was achieved: a passed lab stays passed. Raises CannotRegrade.
    """
    alert = Alert.objects.filter(
        code=AlertCode.REGRADE_LOWER, subject=str(regrade.public_id), cleared_at=None
    ).first()
    verdict = regrade.verdicts.first()
    if alert is None or verdict is None:
        raise CannotRegrade("nothing-to-accept")
    if not verdicts.publish(regrade=regrade, verdict=verdict):
        raise CannotRegrade("moved-on")
    clear(alert=alert, by=by)
    return verdict


def _store(submission: Submission, catalogue: Catalogue) -> Submission:
    # The row's lock holds off a second request for the same submission.
    original = (
        Submission.objects.select_for_update()
        .select_related(None)
        .get(pk=submission.pk)
    )
    if original.kind != Submission.Kind.SUBMIT:
        raise CannotRegrade("not-a-submit")
    if original.is_demo:
        raise CannotRegrade("demo")
    if original.state != Submission.State.FINISHED:
        raise CannotRegrade("not-judged")
    waiting = original.redone.open().filter(kind=Submission.Kind.REGRADE).first()
    if waiting is not None:
        return waiting
    try:
        lab = catalogue.lab(original.lab)
    except UnknownItem:
        raise CannotRegrade("lab-is-gone") from None
    if original.language not in lab.spec.languages:
        raise CannotRegrade("language-is-gone")
    return Submission.objects.create(
        user_id=original.user_id,
        lab=lab.id,
        release=Release.objects.only("pk").get(pk=catalogue.release_id),
        kind=Submission.Kind.REGRADE,
        language=original.language,
        files=original.files,
        seed=original.seed,
        idempotency_key=uuid4(),
        original=original,
        turn=background_turn(original.user_id),
    )
