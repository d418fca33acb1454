"""What a person does with submissions: send in, cancel, save a draft."""

import hashlib
import hmac
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from accounts.access import attempt_limit
from accounts.models import User
from curriculum.catalogue import Catalogue, Lab
from curriculum.models import Release
from curriculum.releases import active_catalogue
from progress.selectors import course_map
from submissions import lifecycle
from submissions.errors import DraftConflict, Rejected
from submissions.models import Draft, Submission
from submissions.selectors import used_attempts
from submissions.source import clean_source
from submissions.wake import wake_workers

MAX_OPEN = 2
SENDABLE = {Submission.Kind.RUN, Submission.Kind.SUBMIT}


def send_in(
    *,
    user: User,
    lab_id: str,
    kind: str,
    language: str,
    source: str,
    idempotency_key: UUID,
) -> Submission:
    """Accept a program for a run or a submit, and wake a worker once it is stored.

    The same key returns the same submission. It is judged on the release that is
    active now, whatever the form was made from. Raises ``progress.access`` UnknownItem
    and Locked, and Rejected. Locks the user's row, so that parallel posts are counted.
    """
    if kind not in SENDABLE:
        raise Rejected("kind-unknown")
    catalogue = active_catalogue()
    _, entry = course_map(user=user, catalogue=catalogue).require_lab(lab_id)
    lab = entry.lab
    starter = next((s for s in lab.spec.starters if s.language == language), None)
    if starter is None:
        raise Rejected("language-unknown")
    text = clean_source(source)
    try:
        with transaction.atomic():
            User.objects.select_for_update().get(pk=user.pk)
            known = Submission.objects.filter(
                user=user, idempotency_key=idempotency_key
            ).first()
            if known is not None:
                return known
            _refuse_when_busy(user)
            _refuse_when_full()
            if kind == Submission.Kind.SUBMIT:
                _refuse_when_used_up(user, lab)
            submission = _create(
                user,
                lab,
                catalogue,
                kind,
                language,
                starter.name,
                text,
                idempotency_key,
            )
            store_draft(user=user, lab=lab, language=language, text=text)
            transaction.on_commit(wake_workers, robust=True)
    except IntegrityError:
        # Two posts of one key met on a database without the row lock (none known
        # today); the constraint has decided, so the first one's row is the answer.
        return Submission.objects.get(user=user, idempotency_key=idempotency_key)
    return submission


def cancel(*, submission: Submission) -> None:
    """Cancel at once while it waits, else ask its worker to stop; final ones stay."""
    if not lifecycle.cancel_waiting(submission=submission):
        lifecycle.request_cancel(submission=submission)


def save_draft(
    *, user: User, lab: Lab, language: str, text: str, revision: int
) -> Draft:
    """Save over ``revision`` (0 for none yet); raise DraftConflict if it has moved on.

    Raises Rejected for text that could never be sent in; an empty draft is fine.
    """
    if language not in lab.spec.languages:
        raise Rejected("language-unknown")
    text = clean_source(text) if text.strip() else ""
    with transaction.atomic():
        if revision == 0:
            draft, created = Draft.objects.get_or_create(
                user=user, lab=lab.id, language=language, defaults={"text": text}
            )
            if created or draft.text == text:
                return draft
            raise DraftConflict(draft)
        changed = Draft.objects.filter(
            user=user, lab=lab.id, language=language, revision=revision
        )
        draft = (
            changed.first()
            or Draft.objects.get_or_create(
                user=user, lab=lab.id, language=language, defaults={"text": text}
            )[0]
        )
        if draft.text == text:
            return draft
        if draft.revision != revision:
            raise DraftConflict(draft)
        draft.text = text
        draft.revision = revision + 1
        draft.save()
    return draft


def store_draft(*, user: User, lab: Lab, language: str, text: str) -> Draft:
    """Make ``text`` the draft, whatever was there: it was just sent in or reset."""
    draft, created = Draft.objects.get_or_create(
        user=user, lab=lab.id, language=language, defaults={"text": text}
    )
    if not created and draft.text != text:
        draft.text = text
        draft.revision += 1
        draft.save()
    return draft


@transaction.atomic
def reset_draft(*, user: User, lab: Lab, language: str, starter: str) -> Draft:
    """Make the starter the draft and keep the text that it replaces."""
    old = Draft.objects.filter(user=user, lab=lab.id, language=language).first()
    draft = store_draft(user=user, lab=lab, language=language, text=starter)
    if old is not None and old.text != starter:
        draft.before_reset = old.text
        draft.save(update_fields=["before_reset"])
    return draft


@transaction.atomic
def undo_reset(*, user: User, lab: Lab, language: str) -> None:
    """Bring the text from before the last reset back; without one nothing happens.

    The present text takes its place, so that this too can be taken back.
    """
    draft = (
        Draft.objects.filter(user=user, lab=lab.id, language=language)
        .exclude(before_reset="")
        .first()
    )
    if draft is not None:
        draft.text, draft.before_reset = draft.before_reset, draft.text
        draft.revision += 1
        draft.save()


def submission_seed(public_id: UUID) -> int:
    """Return the secret seed of a submit: 48 bits that only the server can compute."""
    digest = hmac.digest(
        settings.LAB_SEED_SECRET.encode(), public_id.bytes, hashlib.sha256
    )
    return int.from_bytes(digest[:6])


def _create(
    user: User,
    lab: Lab,
    catalogue: Catalogue,
    kind: str,
    language: str,
    file_name: str,
    text: str,
    idempotency_key: UUID,
) -> Submission:
    submission = Submission(
        user=user,
        lab=lab.id,
        release=Release.objects.only("pk").get(pk=catalogue.release_id),
        kind=kind,
        language=language,
        files={file_name: text},
        idempotency_key=idempotency_key,
    )
    submission.seed = (
        lab.spec.public_seed
        if kind == Submission.Kind.RUN
        else submission_seed(submission.public_id)
    )
    submission.full_clean(exclude=["release"], validate_constraints=False)
    submission.save()
    return submission


def _refuse_when_busy(user: User) -> None:
    busy = Submission.objects.open().filter(user=user, kind__in=SENDABLE).count()
    if busy >= MAX_OPEN:
        raise Rejected("queue-full", status=429)


def _refuse_when_full() -> None:
    waiting = Submission.objects.waiting().filter(kind__in=SENDABLE).count()
    if waiting >= settings.LAB_MAX_WAITING:
        raise Rejected("site-full", status=503, waiting=waiting)


def _refuse_when_used_up(user: User, lab: Lab) -> None:
    limit = attempt_limit(user)
    if limit is None:
        return
    used = used_attempts(user=user, lab_id=lab.id)
    if used >= limit:
        raise Rejected("attempts-used-up", status=409, limit=limit)
