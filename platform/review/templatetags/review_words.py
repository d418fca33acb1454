"""Words, icons and titles for the instructors' templates."""

from datetime import datetime

from django import template
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, ngettext

from curriculum.catalogue import Lab, Lesson
from review.wording import CELL_WORDS, STEP_WORDS
from submissions.cohorts import CellState, Column
from submissions.student_record import Attempt

register = template.Library()

# The site's names of states, by which its tags find icon and word.
STATE_NAMES = {state: state.value for state in CellState} | {CellState.TRIED: "failed"}


@register.filter
def state_name(state: CellState) -> str:
    """Return what ``{% state %}`` calls a cell's state."""
    return STATE_NAMES[state]


@register.filter
def state_icon(state: CellState) -> str:
    """Return the name of a cell's icon, which is also the end of its CSS class."""
    return STATE_NAMES[state].replace("_", "-")


@register.filter
def cell_word(state: CellState) -> str | Promise:
    """Return the word for a cell's state."""
    return CELL_WORDS[state]


@register.filter
def step_word(kind: str) -> str | Promise:
    """Return the words for a step in the ledger."""
    return STEP_WORDS[kind]


@register.filter
def tries_word(tries: int) -> str:
    """Return ``tries`` with its noun."""
    return ngettext("%(count)d try", "%(count)d tries", tries) % {"count": tries}


@register.filter
def days_ago(at: datetime) -> str:
    """Return the day of ``at`` as people say it, to be compared down a column."""
    days = (localtime().date() - localtime(at).date()).days
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
