"""The cohort matrix as CSV: the rows and order of the screen, safe in a spreadsheet."""

import csv
from collections.abc import Iterator
from datetime import UTC

from django.utils.translation import gettext as _

from review.wording import CELL_WORDS
from submissions.cohorts import CohortMatrix, MatrixRow

# Excel takes a file without the mark for one in the system's old encoding.
BYTE_ORDER_MARK = "\ufeff"
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


class _Line:
    """A file for csv.writer that hands each line back instead of keeping it."""

    def write(self, line: str) -> str:
        return line


def safe_cell(value: str) -> str:
    """Return ``value`` so that no spreadsheet takes it for a formula."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def header(matrix: CohortMatrix, language: str) -> list[str]:
    """Return the names of the columns; a lab has two, its state and its tries."""
    names = [
        _("User name"),
        _("Name"),
        _("Lessons completed"),
        _("Last activity (UTC)"),
    ]
    for column in matrix.columns:
        title = column.title(language)
        names.append(title)
        if column.lab:
            names.append(_("%(lab)s: tries") % {"lab": title})
    return names


def record(matrix: CohortMatrix, row: MatrixRow) -> list[str]:
    """Return one student's cells, in the order of :func:`header`."""
    seen = row.last_seen
    cells = [
        row.student.username,
        row.student.get_full_name(),
        str(row.completed),
        seen.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S") if seen else "",
    ]
    for column, cell in zip(matrix.columns, row.cells, strict=True):
        cells.append(str(CELL_WORDS[cell.state]))
        if column.lab:
            cells.append(str(cell.tries))
    return cells


def csv_lines(matrix: CohortMatrix, language: str) -> Iterator[str]:
    """Yield the file line by line, with the byte order mark first."""
    writer = csv.writer(_Line())
    yield BYTE_ORDER_MARK
    yield writer.writerow([safe_cell(name) for name in header(matrix, language)])
    for row in matrix.rows:
        yield writer.writerow([safe_cell(cell) for cell in record(matrix, row)])
