"""Runs are watched on after their end was decided: no row may have been cut off."""

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from lab_protocol.messages import Ending, EndRule, RunRequest
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings
from tests.sandbox.programs import PLAIN, TUMBLE

pytestmark = pytest.mark.flink

LINGER_SECONDS = 10.0
WHOLE_FAMILY = os.environ.get("POTOK_TESTS") == "all"
# A filter that a student may write by mistake, with the closing rows and without.
WRONG = "INSERT INTO totals SELECT `at`, status, amount FROM orders WHERE amount < 5;\n"
QUIET = PLAIN.replace(";", " WHERE status <> 'closing';")
# Windows of an hour: the last one is never closed by the stream, so nothing more comes.
LONG_WINDOWS = TUMBLE.replace("'1' MINUTE", "'60' MINUTE")
SESSIONS = TUMBLE.replace(
    "TUMBLE(TABLE orders, DESCRIPTOR(`at`), INTERVAL '1' MINUTE)",
    "SESSION(TABLE orders PARTITION BY status, DESCRIPTOR(`at`), INTERVAL '30' SECOND)",
)
SAMPLES = [
    ("quiet", QUIET, EndRule.QUIET),
    ("right", TUMBLE, EndRule.CLOSING_ROWS),
    ("wrong", WRONG, None),
    ("long-windows", LONG_WINDOWS, None),
    ("sessions", SESSIONS, None),
]


@pytest.fixture(scope="module")
def lingering(settings: SandboxSettings) -> Iterator[SlotPool]:
    watched = replace(
        settings,
        slots=1,
        first_uid=settings.first_uid + 60,
        linger_seconds=LINGER_SECONDS,
    )
    with SlotPool(watched) as pool:
        pool.wait_ready(90)
        yield pool


@pytest.mark.parametrize(
    ("program", "rule"),
    [
        pytest.param(program, rule, id=name)
        for name, program, rule in SAMPLES[: None if WHOLE_FAMILY else 2]
    ],
)
def test_no_row_comes_in_ten_seconds_after_the_end(
    lingering: SlotPool,
    make_request: Callable[..., RunRequest],
    program: str,
    rule: EndRule | None,
) -> None:
    request = make_request(program)
    outcome = lingering.run(
        request, on_progress=lambda _: None, is_cancelled=lambda: False
    )
    assert outcome.ending is Ending.COMPLETED
    assert rule is None or outcome.end_rule is rule
    timings = outcome.timings
    assert timings.decided is not None
    assert timings.killed is not None
    assert timings.killed - timings.decided >= LINGER_SECONDS
    # Closing events close each other's windows for ever: their rows are not the lab's.
    late = [
        json.loads(record.value or b"{}")
        for record in outcome.records["totals"]
        if record.stage > len(request.stages)
    ]
    assert [row for row in late if row.get("status") != "closing"] == []
