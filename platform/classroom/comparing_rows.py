"""What two attempts wrote, row by row: by the key of an output, else as whole rows."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from classroom.result_views import CellView, ColumnView, DiffRowView, DiffView
from classroom.tables import columns_of, output_spec, output_title, text_of
from curriculum.catalogue import Lab
from submissions.models import Submission
from submissions.run_parts import shown_run

MOST_ROWS = 50
WORDS = {
    "missing": _("only earlier"),
    "unexpected": _("only later"),
    "different": _("different"),
}

type Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class OutputPair:
    """One output of both attempts; ``diff`` is None where the rows are the same.

    ``is_whole``: both reports hold all its rows, so that what is the same is.
    """

    title: str
    diff: DiffView | None
    is_whole: bool


def compare_outputs(
    old: Submission, new: Submission, lab: Lab | None
) -> list[OutputPair]:
    """Return every output of which both attempts' reports tell, as ``lab`` has it."""
    before, after = _outputs(old), _outputs(new)
    pairs = []
    for name in after.keys() & before.keys():
        rows, rows_whole = _rows(after[name])
        old_rows, old_whole = _rows(before[name])
        spec = output_spec(lab, name)
        names = after[name]["columns"]
        key = tuple(spec.key) if spec else ()
        columns = columns_of(names, key, spec)
        found = list(differences(old_rows, rows, key or names))
        shown = tuple(_view(*item, columns) for item in found[:MOST_ROWS])
        diff = DiffView(columns, shown, folded=0, hidden=len(found) - len(shown))
        pairs.append(
            OutputPair(
                title=output_title(lab, name),
                diff=diff if found else None,
                is_whole=rows_whole and old_whole,
            )
        )
    return sorted(pairs, key=lambda pair: pair.title)


def _outputs(submission: Submission) -> dict[str, dict[str, Any]]:
    run = shown_run(submission)
    outputs: dict[str, dict[str, Any]] = run.report.get("outputs", {}) if run else {}
    return outputs


def _rows(output: dict[str, Any]) -> tuple[list[Row], bool]:
    """Return the rows at the end of a run as reported, and whether these are all."""
    if "table" in output:
        return output["table"], output["table_count"] == len(output["table"])
    rows = [row["values"] or {} for row in output["rows"]]
    return rows, output["count"] == len(rows)


def differences(
    old: list[Row], new: list[Row], key: Sequence[str]
) -> Iterator[tuple[str, Row | None, Row | None]]:
    """Yield (kind, earlier row, later row) in the order of the rows, later ones first.

    Rows with the same key are paired in their order, so that an output without a key
    compares as a bag of rows.
    """
    left: dict[tuple[str | None, ...], list[Row]] = {}
    for row in old:
        left.setdefault(_key(row, key), []).append(row)
    for row in new:
        same = left.get(_key(row, key))
        if not same:
            yield "unexpected", None, row
        elif (earlier := same.pop(0)) != row:
            yield "different", earlier, row
    for rows in left.values():
        for row in rows:
            yield "missing", row, None


def _key(row: Row, key: Sequence[str]) -> tuple[str | None, ...]:
    return tuple(text_of(row.get(name)) for name in key)


def _view(
    kind: str, old: Row | None, new: Row | None, columns: tuple[ColumnView, ...]
) -> DiffRowView:
    shown = (new if new is not None else old) or {}
    cells = tuple(
        CellView(
            column,
            text_of(shown.get(column.name)),
            is_changed=changed,
            expected=text_of((old or {}).get(column.name)) if changed else None,
        )
        for column in columns
        for changed in [
            kind == "different"
            and (old or {}).get(column.name) != shown.get(column.name)
        ]
    )
    return DiffRowView(kind=kind, word=str(WORDS[kind]), cells=cells, events=())
