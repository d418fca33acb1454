"""Tags for every front door: icons, states, row kinds and the result of an attempt.

Templates of ``review`` load them too, so that a state or a result looks the same for
a student and an instructor without one front door importing the other.
"""

from datetime import datetime, timedelta
from typing import Any

from django import template
from django.templatetags.static import static
from django.utils.formats import date_format, time_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from accounts.models import Theme
from classroom import wording
from classroom.result_views import ResultView
from classroom.results import part_of, result_of
from classroom.run_parts import PartContent
from classroom.smallest import SmallestView, smallest_of
from curriculum.figures import ROW_KINDS
from submissions.models import Submission

register = template.Library()


@register.simple_tag
def icon(name: str) -> SafeString:
    """Return an icon of the sprite, hidden from screen readers: a word is beside it."""
    return format_html(
        '<svg class="icon icon-{}" aria-hidden="true" focusable="false">'
        '<use href="{}#{}"></use></svg>',
        name,
        static("icons.svg"),
        name,
    )


@register.simple_tag
def state(value: str) -> SafeString:
    """Return the icon and word of a lesson's, lab's or submission's state."""
    known = wording.state(str(value))
    return format_html(
        '<span class="state state-{}">{}{}</span>',
        known.tone,
        icon(known.icon),
        known.word,
    )


@register.simple_tag
def outcome(submission: Submission) -> SafeString:
    """Return the icon and word of a submission: its state, or how it ended."""
    return state(wording.outcome_state(submission))


@register.simple_tag
def row_kind(value: str) -> SafeString:
    """Return the chip of a changelog row kind such as ``+I``."""
    return format_html(
        '<span class="row-kind row-kind-{}" title="{}">{}</span>',
        ROW_KINDS[value],
        wording.ROW_KIND_WORDS[value],
        value.replace("-", "−"),
    )


@register.simple_tag
def theme_choices() -> list[tuple[str, Any]]:
    """Return the themes with their labels."""
    return [(str(value), label) for value, label in Theme.choices]


@register.simple_tag
def submission_result(submission: Submission) -> ResultView:
    """Return what ``classroom/_result.html`` shows of a final submission."""
    return result_of(submission)


@register.simple_tag
def result_part(submission: Submission, slug: str, event: str = "") -> PartContent:
    """Return what a part of a result opens to; the view has seen that there is one."""
    return part_of(submission, slug, event)


@register.simple_tag
def smallest_search(submission: Submission) -> SmallestView | None:
    """Return what ``classroom/_smallest.html`` shows of a final submission."""
    return smallest_of(submission)


@register.simple_tag(takes_context=True)
def lesson_title(context: dict[str, Any], item: Any) -> str:
    """Return the title of a lesson or lab in the page's language."""
    return str(item.title(wording.page_language()))


@register.filter
def module_title(slug: str) -> str:
    """Return the words for a module's id."""
    return wording.module_title(slug)


@register.filter
def difficulty(value: str) -> str:
    """Return the word for a difficulty."""
    return str(wording.DIFFICULTIES[str(value)])


@register.filter
def program_language(value: str) -> str:
    """Return the title of a lab's language: ``sql`` is Flink SQL."""
    return wording.PROGRAM_LANGUAGES[str(value)]


@register.simple_tag
def lesson_description(lesson: Any) -> str:
    """Return the one sentence about a lesson in the page's language."""
    return str(lesson.description(wording.page_language()))


@register.simple_tag
def state_icon(value: str) -> SafeString:
    """Return a state's icon with its word for screen readers, where space is short."""
    known = wording.state(str(value))
    return format_html(
        '<span class="state-icon icon-{}">{}<span class="visually-hidden">{}: </span>'
        "</span>",
        known.tone,
        icon(known.icon),
        known.word,
    )


@register.simple_tag
def state_word(value: str) -> str:
    """Return the word of a state."""
    return str(wording.state(value).word)


@register.simple_tag
def moment(value: datetime) -> SafeString:
    """Return a point in time as people say it; the exact one is in ``title``.

    The title names the distance to UTC: a list may be read far from where it was made.
    """
    local = localtime(value)
    today = localtime().date()
    if local.date() == today:
        words = _("today, %(time)s") % {"time": time_format(local, "H:i")}
    elif local.date() == today - timedelta(days=1):
        words = _("yesterday, %(time)s") % {"time": time_format(local, "H:i")}
    else:
        words = date_format(local, "j E Y, H:i")
    return format_html(
        '<time datetime="{}" title="{} UTC{}">{}</time>',
        local.isoformat(timespec="seconds"),
        date_format(local, "Y-m-d H:i:s"),
        _distance(local),
        words,
    )


def _distance(local: datetime) -> str:
    """Return the distance from UTC as ``+03:00``; "" in UTC itself."""
    text = local.strftime("%:z")
    return "" if text == "+00:00" else text


@register.simple_tag
def draft_time(value: datetime) -> str:
    """Return the clock time at which a draft was saved."""
    return time_format(localtime(value), "H:i:s")
