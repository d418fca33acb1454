"""When a person was here last, so that home can tell what has changed since."""

from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.utils import timezone

from accounts.models import User

# Who comes back to the page within this time is still on the same visit.
VISIT = timedelta(minutes=30)
# The row is not written more often than this.
WRITE_EVERY = timedelta(minutes=5)
SINCE = "changes_since"


def note_visit(*, user: User, session: SessionBase) -> datetime | None:
    """Write down that ``user`` is here; return when the visit before this one was.

    None on the first visit. The answer stays the same during a visit, so that a reload
    shows the same news.
    """
    now = timezone.now()
    before = user.visited_at
    is_same_visit = before is not None and now - before < VISIT
    if not is_same_visit or SINCE not in session:
        session[SINCE] = before.isoformat() if before else ""
    if before is None or now - before >= WRITE_EVERY:
        user.visited_at = now
        user.save(update_fields=["visited_at"])
    since = session[SINCE]
    return datetime.fromisoformat(since) if since else None
