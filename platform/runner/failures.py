"""From an exception to what a student needs: the root cause and their own line."""

import re
import traceback
from pathlib import Path

from lab_protocol.messages import LearnerError

WORK = Path("/work")
MESSAGE_LIMIT = 4_000
TRACE_LIMIT = 12_000

_JAVA_FRAME = re.compile(r"^\s*(at |\.\.\. \d+ more)")
_JAVA_HEAD = re.compile(
    r"^(?:Caused by: |Exception in thread \S+ )?"
    r"((?:[a-z_][\w]*\.)+[A-Z][\w$]*)(?:: (.*))?$"
)
_POSITIONS = (
    re.compile(r"From line (\d+), column \d+"),
    re.compile(r"[Aa]t line (\d+), column \d+"),
)
_WORKER_FRAME = re.compile(r'File "/work/([^"]+)", line (\d+)')

# Wrappers say that something failed and never what; the cause below them does.
_WRAPPERS = (
    "ValidationException: SQL validation failed",
    "TableException: Failed to execute sql",
    "TableException: Failed to wait job finish",
    "JobExecutionException",
    "JobException: Recovery is suppressed",
    "ExecutionException",
    "CompletionException",
    "ProgramInvocationException",
    "FlinkException: Failed to execute job",
    "FlinkRuntimeException: One or more fetchers",
    "RuntimeException: One or more fetchers",
    "SerializedThrowable",
)


def describe(
    error: BaseException, *, statement: int | None = None, line: int | None = None
) -> LearnerError:
    """Describe a failed program.

    ``line`` is the first line of the failing SQL statement in its file; a position
    inside the statement that Flink names is added to it. Without one, the deepest
    frame of the student's own Python files is named.
    """
    text = _text(error)
    kind, message = root_cause(text) or (type(error).__name__, text)
    own_file, own_line = _own_frame(error)
    if own_file is None:
        own_file, own_line = _worker_frame(text)
    if line is not None:
        own_line = line + (_relative_line(message) or _relative_line(text) or 1) - 1
    return LearnerError(
        kind=kind,
        message=_clip(message, MESSAGE_LIMIT),
        trace=_clip(_own_trace(error) or text, TRACE_LIMIT),
        file=own_file,
        line=own_line,
        statement=statement,
    )


def describe_job(java_text: str) -> LearnerError:
    """Describe a job that failed while it ran, from Java's printed exception."""
    kind, message = root_cause(java_text) or ("JobFailed", java_text)
    own_file, own_line = _worker_frame(java_text)
    return LearnerError(
        kind=kind,
        message=_clip(message, MESSAGE_LIMIT),
        trace=_clip(java_text, TRACE_LIMIT),
        file=own_file,
        line=own_line,
    )


def root_cause(java_text: str) -> tuple[str, str] | None:
    """Return (short class name, message) of the innermost telling Java exception.

    None where the text holds no Java exception at all.
    """
    found: list[tuple[str, list[str]]] = []
    for line in java_text.splitlines():
        if head := _JAVA_HEAD.match(line.strip()):
            found.append((head[1], [head[2] or ""]))
        elif found and not _JAVA_FRAME.match(line):
            found[-1][1].append(line)
    causes = [
        (name.rsplit(".", 1)[-1].rsplit("$", 1)[-1], "\n".join(lines).strip())
        for name, lines in found
    ]
    telling = [
        (kind, message)
        for kind, message in causes
        if message and not f"{kind}: {message}".startswith(_WRAPPERS)
    ]
    if telling:
        return telling[-1]
    return causes[-1] if causes else None


def _text(error: BaseException) -> str:
    java = getattr(error, "java_exception", None)
    if java is not None:
        return str(error)
    text = str(error)
    if getattr(error, "stack_trace", None):
        return f"{text}\n{error.stack_trace}"  # type: ignore[attr-defined]
    return text


def _own_frame(error: BaseException) -> tuple[str | None, int | None]:
    if isinstance(error, SyntaxError) and error.filename:
        path = Path(error.filename)
        if path.parent == WORK:
            return path.name, error.lineno
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        path = Path(frame.filename)
        if path.is_relative_to(WORK):
            return str(path.relative_to(WORK)), frame.lineno
    return None, None


def _worker_frame(text: str) -> tuple[str | None, int | None]:
    frames = _WORKER_FRAME.findall(text)
    if not frames:
        return None, None
    return frames[-1][0], int(frames[-1][1])


def _own_trace(error: BaseException) -> str:
    """Return the traceback of the student's own frames and the last line."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(WORK)
    ]
    if not frames and not isinstance(error, SyntaxError):
        return ""
    head = ["Traceback (most recent call last):\n"] if frames else []
    lines = [*head, *traceback.format_list(frames)]
    lines += traceback.format_exception_only(error)
    return "".join(lines).replace(f"{WORK}/", "")


def _relative_line(message: str) -> int | None:
    for position in _POSITIONS:
        if found := position.search(message):
            return int(found[1])
    return None


def _clip(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[…]\n{text[-half:]}"
