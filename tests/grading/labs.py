"""A small lab for the units of grading: one append output, one upsert output."""

import json
from typing import Any

from curriculum.specs import LabSpec
from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.messages import Ending, EndRule, Event, Record, RunOutcome, Stage

SPEC = {
    "id": "small-lab",
    "lesson": "small-lesson",
    "title": {"ru": "Малая работа"},
    "summary": {"ru": "Для тестов"},
    "minutes": 5,
    "starters": [{"language": "sql", "name": "job.sql"}],
    "streams": [{"topic": "orders", "title": {"ru": "Заказы"}}],
    "outputs": {
        "windows": {
            "topic": "out.windows",
            "title": {"ru": "Окна"},
            "mode": "append",
            "columns": [
                {"name": "window_start", "type": "timestamp"},
                {"name": "status", "type": "string"},
                {"name": "revenue", "type": "decimal"},
            ],
            "key": ["window_start", "status"],
            "closing": {"column": "status", "value": "__end__"},
        },
        "counts": {
            "topic": "out.counts",
            "title": {"ru": "Счётчики"},
            "mode": "upsert",
            "columns": [
                {"name": "status", "type": "string", "source": "key"},
                {"name": "n", "type": "bigint"},
            ],
            "key": ["status"],
        },
    },
    "checks": [
        {
            "id": "windows-right",
            "title": {"ru": "Окна верны"},
            "kind": "rows_equal",
            "output": "windows",
            "points": 40,
        },
        {
            "id": "late-rows",
            "title": {"ru": "Опоздавшие отброшены"},
            "kind": "rows_equal",
            "output": "windows",
            "aspect": "late",
            "points": 20,
        },
        {
            "id": "only-appended",
            "title": {"ru": "Только добавления"},
            "kind": "append_only",
            "output": "windows",
            "points": 10,
        },
        {
            "id": "counts-right",
            "title": {"ru": "Счётчики верны"},
            "kind": "rows_equal",
            "output": "counts",
            "points": 30,
        },
    ],
    "misconceptions": [
        {
            "id": "late-counted",
            "check": "late-rows",
            "title": {"ru": "Опоздавшие посчитаны"},
            "explanation": {"ru": "Окно уже закрыто."},
        }
    ],
}

LAB = LabSpec.model_validate(SPEC)
FIRST = "2026-01-01 10:00:00.000"
SECOND = "2026-01-01 10:01:00.000"


def window(start: str, status: str, revenue: Any) -> dict[str, Any]:
    return {"window_start": start, "status": status, "revenue": revenue}


EXPECTED_WINDOWS = (
    ExpectedRow(window(FIRST, "paid", "10.50"), ("late",), (1, 0)),
    ExpectedRow(window(SECOND, "paid", "4.00"), (), (2,)),
)
EXPECTED_COUNTS = (ExpectedRow({"status": "paid", "n": 3}, (), (2,)),)
BUILD = LabBuild(
    stages=(
        Stage(
            "live",
            (
                Event("orders", b'{"id":1}', b'{"payload":{"op":"c"}}'),
                Event("orders", b'{"id":2}', b'{"op":"u"}'),
                Event("orders", b'{"id":3}', None),
            ),
        ),
    ),
    expected={"windows": EXPECTED_WINDOWS, "counts": EXPECTED_COUNTS},
    misconceptions={
        "late-counted": {
            "windows": (
                ExpectedRow(window(FIRST, "paid", "99.50")),
                ExpectedRow(window(SECOND, "paid", "4.00")),
            )
        }
    },
)


def record(value: Any, key: Any = None, *, offset: int = 0, stage: int = 1) -> Record:
    """Return a record; ``value`` and ``key`` are JSON data, raw bytes or None."""
    return Record(0, offset, 0, _bytes(key), _bytes(value), stage)


def outcome(
    windows: list[Record] | None = None,
    counts: list[Record] | None = None,
    ending: Ending = Ending.COMPLETED,
) -> RunOutcome:
    """Return an outcome with the right rows unless told otherwise."""
    if windows is None:
        windows = [
            record(window(FIRST, "paid", 10.50)),
            record(window(SECOND, "paid", 4.00)),
            record(window(SECOND, "__end__", 0)),
        ]
    if counts is None:
        counts = [
            record({"n": 1}, {"status": "paid"}),
            record({"n": 9}, {"status": "gone"}),
            record(None, {"status": "gone"}),
            record({"n": 3}, {"status": "paid"}),
        ]
    return RunOutcome(
        run_id="r",
        ending=ending,
        end_rule=EndRule.CLOSING_ROWS,
        records={"out.windows": tuple(windows), "out.counts": tuple(counts)},
    )


def _bytes(data: Any) -> bytes | None:
    if data is None or isinstance(data, bytes):
        return data
    return json.dumps(data).encode()
