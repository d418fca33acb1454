"""What a printed trace says: its root cause, its heads, the student's own frames.

Texts come from Java (``Throwable.printStackTrace``), from Python, or are Java with a
Python traceback inside: that is how Beam hands over what a Python worker raised.
"""

import re

MESSAGE_LIMIT = 4_000
TRACE_LIMIT = 12_000
# Of a cause's message its first line tells; Flink's plans fill pages.
HEAD_LIMIT = 400
# Where in Flink the innermost cause arose, for whoever reports it.
KEPT_FRAMES = 3

_JAVA_FRAME = re.compile(r"^\s*(at |\.\.\. \d+ (more|common frames))")
_JAVA_CALL = re.compile(r"^\s*at [\w.$/<>]+\(")
# py4j puts "An error occurred while calling o31.executeSql.\n: " in front.
_JAVA_HEAD = re.compile(
    r"^(?:Caused by: |: |Exception in thread \S+ )?"
    r"((?:[a-z_][\w]*\.)+[A-Z][\w$]*)(?:: (.*))?$"
)
_PYTHON_BEGIN = "Traceback (most recent call last):"
_PYTHON_END = re.compile(r"^(?:\w+\.)*(\w+)(?:: (.*))?$")
_OWN_FRAME = re.compile(r'^\s*File "/work/([^"]+)", line (\d+)')

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


def root_cause(text: str) -> tuple[str, str] | None:
    """Return (short class name, message) of what really went wrong in ``text``.

    That is what a Python worker raised, else the innermost telling Java exception;
    None where the text holds neither.
    """
    if raised := _worker_traceback(text):
        return raised[0], raised[1]
    causes = [
        (name.rsplit(".", 1)[-1].rsplit("$", 1)[-1], "\n".join(lines).strip())
        for name, lines in _causes(text)
    ]
    telling = [
        (kind, message)
        for kind, message in causes
        if message and not f"{kind}: {message}".startswith(_WRAPPERS)
    ]
    if telling:
        return telling[-1]
    return causes[-1] if causes else None


def worker_frame(text: str) -> tuple[str | None, int | None]:
    """Return file and line of the deepest own frame in a worker's traceback."""
    found = [_OWN_FRAME.match(line) for line in text.splitlines()]
    frames = [frame for frame in found if frame]
    if not frames:
        return None, None
    return frames[-1][1], int(frames[-1][2])


def short_trace(text: str) -> str:
    """Return what is worth unfolding: own frames in Python, else Java's heads."""
    raised = _worker_traceback(text)
    return clip(raised[2] if raised else _heads(text) or text, TRACE_LIMIT)


def clip(text: str, limit: int) -> str:
    """Return ``text`` with its middle left out where it is longer than ``limit``."""
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]}\n[…]\n{text[-half:]}"


def _causes(text: str) -> list[tuple[str, list[str]]]:
    """Return class name and message lines of each Java exception, outermost first."""
    found: list[tuple[str, list[str]]] = []
    for line in text.splitlines():
        if head := _JAVA_HEAD.match(line.strip()):
            found.append((head[1], [head[2] or ""]))
        elif found and not _JAVA_FRAME.match(line):
            found[-1][1].append(line)
    return found


def _heads(text: str) -> str:
    """Return one line for each different exception and where the last one arose."""
    causes = _causes(text)
    if not causes:
        return ""
    heads = []
    for name, message in causes:
        first = next((line.strip() for line in message if line.strip()), "")
        heads.append((f"{name}: {first}" if first else name)[:HEAD_LIMIT])
    # py4j prints the whole of some exceptions twice.
    heads = list(dict.fromkeys(heads))
    last = text.rpartition(causes[-1][0])[2].splitlines()
    frames = [line.strip() for line in last if _JAVA_CALL.match(line)]
    return "\n".join(
        [heads[0]]
        + [f"Caused by: {head}" for head in heads[1:]]
        + [f"    {frame}" for frame in frames[:KEPT_FRAMES]]
    )


def _worker_traceback(text: str) -> tuple[str, str, str] | None:
    """Return (class, message, traceback) of the last Python traceback in ``text``.

    The traceback has the student's own frames only; the last one of Flink's where
    there is none of the student's.
    """
    lines = text.splitlines()
    begins = [number for number, line in enumerate(lines) if _PYTHON_BEGIN in line]
    if not begins:
        return None
    block: list[str] = []
    for line in lines[begins[-1] + 1 :]:
        if line and not line[0].isspace():
            break
        block.append(line)
    else:
        return None
    end = _PYTHON_END.match(line)
    if end is None:
        return None
    frames = _frames(block)
    own = [frame for frame in frames if _OWN_FRAME.match(frame[0])] or frames[-1:]
    kept = [line.replace("/work/", "") for frame in own for line in frame]
    return end[1], end[2] or "", "\n".join([_PYTHON_BEGIN, *kept, line])


def _frames(block: list[str]) -> list[list[str]]:
    frames: list[list[str]] = []
    for line in block:
        if line.lstrip().startswith('File "'):
            frames.append([line])
        elif frames and line.strip():
            frames[-1].append(line)
    return frames
