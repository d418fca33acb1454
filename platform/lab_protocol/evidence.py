"""What a box tells of its run, read with limits: shown to its student, never scored.

The program shares a process with the runner and can forge all of it, so nothing here
is trusted: unknown parts are left out, texts and lists are cut, numbers are checked.
"""

import json
from dataclasses import dataclass
from typing import Any

MAX_BYTES = 256 * 1024
MAX_JOBS = 8
MAX_VERTICES = 40
MAX_DESCRIPTION = 4000
MAX_NAME = 400
# A Kafka offset, a count, a time in milliseconds: Java's long.
MAX_NUMBER = 2**63


@dataclass(frozen=True, slots=True)
class Vertex:
    """One vertex of a job graph; counts are None where Flink has not told them.

    ``watermark`` is in milliseconds since 1970, the lowest one of its inputs;
    ``inputs`` are (number of the vertex that feeds it, how) with numbers from 1.
    """

    name: str
    state: str
    parallelism: int | None
    description: str
    inputs: tuple[tuple[int, str], ...]
    read: int | None
    written: int | None
    busy_ms: int | None
    backpressured_ms: int | None
    watermark: int | None


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """Counts, and bytes and milliseconds of the last completed one."""

    completed: int | None
    failed: int | None
    restored: int | None
    size: int | None
    ms: int | None


@dataclass(frozen=True, slots=True)
class Job:
    """One Flink job of the program."""

    name: str
    state: str
    restarts: int | None
    checkpoints: Checkpoints | None
    vertices: tuple[Vertex, ...]

    @property
    def plan(self) -> str:
        """The operators of all vertices, one a line, as Flink describes them."""
        return "\n".join(vertex.description for vertex in self.vertices)


def read_evidence(text: str) -> tuple[Job, ...]:
    """Return the jobs that ``text`` tells of; empty for what cannot be read."""
    if len(text) > MAX_BYTES:
        return ()
    try:
        told = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return ()
    jobs = [item for item in _items(_part(told, "jobs")) if isinstance(item, dict)]
    return tuple(_job(job) for job in jobs[:MAX_JOBS])


def _job(told: dict[str, Any]) -> Job:
    vertices = [one for one in _items(told.get("vertices")) if isinstance(one, dict)]
    vertices = vertices[:MAX_VERTICES]
    numbers = {
        _text(one.get("id"), MAX_NAME): place for place, one in enumerate(vertices, 1)
    }
    counts = told.get("checkpoints")
    return Job(
        name=_text(told.get("name"), MAX_NAME),
        state=_text(told.get("state"), 40),
        restarts=_number(told.get("restarts")),
        checkpoints=_checkpoints(counts) if isinstance(counts, dict) else None,
        vertices=tuple(_vertex(one, numbers) for one in vertices),
    )


def _vertex(told: dict[str, Any], numbers: dict[str, int]) -> Vertex:
    inputs = []
    for one in _items(told.get("inputs"))[:MAX_VERTICES]:
        number = numbers.get(_text(_part(one, "id"), MAX_NAME))
        if number is not None:
            inputs.append((number, _text(_part(one, "ship"), 40)))
    return Vertex(
        name=_text(told.get("name"), MAX_NAME),
        state=_text(told.get("state"), 40),
        parallelism=_number(told.get("parallelism")),
        description=_lines(_text(told.get("description"), MAX_DESCRIPTION)),
        inputs=tuple(inputs),
        read=_number(told.get("read")),
        written=_number(told.get("written")),
        busy_ms=_number(told.get("busy_ms")),
        backpressured_ms=_number(told.get("backpressured_ms")),
        watermark=_number(told.get("watermark")),
    )


def _checkpoints(told: dict[str, Any]) -> Checkpoints:
    return Checkpoints(
        completed=_number(told.get("completed")),
        failed=_number(told.get("failed")),
        restored=_number(told.get("restored")),
        size=_number(told.get("size")),
        ms=_number(told.get("ms")),
    )


def _lines(description: str) -> str:
    """Return Flink's description with its line breaks, which it writes as HTML."""
    lines = description.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return lines.replace("<br/>", "\n").strip()


def _part(told: Any, name: str) -> Any:
    return told.get(name) if isinstance(told, dict) else None


def _items(told: Any) -> list[Any]:
    return told if isinstance(told, list) else []


def _text(told: Any, limit: int) -> str:
    return told[:limit] if isinstance(told, str) else ""


def _number(told: Any) -> int | None:
    if isinstance(told, int) and not isinstance(told, bool):
        return told if abs(told) <= MAX_NUMBER else None
    return None
