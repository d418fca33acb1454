"""The cells of the cohort matrix as HTML, each kind of cell painted once.

A cohort of 500 with 60 columns has 30 000 cells of a few dozen kinds. Rendered one by
one through a template they took 9 s and 10 MB.
"""

from collections.abc import Iterable
from functools import lru_cache

from django.templatetags.static import static
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import get_language, ngettext

from review.wording import CELL_WORDS, state_icon
from submissions.cohorts import Cell, CellState


def table_cells(cells: Iterable[Cell]) -> SafeString:
    """Return ``<td>`` elements for a row of cells, in the language of the page."""
    language = get_language() or "ru"
    painted = [_table_cell(cell.state, cell.tries, language) for cell in cells]
    return format_html("{}" * len(painted), *painted)


def cell_words(cell: Cell) -> str:
    """Return what a screen reader says of a cell; the CSV says the same in columns."""
    word = str(CELL_WORDS[cell.state])
    if not cell.tries:
        return word
    tries = ngettext("%(count)d try", "%(count)d tries", cell.tries)
    return f"{word}, {tries % {'count': cell.tries}}"


@lru_cache(maxsize=1024)
def _table_cell(state: CellState, tries: int, language: str) -> SafeString:
    """Return one ``<td>``; ``language``, which is active, is there for the cache."""
    icon = state_icon(state)
    return format_html(
        '<td class="cell-{}"><svg class="icon" aria-hidden="true">'
        '<use href="{}#{}"/></svg>{}<span class="visually-hidden">{}</span></td>',
        icon,
        static("icons.svg"),
        icon,
        format_html('<b aria-hidden="true">{}</b>', tries) if tries else "",
        cell_words(Cell(state, tries)),
    )
