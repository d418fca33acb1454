"""Words, icons and titles for the instructors' templates."""

from datetime import datetime

from django import template
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, ngettext

from curriculum.catalogue import Lab, Lesson
from review.cells import table_cells
from review.wording import STEP_WORDS, state_name
from submissions.cohorts import Column
from submissions.student_record import Attempt

register = template.Library()

register.filter("state_name", state_name)
register.simple_tag(table_cells, name="table_cells")


@register.filter
def step_word(kind: str) -> str | Promise:
    """Return the words for a step in the ledger."""
    return STEP_WORDS[kind]


@register.simple_tag
def when(at: datetime | None) -> SafeString:
    """Return a day as people say it, for a column; the exact time in ``title``."""
    if at is None:
        return format_html('<span class="muted">{}</span>', gettext("never"))
    local = localtime(at)
    return format_html(
        '<time datetime="{}" title="{} UTC">{}</time>',
        local.isoformat(timespec="seconds"),
        local.strftime("%Y-%m-%d %H:%M"),
        _days_ago((localtime().date() - local.date()).days),
    )


def _days_ago(days: int) -> str:
    if days <= 0:
        return gettext("today")
    if days == 1:
        return gettext("yesterday")
    return ngettext("%(count)d day ago", "%(count)d days ago", days) % {"count": days}


@register.filter
def title_here(item: Lesson | Lab | Column) -> str:
    """Return an item's title in the language of the page."""
    return item.title(get_language() or "ru")


@register.filter
def mistake_title(attempt: Attempt) -> str:
    """Return the title of the known mistake a submit made; "" for none."""
    if attempt.lab is None:
        return ""
    for mistake in attempt.lab.spec.misconceptions:
        if mistake.id == attempt.misconception:
            return mistake.title.in_language(get_language() or "ru")
    return ""
