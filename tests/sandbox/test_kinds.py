"""Every kind of lab that the engine must be able to run, each by a small program."""

import json
from collections import Counter

import pytest

from lab_protocol.author import LabBuild
from lab_protocol.messages import (
    Ending,
    EndRule,
    JobSetup,
    RunOutcome,
    StateBackend,
)
from tests.sandbox.kinds import EXACTLY_ONCE, PY_STATE_ON_DISK, PY_TIMERS
from tests.sandbox.programs import PLAIN, TUMBLE

pytestmark = pytest.mark.flink


def statuses(outcome: RunOutcome) -> Counter[str]:
    """Count the rows that arrived by status."""
    values = [json.loads(row.value or b"null") for row in outcome.records["totals"]]
    return Counter(value["status"] for value in values)


def windows(outcome: RunOutcome) -> list[tuple[str, str, int]]:
    """Return the rows of the windows, without the closing ones, in a fixed order."""
    values = [json.loads(row.value or b"null") for row in outcome.records["totals"]]
    return sorted(
        (value["window_start"].replace(" ", "T")[:16], value["status"], value["total"])
        for value in values
        if value["status"] != "closing"
    )


def expected_windows(build: LabBuild) -> list[tuple[str, str, int]]:
    rows = [row.values for row in build.expected["totals"]]
    return sorted(
        (row["window_start"].replace(" ", "T")[:16], row["status"], row["total"])
        for row in rows
    )


def test_state_in_rocksdb_and_checkpoints_lie_on_the_boxs_disk(run_python, build):
    outcome = run_python(
        PY_STATE_ON_DISK,
        setup=JobSetup(StateBackend.ROCKSDB, checkpoint_interval_ms=200),
    )
    assert outcome.ending is Ending.COMPLETED, outcome
    assert "rocksdb True checkpoint True" in outcome.stdout
    assert windows(outcome) == expected_windows(build)


def test_a_transactional_sink_shows_only_what_was_committed(run):
    outcome = run(EXACTLY_ONCE, setup=JobSetup(checkpoint_interval_ms=300))
    assert outcome.ending is Ending.COMPLETED, outcome
    assert outcome.end_rule is EndRule.CLOSING_ROWS
    found = statuses(outcome)
    assert found["late"] == 4
    assert found["new"] + found["paid"] == 200


def test_a_transactional_sink_without_checkpoints_shows_nothing(run):
    outcome = run(EXACTLY_ONCE)
    assert outcome.ending is Ending.COMPLETED, outcome
    assert outcome.end_rule is EndRule.QUIET
    assert not outcome.records["totals"]


def test_a_job_killed_after_a_checkpoint_repeats_what_came_after_it(run):
    # Hourly: the only checkpoint is the one that the engine takes before the stage.
    setup = JobSetup(checkpoint_interval_ms=3_600_000, kill_during=("late",))
    outcome = run(PLAIN, setup=setup)
    assert outcome.ending is Ending.COMPLETED, outcome
    found = statuses(outcome)
    assert found["new"] + found["paid"] == 200
    assert found["late"] == 8


def test_a_killed_job_with_a_transactional_sink_repeats_nothing(run):
    setup = JobSetup(checkpoint_interval_ms=300, kill_during=("late",))
    outcome = run(EXACTLY_ONCE, setup=setup)
    assert outcome.ending is Ending.COMPLETED, outcome
    found = statuses(outcome)
    assert found["new"] + found["paid"] == 200
    assert found["late"] == 4


def test_windows_survive_a_killed_job_by_their_checkpoint(run, build):
    setup = JobSetup(
        StateBackend.ROCKSDB, checkpoint_interval_ms=300, kill_during=("late",)
    )
    outcome = run(TUMBLE, setup=setup)
    assert outcome.ending is Ending.COMPLETED, outcome
    assert windows(outcome) == expected_windows(build)


def test_a_killed_job_without_checkpoints_begins_again(run):
    text = "SET 'execution.checkpointing.interval' = '0';\n" + PLAIN
    setup = JobSetup(checkpoint_interval_ms=300, kill_during=("late",))
    outcome = run(text, setup=setup)
    assert outcome.ending is Ending.COMPLETED, outcome
    found = statuses(outcome)
    assert found["new"] + found["paid"] == 400
    assert found["late"] == 8


def test_event_time_timers_of_a_data_stream_fire_in_order(run_python, build):
    outcome = run_python(PY_TIMERS)
    assert outcome.ending is Ending.COMPLETED, outcome
    assert windows(outcome) == expected_windows(build)
