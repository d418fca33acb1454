"""Verdicts and runs as JSON for the pages: capped, typed and free of wording."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from curriculum.specs import LabSpec, Output
from grading.advice import advice_on
from grading.changelog import Change, Changelog, read_changelog, read_expected
from grading.compare import DiffKind, DiffRow, TableDiff, compare_tables
from grading.stages import StagePoint
from grading.values import printable, show_value
from grading.variations import VariedRun
from grading.verdict import CheckResult, Verdict
from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.evidence import read_evidence
from lab_protocol.messages import Event, Record, RunOutcome
from lab_protocol.wire import to_jsonable

VERSION = 2
MAX_DIFF_ROWS = 50
MAX_EVENTS_PER_ROW = 5
MAX_OUTPUT_ROWS = 200
MAX_EVENT_TEXT = 1200


def verdict_report(
    *,
    verdict: Verdict,
    lab: LabSpec,
    build: LabBuild,
    varied: Mapping[str, VariedRun] | None = None,
) -> dict[str, Any]:
    """Return the stored form of a verdict; equal verdicts give equal reports.

    Events of a varied stream have numbers of their own, so they stand in the check
    that cites them.
    """
    runs = varied or {}
    cited: set[int] = set()
    checks = []
    for check in verdict.checks:
        if check.variation and check.variation in runs:
            own: set[int] = set()
            shown = _check(check, lab, runs[check.variation].build, own)
            shown["events"] = _events(runs[check.variation].build, own)
            shown["run"] = _ending(runs[check.variation].outcome)
        else:
            shown = _check(check, lab, build, cited)
        checks.append(shown)
    return {
        "version": VERSION,
        "summary": {"code": verdict.summary, "params": _counts(verdict)},
        "first_wrong": _stage_point(verdict.first_wrong),
        "misconception": verdict.misconception,
        "divergence": _divergence(verdict, lab, build),
        "checks": checks,
        "events": _events(build, cited),
    }


def diff_report(diff: TableDiff, oracle: Sequence[ExpectedRow]) -> dict[str, Any]:
    """Return rows that differ; they name no events where ``oracle`` is empty."""
    return _diff(diff, oracle, set())


def shown_rows(
    build: LabBuild, outcome: RunOutcome, lab: LabSpec, name: str
) -> tuple[list[dict[str, Any] | None], list[dict[str, Any] | None]]:
    """Return the expected rows of an output and the program's, folded, as shown."""
    output = lab.outputs[name]
    changelog = read_changelog(outcome.records.get(output.topic, ()), output)
    expected = read_expected(build.expected[name], output)
    return [_shown(row) for row in expected], [_shown(row) for row in changelog.fold()]


