"""Duties that one worker at a time must do, by a lease in the database."""

from datetime import timedelta

from django.conf import settings
from django.db.models import Q
from django.db.models.functions import Now

from submissions.models import DutyLease


def hold_duty(duty: str, *, holder: str) -> bool:
    """Say whether ``holder`` has the duty now; it goes over when its lease runs out.

    An end that no lease of now can have is of before the clock was set back: nobody
    would hold the duty until then if its holder is dead.
    """
    until = Now() + timedelta(seconds=3 * settings.LAB_REAP_SECONDS)
    DutyLease.objects.get_or_create(
        duty=duty, defaults={"holder": holder, "until": until}
    )
    mine = DutyLease.objects.filter(duty=duty, holder=holder)
    free = DutyLease.objects.filter(Q(until__lt=Now()) | Q(until__gt=until), duty=duty)
    return bool(mine.update(until=until) or free.update(holder=holder, until=until))
