"""Writing the ledger. Every write is idempotent and never takes a result away."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from curriculum.catalogue import Catalogue
from progress.access import CourseMap, LessonState, is_completed
from progress.models import Achievement, Certificate
from progress.selectors import course_map, ledgers

READING = "reading"
LONGEST_NAME = 120


def note_lesson_opened(*, user: User, course: CourseMap, lesson_id: str) -> None:
    """Remember that an open lesson was begun, so that it stays open for ever.

    Raises UnknownItem or Locked.
    """
    entry = course.require_lesson(lesson_id)
    if entry.state is LessonState.OPEN:
        _achieve(
            user,
            Achievement.Kind.LESSON_OPENED,
            entry.lesson.id,
            release=course.catalogue.digest,
        )


@transaction.atomic
def mark_lesson_read(*, user: User, catalogue: Catalogue, lesson_id: str) -> None:
    """Mark an open lesson as read; complete it where it has no labs.

    Raises UnknownItem or Locked.
    """
    lesson = course_map(user=user, catalogue=catalogue).require_lesson(lesson_id).lesson
    _achieve(
        user,
        Achievement.Kind.LESSON_READ,
        lesson.id,
        evidence=READING,
        release=catalogue.digest,
    )
    _complete_if_done(user, catalogue, lesson.id, evidence=READING)


@transaction.atomic
def unmark_lesson_read(*, user: User, catalogue: Catalogue, lesson_id: str) -> None:
    """Take a reading mark back, with the completion that rested on it alone.

    Raises UnknownItem or Locked.
    """
    lesson = course_map(user=user, catalogue=catalogue).require_lesson(lesson_id).lesson
    Achievement.objects.standing().filter(
        user=user,
        item=lesson.id,
        evidence=READING,
        kind__in=[Achievement.Kind.LESSON_READ, Achievement.Kind.LESSON_COMPLETED],
    ).update(revoked_at=timezone.now())


@transaction.atomic
def record_lab_passed(
    *,
    user: User,
    catalogue: Catalogue,
    lab_id: str,
    evidence: str,
    achieved_at: datetime | None = None,
) -> None:
    """Record a passed lab and, if that was the last thing missing, the lesson.

    The gate was asked when the work was sent in; a pass is recorded even if the
    lesson has been locked again since. ``evidence`` is the submission's public id.
    """
    lab = catalogue.lab(lab_id)
    _achieve(
        user,
        Achievement.Kind.LAB_PASSED,
        lab.id,
        evidence=evidence,
        release=catalogue.digest,
        achieved_at=achieved_at,
    )
    _complete_if_done(
        user, catalogue, lab.lesson, evidence=evidence, achieved_at=achieved_at
    )


class NotCompleted(PermissionError):
    """Lessons are left, so that there is nothing to certify yet."""


class NameUnfit(ValueError):
    """The name is empty or too long."""


def issue_certificate(*, user: User, course: CourseMap, name: str) -> Certificate:
    """Return the person's certificate, made now if there is none.

    Raises NotCompleted or NameUnfit. An empty course certifies nothing.
    """
    if not course.lessons or course.completed_count < len(course.lessons):
        raise NotCompleted
    name = " ".join(name.replace("\x00", "").split())
    if not name or len(name) > LONGEST_NAME:
        raise NameUnfit
    certificate, _created = Certificate.objects.get_or_create(
        user=user,
        defaults={
            "name": name,
            "lessons": len(course.lessons),
            "release": course.catalogue.digest,
            "issued_at": timezone.now(),
        },
    )
    return certificate


def _complete_if_done(
    user: User,
    catalogue: Catalogue,
    lesson_id: str,
    *,
    evidence: str,
    achieved_at: datetime | None = None,
) -> None:
    ledger = ledgers([user.pk])[user.pk].in_present_ids(catalogue)
    if is_completed(catalogue.lesson(lesson_id), ledger):
        _achieve(
            user,
            Achievement.Kind.LESSON_COMPLETED,
            lesson_id,
            evidence=evidence,
            release=catalogue.digest,
            achieved_at=achieved_at,
        )


def _achieve(
    user: User,
    kind: Achievement.Kind,
    item: str,
    *,
    release: str,
    evidence: str = "",
    achieved_at: datetime | None = None,
) -> None:
    """Insert the row, or restore a revoked one; the first evidence stands."""
    row, created = Achievement.objects.get_or_create(
        user=user,
        kind=kind,
        item=item,
        defaults={
            "evidence": evidence,
            "release": release,
            "achieved_at": achieved_at or timezone.now(),
        },
    )
    if not created and row.revoked_at is not None:
        row.revoked_at = None
        row.evidence = evidence
        row.save(update_fields=["revoked_at", "evidence"])
