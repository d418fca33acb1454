"""A site's database read by plain SQL, beside the product's own code."""

import contextlib
import sqlite3
from typing import Any

import psycopg


class Database:
    """Reads and writes with a connection for each statement, so that restarts pass."""

    def __init__(self, url: str = "", *, file: str = "") -> None:
        self._url = url
        self._file = file

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """Return the rows of a SELECT."""
        if self._url:
            with psycopg.connect(self._url, autocommit=True) as connection:
                return connection.execute(sql.encode()).fetchall()
        with contextlib.closing(
            sqlite3.connect(f"file:{self._file}?mode=ro", uri=True, timeout=20)
        ) as connection:
            return connection.execute(sql).fetchall()

    def value(self, sql: str) -> Any:
        """Return the one value of a SELECT; None where there is no row."""
        rows = self.rows(sql)
        return rows[0][0] if rows else None

    def execute(self, sql: str) -> int:
        """Run one changing statement; return how many rows it met."""
        if self._url:
            with psycopg.connect(self._url, autocommit=True) as connection:
                return connection.execute(sql.encode()).rowcount
        with (
            contextlib.closing(sqlite3.connect(self._file, timeout=20)) as connection,
            connection,
        ):
            return connection.execute(sql).rowcount
