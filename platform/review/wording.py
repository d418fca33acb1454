"""Words for the closed sets that the instructors' pages and exports show."""

from collections.abc import Mapping

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from progress.models import Achievement
from submissions.cohorts import CellState, Sort

CELL_WORDS: Mapping[CellState, str | Promise] = {
    CellState.LOCKED: _("locked"),
    CellState.OPEN: _("open"),
    CellState.IN_PROGRESS: _("in progress"),
    CellState.TRIED: _("not passed yet"),
    CellState.PASSED: _("passed"),
    CellState.COMPLETED: _("completed"),
}
SORT_WORDS: Mapping[Sort, str | Promise] = {
    Sort.NAME: _("by name"),
    Sort.NAME_DOWN: _("by name, from the end"),
    Sort.PROGRESS_DOWN: _("most progress first"),
    Sort.PROGRESS: _("least progress first"),
    Sort.SEEN_DOWN: _("latest activity first"),
    Sort.SEEN: _("longest silence first"),
}
STEP_WORDS: Mapping[str, str | Promise] = {
    Achievement.Kind.LESSON_OPENED: _("Began the lesson"),
    Achievement.Kind.LESSON_READ: _("Read the lesson"),
    Achievement.Kind.LAB_PASSED: _("Passed the lab"),
    Achievement.Kind.LESSON_COMPLETED: _("Completed the lesson"),
}


def state_name(state: CellState) -> str:
    """Return what the site's ``{% state %}`` calls a cell's state."""
    return "failed" if state is CellState.TRIED else state.value


def state_icon(state: CellState) -> str:
    """Return the name of a cell's icon, which is also the end of its CSS class."""
    return state_name(state).replace("_", "-")
