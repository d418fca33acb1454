"""The folded parts of a result: their lines on the page, and what each one opens to.

A page names the parts and says how much is in them; the content of one is made when a
reader opens it (``submissions.run_parts`` says which there are, and why).
"""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext

from classroom import wording
from classroom.result_views import (
    DiffView,
    EventView,
    OutputView,
    RunPartView,
    TableView,
)
from classroom.run_evidence import (
    LOG_LINES,
    JobView,
    LogLine,
    jobs_of,
    log_of,
    timings_of,
)
from classroom.tables import cells_of, columns_of, output_spec, output_title
from curriculum.catalogue import Lab
from submissions.run_parts import ROWS, TABLE, Part, parts_of_run

# Rows of an output that is open from the start; the rest comes when it is asked for.
ROWS_AT_ONCE = 20


@dataclass(frozen=True, slots=True)
class PartContent:
    """What one part opens to; only the fields of its kind are filled.

    ``text`` is what the program printed, ``cut`` what is missing of it or of the log;
    ``events`` of a ``diff`` are those of a varied stream.
    """

    slug: str
    title: str
    note: str
    output: OutputView | None = None
    table: TableView | None = None
    jobs: tuple[JobView, ...] = ()
    log: tuple[LogLine, ...] = ()
    text: str = ""
    cut: str = ""
    timings: tuple[tuple[str, str], ...] = ()
    diff: DiffView | None = None
    events: tuple[EventView, ...] = ()


def part_lines(
    report: dict[str, Any], lab: Lab | None, *, opens: bool
) -> tuple[RunPartView, ...]:
    """Return the parts of a run's report; ``opens``: outputs with rows are unfolded."""
    lines = []
    for slug in parts_of_run(report):
        title, note = part_heading(report, lab, slug)
        output = None
        if opens and slug.startswith(ROWS):
            shown = _output(report, lab, slug, rows=ROWS_AT_ONCE)
            output = shown if shown.count else None
        lines.append(RunPartView(slug, title, note, output))
    return tuple(lines)


def part_content(report: dict[str, Any], lab: Lab | None, slug: str) -> PartContent:
    """Return what the part ``slug`` of a run's report opens to."""
    title, note = part_heading(report, lab, slug)
    if slug.startswith(ROWS):
        return PartContent(slug, title, note, output=_output(report, lab, slug))
    if slug.startswith(TABLE):
        return PartContent(slug, title, note, table=_table(report, lab, slug))
    match Part(slug):
        case Part.STDOUT:
            cut = _cut(is_cut=report["stdout_truncated"])
            return PartContent(slug, title, note, text=report["stdout"], cut=cut)
        case Part.STDERR:
            return _log(report, slug, title, note)
        case Part.TIMINGS:
            timings = tuple(timings_of(report))
            return PartContent(slug, title, note, timings=timings)
        case Part.PLAN | Part.METRICS | Part.CHECKPOINTS:
            return PartContent(slug, title, note, jobs=jobs_of(report))


def part_heading(report: dict[str, Any], lab: Lab | None, slug: str) -> tuple[str, str]:
    """Return a part's title, and what is said beside it in a smaller voice."""
    if slug.startswith(ROWS):
        name, output = _named(report, slug)
        rows = ngettext("%(count)d row", "%(count)d rows", output["count"]) % output
        return output_title(lab, name), f"{output['topic']}, {rows}"
    if slug.startswith(TABLE):
        name, output = _named(report, slug)
        rows = ngettext("%(count)d row", "%(count)d rows", output["table_count"]) % {
            "count": output["table_count"]
        }
        return gettext("What it adds up to"), f"{output_title(lab, name)}, {rows}"
    if slug == Part.STDERR and log_of(report["stderr"]):
        return gettext("Log"), "stderr"
    note = slug if slug in (Part.STDOUT, Part.STDERR) else ""
    return str(wording.RUN_PARTS[slug]), note


def _log(report: dict[str, Any], slug: str, title: str, note: str) -> PartContent:
    """Return the log, or the text as it is where no line of it has a level."""
    text = report["stderr"]
    log = log_of(text)
    cut = _cut(is_cut=report["stderr_truncated"])
    if not log:
        return PartContent(slug, title, note, text=text, cut=cut)
    if (lines := text.count("\n")) > LOG_LINES:
        cut = gettext("The latest %(shown)d lines of %(lines)d.") % {
            "shown": LOG_LINES,
            "lines": lines,
        }
    return PartContent(slug, title, note, log=log, cut=cut)


def _cut(*, is_cut: bool) -> str:
    if not is_cut:
        return ""
    return gettext("It was too long: what is missing stands in brackets in its place.")


def _named(report: dict[str, Any], slug: str) -> tuple[str, dict[str, Any]]:
    number = int(slug.removeprefix(ROWS).removeprefix(TABLE))
    name, output = list(report["outputs"].items())[number - 1]
    return name, output


def _output(
    report: dict[str, Any], lab: Lab | None, slug: str, *, rows: int | None = None
) -> OutputView:
    """Return an output with its stored rows, or the first ``rows`` of them."""
    name, output = _named(report, slug)
    return output_view(name, output, lab, rows=rows)


def output_view(
    name: str, output: dict[str, Any], lab: Lab | None, *, rows: int | None = None
) -> OutputView:
    """Return an output of ``grading.report`` as it is shown."""
    spec = output_spec(lab, name)
    columns = columns_of(output["columns"], spec.key if spec else (), spec)
    stored = output["rows"]
    shown = stored[:rows]
    return OutputView(
        title=output_title(lab, name),
        mode=wording.output_mode(output["mode"], spec.encoding if spec else ""),
        kinds=_kinds(output),
        columns=columns,
        rows=tuple(
            (row["op"], cells_of(row["values"] or {}, columns)) for row in shown
        ),
        count=output["count"],
        folded=len(stored) - len(shown),
        hidden=output["count"] - len(stored),
        undecodable=tuple(output.get("undecodable", [])),
    )


def _table(report: dict[str, Any], lab: Lab | None, slug: str) -> TableView:
    """Return the table that an output's changes add up to."""
    name, output = _named(report, slug)
    spec = output_spec(lab, name)
    columns = columns_of(output["columns"], spec.key if spec else (), spec)
    return TableView(
        title=output_title(lab, name),
        columns=columns,
        rows=tuple(cells_of(row, columns) for row in output["table"]),
        hidden=output["table_count"] - len(output["table"]),
    )


def _kinds(output: dict[str, Any]) -> tuple[tuple[str, int], ...]:
    """Return how many rows there were of each kind, in the order of the words.

    Reports of older versions tell only of the rows that they hold.
    """
    counts = output.get("kinds")
    if counts is None:
        if output["count"] > len(output["rows"]):
            return ()
        counts = Counter(row["op"] for row in output["rows"])
    return tuple((kind, counts.get(kind, 0)) for kind in wording.ROW_KIND_WORDS)
