"""The blocks of the lessons: which are executed, how, and what they must print.

What a block is stands in its header (``curriculum.fences``), which is also what the
page's badge is made from. The Russian text is executed; the English one holds the same
blocks, letter by letter, which a test demands.
"""

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from curriculum.fences import EXECUTED, Engine, Fence, FenceKind, find_fences
from curriculum.labels import FLINK_VERSION
from sandbox.image.manifest import Image

ROOT = Path(__file__).resolve().parents[2]

OMISSION = "…"
SESSION = "rehearsal.snippet_session"
LIMIT_SECONDS = 420
# Flink's own complaint when a job's classes are unloaded while a thread still ends.
_NOISE = re.compile(
    r"closed classloader|^\tat |^\d{4}-\d\d-\d\d .*\b(?:WARN|INFO)\b", re.MULTILINE
)


class SessionEndedError(Exception):
    """The process that executes blocks ended by itself; the text says how."""


@dataclass(frozen=True, slots=True)
class Block:
    """An executable block with the output that the lesson shows, if it shows one."""

    fence: Fence
    shown: str | None

    @property
    def fails(self) -> bool:
        return self.fence.header.kind is FenceKind.FAILS

    @property
    def name(self) -> str:
        """What a reader finds it by."""
        return f"line {self.fence.line}: {self.fence.header.title or 'untitled'}"


@dataclass(frozen=True, slots=True)
class Executed:
    """What came of a block; ``error`` is the traceback with Java's causes.

    ``flink`` is the version of PyFlink that was loaded when it ended, None for none.
    """

    printed: str
    error: str | None
    seconds: float
    flink: str | None


def lessons_under(root: Path) -> list[Path]:
    """Return the folders of the lessons of a course, in the order of their names."""
    return sorted(path.parent for path in root.glob("lessons/[0-9]*/ru.md"))


def fences_of(lesson: Path, language: str = "ru") -> tuple[Fence, ...]:
    """Return the fences of a lesson with the lines of its file."""
    return find_fences((lesson / f"{language}.md").read_text("utf-8"))


def blocks_of(lesson: Path) -> tuple[Block, ...]:
    """Return the blocks to execute, in order, each with its output."""
    fences = [fence for fence in fences_of(lesson) if fence.header.kind in EXECUTED]
    return tuple(
        Block(fence, output.body if output else None)
        for fence, output in zip(fences, shown_fences(lesson), strict=True)
    )


def shown_fences(lesson: Path, language: str = "ru") -> list[Fence | None]:
    """Return the output below each block to execute, None where there is none."""
    fences = fences_of(lesson, language)
    return [
        following
        if following is not None and following.header.kind is FenceKind.OUTPUT
        else None
        for fence, following in zip(fences, (*fences[1:], None), strict=True)
        if fence.header.kind in EXECUTED
    ]


def count_kinds(lesson: Path) -> Counter[FenceKind]:
    """Return how many blocks of each kind a lesson has."""
    return Counter(fence.header.kind for fence in fences_of(lesson))


def needs_flink(lesson: Path) -> bool:
    """Say whether any block of the lesson is to be executed on Flink."""
    engines = {block.fence.header.engine for block in blocks_of(lesson)}
    return Engine.FLINK in engines


def execute(
    lesson: Path, folder: Path, *, image: Image
) -> tuple[tuple[Block, Executed], ...]:
    """Execute a lesson's blocks in the empty ``folder``, in a process of its own."""
    blocks = blocks_of(lesson)
    results = run_session(
        [(block.fence.header.language, block.fence.body) for block in blocks],
        folder,
        image=image,
    )
    return tuple(zip(blocks, results, strict=True))


def run_session(
    blocks: Iterable[tuple[str, str]], folder: Path, *, image: Image
) -> list[Executed]:
    """Execute (language, text) pairs in one process; a broker runs if one is named.

    Raises SessionEndedError with the end of the log where the process itself fails.
    """
    blocks = list(blocks)
    connector = next((ROOT / "var/jars").glob("flink-sql-connector-kafka-*.jar"))
    (folder / "jars").mkdir()
    (folder / "jars" / connector.name).symlink_to(connector)
    job = {
        "blocks": [{"language": name, "body": body} for name, body in blocks],
        "kafka": _kafka_jars(image)
        if any("9092" in body for _, body in blocks)
        else None,
    }
    return [Executed(**result) for result in _run(job, folder, image)]


