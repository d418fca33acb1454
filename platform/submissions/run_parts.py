"""The parts of a result that its page shows folded, each at an address of its own.

Most readers open one or two of them, and together they weigh ten times the rest of the
page (of one wrong answer 790 KB: events 390, rows that differ 300): a page names them,
and a part is made when somebody asks for it.
"""

from enum import StrEnum
from typing import Any

from submissions.models import Run, Submission
from submissions.selectors import current_verdict, last_run

# The rows of the first output are "rows-1": names of outputs are no part of a URL.
# Likewise "check-1" are the rows in which the first check found a difference.
ROWS = "rows-"
# "table-1" is what the changes of the first output add up to.
TABLE = "table-"
CHECK = "check-"
EVENTS = "events"


class Part(StrEnum):
    """What is told of a run besides the rows of its outputs; values stand in URLs."""

    STDOUT = "stdout"
    STDERR = "stderr"
    PLAN = "plan"
    METRICS = "metrics"
    CHECKPOINTS = "checkpoints"
    TIMINGS = "timings"


def shown_run(submission: Submission) -> Run | None:
    """Return the run that a result is about: the verdict's, else the latest try."""
    verdict = current_verdict(submission)
    if verdict is not None and verdict.run_id is not None:
        return verdict.run
    return last_run(submission)


def parts_of(submission: Submission) -> tuple[str, ...]:
    """Return the parts of a final submission: its verdict's, then its run's."""
    if not submission.is_final:
        return ()
    verdict, run = current_verdict(submission), shown_run(submission)
    return (
        *(parts_of_verdict(verdict.report) if verdict is not None else ()),
        *(parts_of_run(run.report) if run is not None else ()),
    )


def parts_of_verdict(report: dict[str, Any]) -> tuple[str, ...]:
    """Return the checks that show rows, and the events if any are named."""
    checks = tuple(
        f"{CHECK}{number}"
        for number, check in enumerate(report.get("checks", []), start=1)
        if check.get("diff") and check["diff"]["rows"]
    )
    return (*checks, EVENTS) if report.get("events") else checks


def parts_of_run(report: dict[str, Any]) -> tuple[str, ...]:
    """Return the parts that a run's report has something for.

    An error before the first row leaves outputs of which nothing can be told.
    """
    outputs = report.get("outputs", {}).values()
    has_rows = any(item["count"] or item.get("undecodable") for item in outputs)
    shown = tuple(outputs) if has_rows or not report.get("error") else ()
    has = {
        Part.STDOUT: report.get("stdout"),
        Part.STDERR: report.get("stderr"),
        Part.PLAN: report.get("jobs"),
        Part.METRICS: report.get("jobs"),
        Part.CHECKPOINTS: report.get("jobs"),
        Part.TIMINGS: report.get("timings"),
    }
    return (
        *(
            f"{kind}{number}"
            for number, output in enumerate(shown, start=1)
            for kind in (ROWS, *((TABLE,) if "table" in output else ()))
        ),
        *(part.value for part, content in has.items() if content),
    )