def run_report(
    *,
    outcome: RunOutcome,
    lab: LabSpec,
    options: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return what may be shown of a run: its rows, its own words, its costs.

    "jobs" is what the box tells of them; ``options`` are their settings. The advice
    on their plans is shown and never counts.
    """
    jobs = read_evidence(outcome.evidence)
    plan = "\n".join(job.plan for job in jobs)
    return {
        "version": VERSION,
        "advice": [str(advice) for advice in advice_on(plan, options)],
        "jobs": [_storable(to_jsonable(job)) for job in jobs],
        "outputs": {name: _output(outcome, lab, name) for name in lab.outputs},
        "stdout": printable(outcome.stdout),
        "stderr": printable(outcome.stderr),
        "stdout_truncated": outcome.stdout_truncated,
        "stderr_truncated": outcome.stderr_truncated,
        "error": _storable(to_jsonable(outcome.error)),
        "end_rule": outcome.end_rule.value,
        "detail": outcome.detail,
        "warm": outcome.warm,
        "cpu_seconds": round(outcome.cpu_seconds, 3),
        "peak_memory_bytes": outcome.peak_memory_bytes,
        "timings": to_jsonable(outcome.timings),
    }


def rows_so_far(
    records: Mapping[str, Sequence[Record]], lab: LabSpec, *, latest: int
) -> dict[str, Any]:
    """Return the outputs of a run under way that have rows, with the ``latest`` ones.

    ``records`` maps a topic to all that was read from it: whether a row of an upsert
    output is new or changed is told by those before it. The shape is that of "outputs"
    in a run's report.
    """
    shown = {}
    for name, output in lab.outputs.items():
        changes = read_changelog(records.get(output.topic, ()), output).changes
        if changes:
            shown[name] = {
                **_heading(output, changes),
                "rows": [_change(change) for change in changes[-latest:]],
            }
    return shown


def _counts(verdict: Verdict) -> dict[str, int]:
    return {
        "passed": sum(check.passed for check in verdict.checks),
        "checks": len(verdict.checks),
    }


def _check(
    check: CheckResult, lab: LabSpec, build: LabBuild, cited: set[int]
) -> dict[str, Any]:
    params: dict[str, Any] = {"rows": check.rows, "samples": list(check.samples)}
    kind = next((item.kind for item in lab.judged if item.id == check.check_id), None)
    if check.variation:
        params["variation"] = kind
    diff = None
    if check.diff is not None:
        params |= {kind.value: check.diff.count(kind) for kind in DiffKind}
        oracle = build.expected[check.output] if check.numbered else ()
        diff = _diff(check.diff, oracle, cited)
    return {
        "id": check.check_id,
        "output": check.output,
        "passed": check.passed,
        "points": check.points,
        "max_points": check.max_points,
        "code": check.code,
        "params": params,
        "first_wrong": _stage_point(check.first_wrong),
        "diff": diff,
    }


def _stage_point(point: StagePoint | None) -> dict[str, Any] | None:
    if point is None:
        return None
    return {
        "output": point.output,
        "stage": point.stage,
        "number": point.number,
        "of": point.stages,
    }


def _ending(outcome: RunOutcome) -> dict[str, Any]:
    """Return how a varied run ended, with the program's own error if it had one."""
    return {
        "ending": outcome.ending.value,
        "error": _storable(to_jsonable(outcome.error)),
    }


def _divergence(
    verdict: Verdict, lab: LabSpec, build: LabBuild
) -> dict[str, Any] | None:
    """Return the event at which the named mistake parted from the oracle.

    "actual" is what the mistaken program would put out had the stream ended there.
    """
    found = build.divergence
    if found is None or found.misconception != verdict.misconception:
        return None
    outputs = []
    for name, predicted in found.mistaken.items():
        output = lab.outputs[name]
        diff = compare_tables(
            read_expected(found.expected.get(name, ()), output),
            read_expected(predicted, output),
            output,
        )
        if not diff.is_empty:
            outputs.append({"output": name, "diff": _diff(diff, (), set())})
    if not outputs:
        return None
    events = _events(build, {found.event})
    return {"event": events[str(found.event)], "outputs": outputs}


def _diff(
    diff: TableDiff, oracle: Sequence[ExpectedRow], cited: set[int]
) -> dict[str, Any]:
    rows = []
    for row in diff.rows[:MAX_DIFF_ROWS]:
        events = (
            list(oracle[row.expected_number].events[:MAX_EVENTS_PER_ROW])
            if oracle and row.expected_number is not None
            else []
        )
        cited.update(events)
        rows.append(_diff_row(row, diff.output.key, events))
    return {
        "columns": [column.name for column in diff.output.columns],
        "key": list(diff.output.key),
        "missing": diff.count(DiffKind.MISSING),
        "unexpected": diff.count(DiffKind.UNEXPECTED),
        "different": diff.count(DiffKind.DIFFERENT),
        "compared": diff.compared,
        "rows": rows,
    }


def _diff_row(row: DiffRow, key: tuple[str, ...], events: list[int]) -> dict[str, Any]:
    either = row.expected if row.expected is not None else row.actual
    return {
        "kind": row.kind,
        "key": {name: show_value((either or {}).get(name)) for name in key},
        "expected": _shown(row.expected),
        "actual": _shown(row.actual),
        "columns": list(row.columns),
        "events": events,
    }


def _shown(row: dict[str, Any] | None) -> dict[str, Any] | None:
    return None if row is None else {k: show_value(v) for k, v in row.items()}


def _events(build: LabBuild, cited: set[int]) -> dict[str, dict[str, Any]]:
    result = {}
    number = 0
    for stage in build.stages:
        for event in stage.events:
            if number in cited:
                result[str(number)] = event_report(number, stage.name, event)
            number += 1
    return result


def event_report(number: int, stage: str, event: Event) -> dict[str, Any]:
    """Return one event under its ``number``."""
    return {
        "number": number,
        "stage": stage,
        "topic": event.topic,
        "key": _text(event.key),
        "value": _value_text(event.value),
        "op": operation_of(event.value),
    }


def _text(data: bytes | None) -> str | None:
    if data is None:
        return None
    return data[:MAX_EVENT_TEXT].decode("utf-8", errors="replace")


def _value_text(value: bytes | None) -> str | None:
    """Return a record's value; a schema in front of the payload is left out.

    Debezium's schema alone is longer than what is shown, so nobody would see the row.
    """
    try:
        message = json.loads(value or b"null")
    except ValueError:
        return _text(value)
    if isinstance(message, dict) and message.keys() == {"schema", "payload"}:
        payload = json.dumps(message["payload"], ensure_ascii=False)
        return f'{{"schema": …, "payload": {payload}}}'[:MAX_EVENT_TEXT]
    return _text(value)


def operation_of(value: bytes | None) -> str | None:
    """Return Debezium's ``op`` of an envelope, with or without its schema wrapper."""
    try:
        message = json.loads(value or b"null")
    except ValueError:
        return None
    if isinstance(message, dict):
        payload = message.get("payload", message)
        if isinstance(payload, dict) and isinstance(payload.get("op"), str):
            return str(payload["op"])
    return None


def _output(outcome: RunOutcome, lab: LabSpec, name: str) -> dict[str, Any]:
    output = lab.outputs[name]
    changelog = read_changelog(outcome.records.get(output.topic, ()), output)
    return {
        **_heading(output, changelog.changes),
        "undecodable": list(changelog.undecodable[:5]),
        "rows": [_change(change) for change in changelog.changes[:MAX_OUTPUT_ROWS]],
    } | _table(changelog)


def _heading(output: Output, changes: Sequence[Change]) -> dict[str, Any]:
    return {
        "topic": output.topic,
        "mode": output.mode,
        "columns": [column.name for column in output.columns],
        "count": len(changes),
        "kinds": dict(Counter(str(change.kind) for change in changes)),
    }


def _change(change: Change) -> dict[str, Any]:
    return {"op": change.kind, "values": _shown(change.row)}


def _table(changelog: Changelog) -> dict[str, Any]:
    """Return what the changes add up to; nothing where each of them only adds a row."""
    if changelog.output.mode == "append":
        return {}
    rows = changelog.fold()
    return {
        "table": [_shown(row) for row in rows[:MAX_OUTPUT_ROWS]],
        "table_count": len(rows),
    }


def _storable(data: Any) -> Any:
    """Return JSON data with every text printable."""
    if isinstance(data, str):
        return printable(data)
    if isinstance(data, dict):
        return {key: _storable(value) for key, value in data.items()}
    if isinstance(data, list | tuple):
        return [_storable(item) for item in data]
    return data
