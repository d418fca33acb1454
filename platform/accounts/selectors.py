"""Reading accounts and memberships."""

from datetime import date

from accounts.models import Cohort, Enrolment, User


def coming_ends(user: User, *, today: date) -> list[Cohort]:
    """Return the cohorts that ``user`` learns in and that end today or later."""
    return list(
        Cohort.objects.filter(
            enrolments__user=user,
            enrolments__role=Enrolment.Role.STUDENT,
            ends_on__gte=today,
        ).order_by("ends_on", "pk")
    )
