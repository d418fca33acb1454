"""What each database does of a search: rows whose column has all the words.

Both get finished stems (:mod:`search.words`) and answer with rows only; the order is
made of them in :mod:`search.selectors`, because ``ts_rank`` and ``bm25`` differ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db import connection, models
from django.db.models.expressions import RawSQL

TABLE = "search_words"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One word of a query: its stem, or with ``prefix`` any word that begins so."""

    stem: str
    prefix: str = ""


def has_all(column: str, wanted: Sequence[Wanted]) -> RawSQL:
    """Return the condition that ``column`` (stems or names) has every word.

    Words are letters and digits only, so that quoting them is enough.
    """
    if connection.vendor == "postgresql":
        asked = " & ".join(
            f"('{word.stem}' | '{word.prefix}':*)" if word.prefix else f"'{word.stem}'"
            for word in wanted
        )
        return _condition(
            f"array_to_tsvector(string_to_array(search_document.{column}, ' '))"
            " @@ %s::tsquery",
            asked,
        )
    asked = " AND ".join(
        f'("{word.stem}" OR "{word.prefix}"*)' if word.prefix else f'"{word.stem}"'
        for word in wanted
    )
    return _condition(
        f"search_document.id IN (SELECT rowid FROM {TABLE} WHERE {TABLE} MATCH %s)",  # noqa: S608
        f"{column} : ({asked})",
    )


def store(rows: Sequence[tuple[int, str, str]]) -> None:
    """Replace SQLite's index by ``rows`` of key, stems and names.

    Postgres keeps its own with the table, but takes it only once it knows the words:
    before, 12,572 texts took 0.4 s a search.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ANALYZE search_document")
            return
        cursor.execute(f"INSERT INTO {TABLE}({TABLE}) VALUES ('delete-all')")  # noqa: S608
        cursor.executemany(
            f"INSERT INTO {TABLE}(rowid, stems, names) VALUES (%s, %s, %s)",  # noqa: S608
            rows,
        )


def _condition(sql: str, asked: str) -> RawSQL:
    return RawSQL(sql, [asked], output_field=models.BooleanField())  # noqa: S611
