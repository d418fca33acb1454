"""From an exception to what a student needs: the root cause and their own line."""

import traceback
from pathlib import Path

from lab_protocol.messages import LearnerError
from runner.places import (
    WORK,
    insert_line,
    last_call_line,
    line_in_literal,
    own_frame,
    relative_line,
    waiting_frame,
)
from runner.traces import (
    MESSAGE_LIMIT,
    TRACE_LIMIT,
    clip,
    root_cause,
    short_trace,
    worker_frame,
)


def describe(
    error: BaseException, *, statement: int | None = None, line: int | None = None
) -> LearnerError:
    """Describe a failed program.

    ``line`` is the first line of the failing SQL statement in its file; a position
    inside the statement that Flink names is added to it. Without one, the place is
    that of the student's own function in a worker, else the deepest frame of the
    student's own Python files, there the line inside the SQL text that was sent.
    """
    text = _text(error)
    kind, message = root_cause(text) or (type(error).__name__, text)
    relative = relative_line(message) or relative_line(text)
    if line is None:
        file, own_line = _own_place(error, text, relative)
    else:
        file, own_line = None, line + (relative or 1) - 1
    return LearnerError(
        kind=kind,
        message=clip(message, MESSAGE_LIMIT),
        trace=_own_trace(error, text),
        file=file,
        line=own_line,
        statement=statement,
    )


def describe_job(java_text: str, *, job: str = "", task: str = "") -> LearnerError:
    """Describe a job that failed while it ran, from Java's printed exception.

    ``job`` and ``task`` are the names of the job and of the part of it that failed.
    The place is that of the student's own function in a worker, else of the call that
    waits for the job, else of the INSERT that made it.
    """
    # A failure of a source's coordinator has no failed task, but its name in the text.
    task = task or java_text[:MESSAGE_LIMIT]
    kind, message = root_cause(java_text) or ("JobFailed", java_text)
    file, line = worker_frame(java_text)
    if line is None:
        file, line = waiting_frame()
    if line is None:
        file, line = _insert(job, task)
    return LearnerError(
        kind=kind,
        message=clip(message, MESSAGE_LIMIT),
        trace=short_trace(java_text),
        file=file,
        line=line,
    )


def _text(error: BaseException) -> str:
    java = getattr(error, "java_exception", None)
    if java is not None:
        return str(error)
    text = str(error)
    if getattr(error, "stack_trace", None):
        return f"{text}\n{error.stack_trace}"  # type: ignore[attr-defined]
    return text


def _own_place(
    error: BaseException, text: str, relative: int | None
) -> tuple[str | None, int | None]:
    if isinstance(error, SyntaxError) and error.filename:
        path = Path(error.filename)
        if path.parent == WORK:
            return path.name, error.lineno
    file, line = worker_frame(text)
    if file is not None:
        return file, line
    file, line = own_frame(error.__traceback__)
    if file is not None and line is not None and relative is not None:
        line = line_in_literal(_source(WORK / file), line, relative)
    return file, line


def _insert(job: str, task: str) -> tuple[str | None, int | None]:
    for path in sorted(WORK.glob("*.*")):
        if path.suffix not in (".sql", ".py"):
            continue
        source = _source(path)
        line = insert_line(source, job=job, task=task)
        if line is None and path.suffix == ".py":
            line = last_call_line(source)
        if line is not None:
            return path.name, line
    return None, None


def _source(path: Path) -> str:
    """Return the text of a student's file; "" when it is gone or is none."""
    try:
        return path.read_text("utf-8") if path.is_file() else ""
    except (OSError, ValueError):
        return ""


def _own_trace(error: BaseException, text: str) -> str:
    """Return the student's own frames, then Java's heads or the last Python line."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(WORK)
    ]
    head = ["Traceback (most recent call last):\n"] if frames else []
    own = "".join([*head, *traceback.format_list(frames)]).replace(f"{WORK}/", "")
    if root_cause(text) is not None:
        return clip(own + short_trace(text), TRACE_LIMIT)
    if not frames and not isinstance(error, SyntaxError):
        return clip(text, TRACE_LIMIT)
    last = "".join(traceback.format_exception_only(error)).replace(f"{WORK}/", "")
    return clip(own + last, TRACE_LIMIT)
