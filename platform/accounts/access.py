"""Who may review what: the one rule of roles.

Admins (``is_staff``) see every cohort; instructors see the cohorts they teach. A
cohort or student outside of that does not exist for them: callers answer 404.
"""

from django.db.models import QuerySet

from accounts.models import Cohort, Enrolment, User


def reviewable_cohorts(user: User) -> QuerySet[Cohort]:
    """Return the cohorts whose students' submits ``user`` may see."""
    if not user.is_active:
        return Cohort.objects.none()
    if user.is_staff:
        return Cohort.objects.all()
    return Cohort.objects.filter(
        enrolments__user=user, enrolments__role=Enrolment.Role.INSTRUCTOR
    )


def is_reviewer(user: User) -> bool:
    """Say whether the review pages exist for ``user`` at all."""
    return user.is_active and (user.is_staff or user.teaches)


def can_review_student(user: User, student_id: int) -> bool:
    """Say whether ``user`` may see the submits of a student."""
    return (
        Enrolment.objects.students()
        .filter(user_id=student_id, cohort__in=reviewable_cohorts(user))
        .exists()
    )


def attempt_limit(user: User) -> int | None:
    """Return the most submits a lab allows ``user``; None where nothing limits.

    A student of several cohorts gets the most generous of their limits.
    """
    limits = list(
        Cohort.objects.filter(
            enrolments__user=user, enrolments__role=Enrolment.Role.STUDENT
        ).values_list("attempt_limit", flat=True)
    )
    if not limits or None in limits:
        return None
    return max(limit for limit in limits if limit is not None)
