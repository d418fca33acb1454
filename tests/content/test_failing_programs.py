"""The failing programs on real Flink: it still says what the explanations are for.

``make test`` runs one program of each way to fail, POTOK_TESTS=all every one. Two run
at a time, one in each slot.
"""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from lab_protocol.messages import RunOutcome
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings
from tests.content.failing_programs import (
    Failing,
    failing_programs,
    said,
    view_of_run,
)
from tests.content.record_said import ask, entry_of

pytestmark = pytest.mark.flink

# One of each way: parser, validator, planner, connector's options, coordinator of a
# source, reader, operator, sink, SQL inside Python, gateway, worker, machine, exit.
SOME = (
    "missing-comma",
    "unknown-column",
    "window-without-end",
    "misspelt-option",
    "topic-unknown",
    "damaged-json",
    "division-by-zero",
    "sink-topic-unknown",
    "py-unknown-column",
    "py-unknown-table",
    "udf-raises",
    "stream-without-output-type",
    "java-heap",
    "py-exit",
    "nothing-executed",
)
CHOSEN = [
    program
    for program in failing_programs()
    if os.environ.get("POTOK_TESTS") == "all" or program.id in SOME
]
Answer = Callable[[Failing], RunOutcome]


@pytest.fixture(scope="module")
def answer(
    request: pytest.FixtureRequest, pool: SlotPool, settings: SandboxSettings
) -> Iterator[Answer]:
    """Run all programs that were selected, ahead of the tests that look at them."""
    selected = [
        item.callspec.params["program"]
        for item in request.session.items
        if item.path == request.path and "program" in getattr(item, "fixturenames", ())
    ]
    with ThreadPoolExecutor(settings.slots) as threads:
        runs: dict[str, Future[RunOutcome]] = {
            program.id: threads.submit(ask, pool, program) for program in selected
        }
        yield lambda program: runs[program.id].result()
        for run in runs.values():
            run.cancel()


@pytest.mark.parametrize("program", CHOSEN, ids=[item.id for item in CHOSEN])
def test_a_failing_program_gets_its_explanation_and_place(
    program: Failing, answer: Answer
):
    entry = entry_of(answer(program))
    assert entry["ending"] == said()[program.id]["ending"], entry
    view = view_of_run(program, entry, "en")
    before = view_of_run(program, said()[program.id], "en")
    assert view is not None, entry
    assert before is not None
    assert view.code == (program.code or ""), entry
    assert view.line == program.line, entry
    # Words only: numbers of ports, threads and seconds differ from run to run.
    assert (view.kind, view.says, view.next_step) == (
        before.kind,
        before.says,
        before.next_step,
    )


def test_the_fixed_choice_is_of_programs_that_there_are():
    assert set(SOME) <= {program.id for program in failing_programs()}
