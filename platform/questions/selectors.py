"""Reading questions: a person's own, and those a reviewer may answer."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet

from accounts.access import reviewable_cohorts
from accounts.models import Enrolment, User
from questions.models import Answer, MailPreference, Question


def own_questions(user: User) -> QuerySet[Question]:
    """Return what ``user`` asked, newest first, with ``unseen`` answers counted."""
    unseen = Count("answers", filter=Q(answers__seen_at=None))
    return Question.objects.filter(user=user).annotate(
        unseen=unseen, replies=Count("answers")
    )


def own_question(*, user: User, public_id: UUID) -> Question:
    """Return a person's own question; raise Question.DoesNotExist."""
    return Question.objects.get(user=user, public_id=public_id)


def question_facts(user: User) -> list[dict[str, Any]]:
    """Return all that a person asked or reported, oldest first, for their archive.

    Of other people only what they wrote to this person. Two queries.
    """
    rows = Question.objects.filter(user=user).order_by("created_at", "pk")
    return [
        {
            "kind": row.kind,
            "about": row.subject,
            "item": row.item,
            "place": row.place,
            "text": row.text,
            "asked": row.created_at.isoformat(),
            "closed": row.closed_at.isoformat() if row.closed_at else None,
            "answers": [
                {
                    "own": item.author_id == user.pk,
                    "text": item.text,
                    "written": item.created_at.isoformat(),
                }
                for item in row.answers.all()
            ],
        }
        for row in rows.prefetch_related("answers")
    ]


def unseen_answers(user: User) -> list[Answer]:
    """Return the answers that ``user`` has not read yet, newest first. One query."""
    return list(
        Answer.objects.filter(question__user=user, seen_at=None)
        .select_related("question")
        .order_by("-created_at", "-pk")[:10]
    )


def reviewable_questions(user: User) -> QuerySet[Question]:
    """Return what the students of ``user``'s cohorts asked; admins see all.

    Those without an answer come first, the oldest of them at the top.
    """
    rows = Question.objects.select_related("user")
    if not (user.is_active and user.is_staff):
        taught = Enrolment.objects.students().filter(
            user=OuterRef("user"), cohort__in=reviewable_cohorts(user)
        )
        rows = rows.filter(Exists(taught))
    answered = Answer.objects.filter(question=OuterRef("pk")).exclude(
        author=OuterRef("user")
    )
    return rows.annotate(is_answered=Exists(answered)).order_by(
        F("closed_at").asc(nulls_first=True), "is_answered", "created_at", "pk"
    )


def reviewable_question(*, user: User, public_id: UUID) -> Question:
    """Return a question that ``user`` may answer; raise Question.DoesNotExist."""
    return reviewable_questions(user).get(public_id=public_id)


def answers_of(question: Question) -> list[Answer]:
    """Return the messages below a question, oldest first."""
    return list(question.answers.select_related("author"))


def wants_mail(user: User) -> bool:
    """Say whether answers go to the person's mail box too."""
    row = MailPreference.objects.filter(user=user).first()
    return bool(user.email) and (row is None or row.answers)
