"""Execute a student's SQL script statement by statement, as the SQL client would."""

import re
import sys
import threading
from pathlib import Path
from typing import Any

from lab_protocol.messages import LearnerError
from runner.failures import describe
from runner.sql_script import ScriptError, Statement, StatementSet, split_script

# A SELECT over a stream never ends; what a student looks at is its first rows.
SELECT_ROWS = 500

_SET = re.compile(
    r"SET\s+'(?P<key>[^']+)'\s*=\s*'(?P<value>(?:[^']|'')*)'\s*$", re.IGNORECASE
)
_RESET = re.compile(r"RESET(?:\s+'(?P<key>[^']+)')?\s*$", re.IGNORECASE)
_SELECT = re.compile(r"(SELECT|WITH|VALUES|\()", re.IGNORECASE)
_SILENT = re.compile(r"(CREATE|DROP|ALTER|USE|INSERT|LOAD|UNLOAD)\b", re.IGNORECASE)


class StatementFailed(Exception):
    """A statement failed; ``error`` says which, where and why."""

    def __init__(self, error: LearnerError) -> None:
        super().__init__(error.message)
        self.error = error


def run_sql(path: Path) -> None:
    """Run the script in ``path``; raises StatementFailed at the first bad statement."""
    from pyflink.table import EnvironmentSettings, TableEnvironment

    try:
        units = split_script(path.read_text("utf-8"))
    except ScriptError as error:
        raise StatementFailed(
            LearnerError("ScriptError", str(error), file=path.name, line=error.line)
        ) from None
    tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
    for unit in units:
        if isinstance(unit, StatementSet):
            _run_set(tables, unit, path.name)
        else:
            _guarded(lambda u=unit: _run(tables, u), unit, path.name)


def _run(tables: Any, statement: Statement) -> None:
    text = statement.text
    if chosen := _SET.match(text):
        value = chosen["value"].replace("''", "'")
        tables.get_config().set(chosen["key"], value)
        return
    if chosen := _RESET.match(text):
        _reset(tables, chosen["key"])
        return
    result = tables.execute_sql(text)
    if _SELECT.match(text):
        shown = (result, statement)
        threading.Thread(target=_show, args=shown, daemon=True).start()
    elif not _SILENT.match(text):
        result.print()
        sys.stdout.flush()


def _run_set(tables: Any, unit: StatementSet, name: str) -> None:
    statements = tables.create_statement_set()
    for insert in unit.inserts:
        _guarded(lambda i=insert: statements.add_insert_sql(i.text), insert, name)
    if not unit.inserts:
        raise StatementFailed(
            LearnerError(
                "ScriptError", "the statement set is empty", file=name, line=unit.line
            )
        )
    _guarded(statements.execute, unit.inserts[0], name)


def _guarded(action: Any, statement: Statement, name: str) -> None:
    try:
        action()
    except Exception as error:
        told = describe(error, statement=statement.number, line=statement.line)
        raise StatementFailed(
            LearnerError(
                kind=told.kind,
                message=told.message,
                trace=told.trace,
                file=name,
                line=told.line,
                statement=told.statement,
            )
        ) from error


def _reset(tables: Any, key: str | None) -> None:
    configuration = tables.get_config().get_configuration()
    if key is not None:
        configuration.remove_config(key)
        return
    for name in list(configuration.to_dict()):
        configuration.remove_config(name)


def _show(result: Any, statement: Statement) -> None:
    """Print the first rows of a query with their kinds while the box lives."""
    names = result.get_table_schema().get_field_names()
    print(f"-- {statement.number}: {', '.join(names)}", flush=True)
    try:
        with result.collect() as rows:
            for count, row in enumerate(rows, start=1):
                kind = str(row.get_row_kind())
                print(kind, ", ".join(str(value) for value in row), flush=True)
                if count == SELECT_ROWS:
                    print(f"-- {SELECT_ROWS} rows shown", flush=True)
                    return
    except Exception as error:  # noqa: BLE001 (a failed job is told by the job watch)
        print(f"-- {statement.number}: {type(error).__name__}", flush=True)