def complaint(block: Block, executed: Executed) -> str | None:
    """Say how a block's run differs from the lesson, or None where it does not."""
    on_flink = block.fence.header.engine is Engine.FLINK
    if executed.flink != (FLINK_VERSION if on_flink else None):
        return f"the page says another engine than PyFlink {executed.flink}"
    if block.fails:
        if executed.error is None:
            return "it was to fail, and did not"
        if "raised before the last statement" in executed.error:
            return f"it failed too early: {executed.error}"
        if block.shown is None:
            return "it fails without showing the message"
        if not _contains(executed.error, block.shown):
            return f"the message is another one:\n{executed.error}"
        return None
    if executed.error is not None:
        return f"it failed:\n{executed.error}"
    printed, shown = printed_lines(executed.printed), printed_lines(block.shown or "")
    if not _equal(printed, shown):
        return "it printed:\n" + "\n".join(printed)
    return None


def _run(job: dict[str, Any], folder: Path, image: Image) -> list[dict[str, Any]]:
    java, python = image.part("java"), ROOT / ".venv-runner" / "bin"
    environment = {
        "HOME": str(folder),
        "JAVA_HOME": str(java),
        # Dozens of small jobs: what the second compiler makes is never used.
        # And no file of counters in the common /tmp: named by the process id, which
        # is 2 in more than one namespace, it was locked by another JVM, and the
        # warning about that came before a block's own output.
        "JAVA_TOOL_OPTIONS": (
            "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC -XX:-UsePerfData"
        ),
        "FLINK_LOG_DIR": str(folder),
        "PATH": f"{python}:{java / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT / "platform"),
        "PYTHONDONTWRITEBYTECODE": "1",
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": str(folder),
    }
    apart = ["unshare", "--user", "--map-root-user", "--net", "--uts", "--pid"]
    apart += ["--fork", "--mount-proc", "--kill-child", "--"]
    result, log = folder / "answer.json", folder / "session.log"
    with result.open("w") as answer, log.open("w") as errors:
        ended = subprocess.run(
            [*apart, str(python / "python"), "-m", SESSION, str(answer.fileno())],
            input=json.dumps(job),
            text=True,
            stdout=errors,
            stderr=errors,
            pass_fds=[answer.fileno()],
            cwd=folder,
            env=environment,
            timeout=LIMIT_SECONDS,
            check=False,
        )
    text = log.read_text("utf-8", errors="replace")
    if ended.returncode != 0:
        raise SessionEndedError(f"the session ended: {text[-4000:]}")
    found: list[dict[str, Any]] = json.loads(result.read_text("utf-8"))
    return found


def _kafka_jars(image: Image) -> str:
    return ":".join(str(path) for path in sorted(image.part("kafka").glob("*.jar")))


def printed_lines(text: str) -> list[str]:
    """Return the lines of an output without Flink's own log and empty ends."""
    lines = [line.rstrip() for line in text.split("\n")]
    if _NOISE.search(text):
        # Its stack traces come with empty lines of their own.
        lines = [line for line in lines if line and not _NOISE.search(line)]
    while lines and not lines[-1]:
        lines.pop()
    return lines


def _equal(printed: list[str], shown: list[str]) -> bool:
    """Compare line by line; a line ``…`` stands for any number of lines."""
    pattern = "".join(
        r"(?:[^\n]*\n)*" if line == OMISSION else re.escape(line) + r"\n"
        for line in shown
    )
    return re.fullmatch(pattern, "".join(f"{line}\n" for line in printed)) is not None


def _contains(error: str, shown: str) -> bool:
    """Say whether the pieces between ``…`` stand in the error, in this order.

    Empty lines, which Flink's long messages are full of, do not count.
    """
    text = "\n".join(line for line in error.split("\n") if line.strip())
    position = 0
    for piece in shown.split(OMISSION):
        position = text.find(piece.strip(), position)
        if position < 0:
            return False
    return True
