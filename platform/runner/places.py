"""Where in the student's own files an error belongs."""

import ast
import re
import sys
import threading
import traceback
from pathlib import Path
from types import TracebackType

WORK = Path("/work")

_POSITIONS = (
    re.compile(r"From line (\d+), column \d+"),
    re.compile(r"[Aa]t line (\d+), column \d+"),
)
_INSERT = r"INSERT\s+(?:INTO|OVERWRITE)"
_CREATE = r"CREATE\s+(?:TEMPORARY\s+)?TABLE"
_JOB_SINK = re.compile(r"insert-into_(?:\w+\.)*(\w+)")
_RUNS_A_JOB = re.compile(r"\.(?:execute|execute_insert|wait|print|collect)\(")
_TASK_SINK = re.compile(r"(\w+)\[\d+\]: Writer")
_TASK_SOURCE = re.compile(r"Source: (\w+)\[\d+\]")


def relative_line(message: str) -> int | None:
    """Return the line that Flink names inside a statement, from 1."""
    for position in _POSITIONS:
        if found := position.search(message):
            return int(found[1])
    return None


def own_frame(trace: TracebackType | None) -> tuple[str | None, int | None]:
    """Return file and line of the deepest frame in the student's own files."""
    for frame in reversed(traceback.extract_tb(trace)):
        path = Path(frame.filename)
        if path.is_relative_to(WORK):
            return str(path.relative_to(WORK)), frame.lineno
    return None, None


def waiting_frame() -> tuple[str | None, int | None]:
    """Return where in the student's files the main thread stands, if it does."""
    frame = sys._current_frames().get(threading.main_thread().ident or 0)
    while frame is not None:
        path = Path(frame.f_code.co_filename)
        if path.is_relative_to(WORK):
            return str(path.relative_to(WORK)), frame.f_lineno
        frame = frame.f_back
    return None, None


def line_in_literal(source: str, line: int, relative: int) -> int:
    """Return the line of ``source`` for line ``relative`` of the SQL sent at ``line``.

    The SQL is the first text among the arguments of the call on ``line``, or of the
    variable that stands there; ``line`` itself where it is put together otherwise.
    """
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return line
    calls = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and node.lineno <= line <= (node.end_lineno or node.lineno)
    ]
    texts = {
        target.id: node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name) and _is_text(node.value)
    }
    # The narrowest call first: execute_sql(…) is inside execute_sql(…).wait().
    calls.sort(key=lambda node: (node.end_lineno or 0) - node.lineno)
    for call in calls:
        for argument in call.args:
            if isinstance(argument, ast.Name):
                argument = texts.get(argument.id, argument)
            if _is_text(argument):
                first = argument.lineno + relative - 1
                return min(first, argument.end_lineno or first)
    return line


def insert_line(source: str, *, job: str, task: str) -> int | None:
    """Return the line of the INSERT that the failed task belongs to, from 1.

    ``job`` and ``task`` are the names that Flink gives. A task that serves several
    INSERTs is placed where the table is created that it reads.
    """
    sinks = _JOB_SINK.findall(job)
    written = [name for name in sinks if name in _TASK_SINK.findall(task)]
    for chosen in (written, sinks):
        if len(set(chosen)) == 1:
            return _statement_line(source, _INSERT, chosen[0])
    return next(
        (
            line
            for table in _TASK_SOURCE.findall(task)
            if (line := _statement_line(source, _CREATE, table)) is not None
        ),
        None,
    )


def last_call_line(source: str) -> int | None:
    """Return the line of the last call in a Python file that runs a job, from 1."""
    calls = list(_RUNS_A_JOB.finditer(source))
    return source.count("\n", 0, calls[-1].start()) + 1 if calls else None


def _statement_line(source: str, begin: str, table: str) -> int | None:
    name = rf"(?:`?\w+`?\.)*`?{re.escape(table)}`?(?!\w)"
    statement = re.compile(rf"{begin}\s+(?:IF\s+NOT\s+EXISTS\s+)?{name}", re.IGNORECASE)
    for found in statement.finditer(source):
        start = source.rfind("\n", 0, found.start()) + 1
        if not source[start : found.start()].lstrip().startswith(("--", "#")):
            return source.count("\n", 0, found.start()) + 1
    return None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (
        isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
