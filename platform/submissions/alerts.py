"""What staff should look at: raised by the engine, cleared by staff or by recovery."""

import logging
from enum import StrEnum

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from accounts.models import User
from submissions.models import Alert, Submission

logger = logging.getLogger(__name__)


class AlertCode(StrEnum):
    """The alerts there are; ``subject`` says what each is about."""

    # Subject: a lab. Gone by itself once a program of the lab runs to a verdict.
    PLATFORM_FAULT = "platform-fault"
    AUTHOR_FAULT = "author-fault"
    CONTROL_FAILED = "control-failed"
    # Subject: a submission's public id.
    POISON = "poison-submission"
    REGRADE_LOWER = "regrade-lower"
    # Subject: a host. Gone once a worker of that host takes work.
    ENGINE_CLOSED = "engine-closed"


OF_A_LAB = (
    AlertCode.PLATFORM_FAULT,
    AlertCode.AUTHOR_FAULT,
    AlertCode.CONTROL_FAILED,
)


def raise_alert(
    code: AlertCode,
    *,
    subject: str,
    detail: str,
    submission: Submission | None = None,
) -> None:
    """Store an alert, or count it once more where it stands; log it as an error."""
    logger.error("alert %s (%s): %s", code, subject, detail)
    seen = {"last_seen": Now(), "detail": detail[:300], "submission": submission}
    if _standing(code, subject).update(count=F("count") + 1, **seen):
        return
    try:
        with transaction.atomic():
            Alert.objects.create(code=code, subject=subject, **seen)
    except IntegrityError:
        # Another worker stored it since the look above.
        _standing(code, subject).update(count=F("count") + 1, **seen)


def recover(codes: tuple[AlertCode, ...], *, subject: str) -> None:
    """Clear standing alerts because what they tell of works again."""
    changed = Alert.objects.filter(
        code__in=codes, subject=subject, cleared_at=None
    ).update(cleared_at=Now())
    if changed:
        logger.info("alerts on %s are cleared: it works again", subject)


def clear(*, alert: Alert, by: User) -> None:
    """Clear an alert by hand; one that is cleared already stays as it is."""
    Alert.objects.filter(pk=alert.pk, cleared_at=None).update(
        cleared_at=Now(), cleared_by=by
    )


def _standing(code: AlertCode, subject: str) -> QuerySet[Alert]:
    return Alert.objects.filter(code=code, subject=subject, cleared_at=None)
