"""Rows of outputs as columns and cells, those of the key first."""

from collections.abc import Iterable
from typing import Any

from classroom import wording
from classroom.result_views import CellView, ColumnView
from curriculum.catalogue import Lab
from curriculum.specs import Output

NUMERIC = {"bigint", "decimal", "double"}


def output_spec(lab: Lab | None, name: str | None) -> Output | None:
    """Return the output called ``name``, if the lab is known and has it."""
    return lab.spec.outputs.get(name) if lab is not None and name is not None else None


def output_title(lab: Lab | None, name: str) -> str:
    """Return an output's title in the page's language; its name without the lab."""
    spec = output_spec(lab, name)
    return spec.title.in_language(wording.page_language()) if spec else name


def columns_of(
    names: Iterable[str], key: Iterable[str], output: Output | None
) -> tuple[ColumnView, ...]:
    """Return the columns, those of the key first."""
    types = {column.name: column.type for column in output.columns} if output else {}
    keys = list(key)
    ordered = keys + [name for name in names if name not in keys]
    return tuple(
        ColumnView(name, name in keys, types.get(name) in NUMERIC) for name in ordered
    )


def cells_of(
    values: dict[str, Any], columns: tuple[ColumnView, ...]
) -> tuple[CellView, ...]:
    """Return one row's cells in the order of ``columns``."""
    return tuple(
        CellView(column, text_of(values.get(column.name))) for column in columns
    )


def text_of(value: Any) -> str | None:
    """Return a value as its cell shows it, None for NULL."""
    if value is None:
        return None
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value)
