"""Whether a run on a part of the stream shows a mistake, and what is told of the part.

A mistake is a failed check of a verdict and, where one was named, the known mistake
whose predicted rows came. Both are looked for on every part anew, by the oracle's and
the mistake's own account of that part.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from curriculum.specs import LabSpec
from grading.grader import grade, is_output_of
from grading.report import (
    MAX_EVENT_TEXT,
    VERSION,
    diff_report,
    event_report,
    shown_rows,
)
from grading.verdict import CheckResult, SummaryCode
from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, Event, RunOutcome

# Beyond that many nobody would look them through; the count is told.
MAX_EVENTS = 40
MAX_ROWS = 40
# How many events before the one that made the difference are tried with it.
BEFORE_IT = (0, 12, 60)


class SearchCode(StrEnum):
    """How a search ended."""

    FOUND = "smallest-found"
    NOT_SHOWN = "smallest-not-shown"
    UNPROVEN = "smallest-unproven"


@dataclass(frozen=True, slots=True)
class Mistake:
    """What must show: one of ``checks`` fails, and ``misconception``'s rows came."""

    checks: tuple[str, ...]
    misconception: str | None = None


@dataclass(frozen=True, slots=True)
class Shown:
    """A mistake on one build: the check that fails and what the program put out."""

    check: CheckResult
    build: LabBuild
    outcome: RunOutcome


def mistake_in(report: dict[str, Any], lab: LabSpec) -> Mistake | None:
    """Return the mistake that a stored verdict tells of; None where there is none.

    Only differing rows can be made fewer: an error, a limit, an empty output and a
    variation of a right answer have no smallest stream.
    """
    if report.get("summary", {}).get("code") != SummaryCode.ROWS_DIFFER:
        return None
    known = {check.id for check in lab.checks}
    failed = [
        check["id"]
        for check in report["checks"]
        if not check["passed"] and check["id"] in known
    ]
    if not failed:
        return None
    name = report.get("misconception")
    spec = next((item for item in lab.misconceptions if item.id == name), None)
    if spec is None:
        return Mistake(tuple(failed))
    # The check that the mistake is about says most of it.
    failed.sort(key=lambda check: check != spec.check)
    return Mistake(tuple(failed), spec.id)


def find_mistake(
    mistake: Mistake, *, lab: LabSpec, build: LabBuild, outcome: RunOutcome
) -> Shown | None:
    """Return the first of the mistake's checks that fails on ``outcome``, or None.

    None too for a run that did not complete, and where a mistake was named and
    something else came.
    """
    if outcome.ending is not Ending.COMPLETED:
        return None
    if mistake.misconception is not None and not is_output_of(
        mistake.misconception, lab=lab, build=build, outcome=outcome
    ):
        return None
    verdict = grade(lab=lab, build=build, outcome=outcome)
    results = {result.check_id: result for result in verdict.checks}
    for name in mistake.checks:
        if not results[name].passed:
            return Shown(results[name], build, outcome)
    return None


def wrong_rows(shown: Shown) -> list[str]:
    """Return the rows that differ, each as one text; none for a check without rows."""
    if shown.check.diff is None:
        return []
    return [
        json.dumps([row[side] for side in ("kind", "expected", "actual")])
        for row in diff_report(shown.check.diff, ())["rows"]
    ]


def shows_more(shown: Shown, beside: Iterable[str]) -> bool:
    """Say whether more is wrong than ``beside``, what closing events alone get wrong.

    A program that takes a deleted row's key from ``after`` does so with the closing
    deletion too: a stream of nothing else would show the mistake and teach nothing.
    """
    known = list(beside)
    return not known or bool(Counter(wrong_rows(shown)) - Counter(known))


def suspects(shown: Shown) -> list[list[int]]:
    """Return sets of events that may be enough, the most telling first.

    Where the mistake parted from the oracle, alone and with what came shortly before (a
    late event needs one that has moved the watermark). Then what the oracle names for
    the first rows that differ: the last of a row's events alone, then all of them.
    """
    result: list[list[int]] = []
    if shown.build.divergence is not None:
        event = shown.build.divergence.event
        result += [
            list(range(max(0, event - before), event + 1)) for before in BEFORE_IT
        ]
    oracle = shown.build.expected.get(shown.check.output, ())
    if shown.check.diff is None or not shown.check.numbered:
        return result
    for row in shown.check.diff.rows[:2]:
        if row.expected_number is not None:
            events = list(oracle[row.expected_number].events)
            result += [events[-1:], events] if len(events) > 1 else [events]
    return [events for events in result if events]


def part_report(
    shown: Shown,
    *,
    lab: LabSpec,
    kept: Sequence[int],
    movable: frozenset[int],
    beside: Iterable[str] = (),
) -> dict[str, Any]:
    """Return what a page tells of a part of the stream: events, rows, the check.

    ``kept`` are the numbers that the part's events have in the whole stream, in order;
    ``movable`` those that are no closing events. The program's rows are told without
    those of ``beside``, which the closing events alone bring about.
    """
    check, build = shown.check, shown.build
    output = lab.outputs[check.output]
    oracle = build.expected[check.output] if check.numbered else ()
    staged = [(stage.name, event) for stage in build.stages for event in stage.events]
    left = [
        event_report(number, stage, event) | _rows_of(event)
        for number, (stage, event) in zip(kept, staged, strict=True)
        if number in movable
    ]
    expected, actual = shown_rows(build, shown.outcome, lab, check.output)
    actual, hidden = _without(actual, beside)
    diff = None if check.diff is None else diff_report(check.diff, oracle)
    return {
        "check": check.check_id,
        "check_code": check.code,
        "check_rows": check.rows,
        "output": check.output,
        "columns": [column.name for column in output.columns],
        "key": list(output.key),
        "left": len(left),
        "events": left[:MAX_EVENTS],
        "diff": diff,
        "expected_count": len(expected),
        "actual_count": len(actual),
        "closing_rows": hidden,
        "expected": expected[:MAX_ROWS],
        "actual": actual[:MAX_ROWS],
    }


def _without(
    rows: list[dict[str, Any] | None], beside: Iterable[str]
) -> tuple[list[dict[str, Any] | None], int]:
    """Return ``rows`` without the program's of ``beside``, and how many those are."""
    gone = Counter(json.dumps(json.loads(text)[2]) for text in beside)
    left = []
    for row in rows:
        text = json.dumps(row)
        if gone[text]:
            gone[text] -= 1
        else:
            left.append(row)
    return left, len(rows) - len(left)


def _rows_of(event: Event) -> dict[str, str | None]:
    """Return an envelope's rows before and after as text; None where there is none."""
    try:
        message = json.loads(event.value or b"null")
    except ValueError:
        message = None
    payload = message.get("payload", message) if isinstance(message, dict) else None
    rows = payload if isinstance(payload, dict) else {}
    return {
        side: json.dumps(rows[side], ensure_ascii=False)[:MAX_EVENT_TEXT]
        if isinstance(rows.get(side), dict)
        else None
        for side in ("before", "after")
    }


def search_report(
    code: SearchCode,
    *,
    mistake: Mistake,
    total: int,
    runs: int,
    is_minimal: bool = False,
    part: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the report of a search that has ended.

    ``total`` counts the stream's events without closing ones, ``runs`` the program's
    runs; ``is_minimal`` is false where the search stopped at its limit.
    """
    return {
        "version": VERSION,
        "summary": {"code": code, "params": {}},
        "misconception": mistake.misconception,
        "total": total,
        "runs": runs,
        "is_minimal": is_minimal,
        "part": part,
    }
