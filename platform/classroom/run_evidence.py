"""What is told of a run, as the page shows it: jobs, counts, checkpoints, log, times.

What Flink says of it comes from the student's box and was cut to size when the report
was made; it is data for a template that escapes it, and nothing of it is ever scored.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.utils.translation import gettext

from classroom import wording

# The pattern of the box's own log4j2 settings begins each line with the level.
LEVEL = re.compile(r"(FATAL|ERROR|WARN|INFO|DEBUG|TRACE) +\S")
LOG_LINES = 400
TONES = {"FATAL": "error", "ERROR": "error", "WARN": "warning"}
# Flink's watermark before the first event and after the last.
BEFORE_ALL, AFTER_ALL = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class VertexView:
    """One vertex; ``feeds`` are (number of a vertex before it, how rows get here)."""

    number: int
    name: str
    state: str
    parallelism: int | None
    operators: tuple[str, ...]
    feeds: tuple[tuple[int, str], ...]
    read: int | None
    written: int | None
    busy_ms: int | None
    backpressured_ms: int | None
    watermark: str


@dataclass(frozen=True, slots=True)
class JobView:
    """One Flink job; ``checkpoints`` is what ``lab_protocol.evidence`` calls so."""

    name: str
    state: str
    restarts: int | None
    checkpoints: dict[str, int | None] | None
    vertices: tuple[VertexView, ...]


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of the box's log; ``level`` is "" for what has none: a trace, a print."""

    level: str
    text: str

    @property
    def tone(self) -> str:
        """How loud it is, as the filter has it: error, warning or told."""
        return TONES.get(self.level, "told")


def jobs_of(run_report: dict[str, Any]) -> tuple[JobView, ...]:
    """Return the jobs of a run's report; reports of older versions have none."""
    return tuple(_job(job) for job in run_report.get("jobs", []))


def log_of(stderr: str) -> tuple[LogLine, ...]:
    """Return the latest lines of a log, if any of them has a level at all.

    Lines without a level of their own go with the line before them.
    """
    lines = []
    level = ""
    for text in stderr.splitlines():
        if found := LEVEL.match(text):
            level = found.group(1)
        lines.append(LogLine(level, text))
    if not any(line.level for line in lines):
        return ()
    return tuple(lines[-LOG_LINES:])


def _job(job: dict[str, Any]) -> JobView:
    return JobView(
        name=job["name"],
        state=job["state"],
        restarts=job["restarts"],
        checkpoints=job["checkpoints"],
        vertices=tuple(
            VertexView(
                number=number,
                name=vertex["name"],
                state=vertex["state"],
                parallelism=vertex["parallelism"],
                operators=tuple(vertex["description"].splitlines()),
                feeds=tuple((place, ship) for place, ship in vertex["inputs"]),
                read=vertex["read"],
                written=vertex["written"],
                busy_ms=vertex["busy_ms"],
                backpressured_ms=vertex["backpressured_ms"],
                watermark=_watermark(vertex["watermark"]),
            )
            for number, vertex in enumerate(job["vertices"], start=1)
        ),
    )


def _watermark(milliseconds: int | None) -> str:
    """Return a watermark as a moment of the events' time, UTC."""
    if milliseconds is None or milliseconds <= BEFORE_ALL:
        return "–"
    if milliseconds >= AFTER_ALL:
        return gettext("end of the stream")
    try:
        moment = datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return str(milliseconds)
    return moment.strftime("%Y-%m-%d %H:%M:%S")


def timings_of(run_report: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Return what took how long and how much, (label, value) in the page's language."""
    timings = run_report.get("timings") or {}
    for key, label in (
        ("box_ready", gettext("Environment ready")),
        ("job_sent", gettext("Job started")),
        ("first_row", gettext("First row")),
        ("last_row", gettext("Last row")),
        ("ended", gettext("Run ended")),
    ):
        if timings.get(key) is not None:
            yield label, _seconds(timings[key])
    if cpu := run_report.get("cpu_seconds"):
        yield gettext("Processor time"), _seconds(cpu)
    if peak := run_report.get("peak_memory_bytes"):
        mebibytes = gettext("%(count)d MiB") % {"count": round(peak / 1024 / 1024)}
        yield gettext("Memory at most"), mebibytes


def _seconds(value: float) -> str:
    text = f"{value:.2f}"
    if wording.page_language() == "ru":
        text = text.replace(".", ",")
    return gettext("%(seconds)s s") % {"seconds": text}
