"""Asking and answering. Who may ask about an item was decided by the caller's gate."""

import logging
from datetime import timedelta

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import gettext as _

from accounts.models import User
from questions.models import Answer, MailPreference, Question
from questions.selectors import wants_mail

LONGEST_TEXT = 4000
MOST_A_DAY = 30

logger = logging.getLogger(__name__)


class Unfit(ValueError):
    """The text is empty or too long, or there were too many today; ``code`` says."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def ask(
    *, user: User, kind: str, subject: str, item: str, place: str, text: str
) -> Question:
    """Store a question or a report; raise Unfit."""
    if kind not in Question.Kind.values:
        raise Unfit("kind-unknown")
    since = timezone.now() - timedelta(days=1)
    if Question.objects.filter(user=user, created_at__gte=since).count() >= MOST_A_DAY:
        raise Unfit("too-many")
    return Question.objects.create(
        user=user,
        kind=kind,
        subject=Question.Subject(subject),
        item=item,
        place=place,
        text=_clean(text),
    )


@transaction.atomic
def answer(*, question: Question, author: User, text: str) -> Answer:
    """Store a message; one of somebody else is told to who asked. Raises Unfit."""
    is_own = author.pk == question.user_id
    written = Answer.objects.create(
        question=question,
        author=author,
        text=_clean(text),
        seen_at=timezone.now() if is_own else None,
    )
    if question.closed_at is not None and is_own:
        question.closed_at = None
        question.save(update_fields=["closed_at"])
    if not is_own:
        transaction.on_commit(lambda: _tell(written), robust=True)
    return written


def close(*, question: Question) -> None:
    """Take a question off the list of those that wait."""
    question.closed_at = question.closed_at or timezone.now()
    question.save(update_fields=["closed_at"])


def note_seen(*, question: Question) -> None:
    """Remember that who asked has read every answer."""
    question.answers.filter(seen_at=None).update(seen_at=timezone.now())


def choose_mail(*, user: User, answers: bool) -> None:
    """Store whether answers go out by mail."""
    MailPreference.objects.update_or_create(user=user, defaults={"answers": answers})


def _clean(text: str) -> str:
    text = text.replace("\x00", "").strip()
    if not text:
        raise Unfit("empty")
    if len(text) > LONGEST_TEXT:
        raise Unfit("too-long")
    return text


def _tell(written: Answer) -> None:
    """Send the answer by mail; a mail server that is away loses nothing of the page."""
    person = written.question.user
    if not wants_mail(person):
        return
    with translation.override(person.language):
        subject = _("An answer to your question")
        end = _("You can read and answer it on the site, under “Questions”.")
    try:
        send_mail(
            subject,
            f"{written.text}\n\n{end}\n",
            settings.DEFAULT_FROM_EMAIL,
            [person.email],
        )
    except OSError:
        logger.exception("answer %s could not be mailed", written.pk)
