"""Every kind of lab that the engine must be able to run, each by a small program."""

import json
from collections import Counter

import pytest

from lab_protocol.author import LabBuild
from lab_protocol.messages import (
    CellPhase,
    Ending,
    EndRule,
    JobSetup,
    Language,
    Limits,
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
    outcome = run(PLAIN, setup=JobSetup(kill_during=("late",)))
    assert outcome.ending is Ending.COMPLETED, outcome
    found = statuses(outcome)
    assert found["new"] + found["paid"] == 400
    assert found["late"] == 8


def test_event_time_timers_of_a_data_stream_fire_in_order(run_python, build):
    outcome = run_python(PY_TIMERS)
    assert outcome.ending is Ending.COMPLETED, outcome
    assert windows(outcome) == expected_windows(build)


FOLD = """
import json
from collections import Counter

totals = Counter()
for line in open("/work/in/orders.jsonl", encoding="utf-8"):
    row = json.loads(json.loads(line)["value"])
    totals[row["status"]] += row["amount"]
with open("/work/out/totals.jsonl", "w", encoding="utf-8") as out:
    for status, total in totals.items():
        out.write(json.dumps({"status": status, "total": total}) + "\\n")
print("folded", len(totals))
"""


@pytest.fixture
def run_plain(run):
    def start(program: str, **options: object) -> RunOutcome:
        return run(program, language=Language.PYTHON, **options)

    return start


def test_plain_python_reads_captured_bytes_and_writes_rows(run_plain, build):
    outcome = run_plain(FOLD)
    assert outcome.ending is Ending.COMPLETED, outcome
    assert outcome.stdout == "folded 4\n"
    found = {
        row["status"]: row["total"]
        for row in (json.loads(r.value or b"") for r in outcome.records["totals"])
    }
    expected: Counter[str] = Counter()
    for stage in build.stages:
        for event in stage.events:
            value = json.loads(event.value)
            expected[value["status"]] += value["amount"]
    assert found == expected


def test_plain_python_leaves_the_warm_box_where_it_is(pool, run_plain):
    pool.wait_ready(60, warm=True)
    assert run_plain(FOLD).ending is Ending.COMPLETED
    phases = {slot.phase for slot in pool.health().slots}
    # A slot tells its phase a moment after the outcome.
    assert phases <= {CellPhase.WARM, CellPhase.BUSY}


def test_plain_python_has_no_java_no_packages_and_no_network(run_plain):
    outcome = run_plain(
        "import importlib.util, os, socket\n"
        "print(os.path.exists('/rt/java'), importlib.util.find_spec('pyflink'))\n"
        "for port in (8081, 9092, 9094):\n"
        "    try:\n"
        "        socket.create_connection(('127.0.0.1', port), 0.5)\n"
        "        print('reached', port)\n"
        "    except OSError as error:\n"
        "        print(type(error).__name__)\n"
    )
    assert outcome.stdout.split("\n")[0] == "False None"
    assert "reached" not in outcome.stdout


def test_an_error_in_plain_python_names_its_line(run_plain):
    outcome = run_plain("a = 1\nb = a / 0\n")
    assert outcome.ending is Ending.LEARNER_ERROR
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.line) == ("ZeroDivisionError", 2)


@pytest.mark.parametrize(
    ("program", "ending", "detail"),
    [
        ("while True:\n    pass\n", Ending.TIME_LIMIT, "wall"),
        ("kept = bytearray(8_000_000_000)\n", Ending.MEMORY_LIMIT, "heap"),
        ("while True:\n    print('x' * 1000)\n", Ending.OUTPUT_LIMIT, "stdout"),
        (
            "with open('/work/out/totals.jsonl', 'w') as out:\n"
            "    for n in range(30_000):\n        out.write('{}\\n')\n",
            Ending.OUTPUT_LIMIT,
            "rows",
        ),
        (
            "open('/work/out/totals.jsonl', 'w').write('x' * 40_000_000)\n",
            Ending.OUTPUT_LIMIT,
            "row_bytes",
        ),
        ("import os\nos._exit(0)\n", Ending.LEARNER_ERROR, ""),
    ],
    ids=["time", "memory", "print", "rows", "bytes", "exit"],
)
def test_plain_python_meets_the_same_limits(run_plain, program, ending, detail):
    outcome = run_plain(program, limits=Limits(wall_seconds=2.0))
    assert (outcome.ending, outcome.detail) == (ending, detail), outcome


@pytest.mark.parametrize(
    "program",
    [
        "import os\nos.symlink('/etc/passwd', '/work/out/totals.jsonl')\n",
        "import os\nos.rmdir('/work/out')\nos.symlink('/etc', '/work/out')\n",
        "import os\nopen('/work/a', 'w').write('{}')\n"
        "os.link('/work/a', '/work/out/totals.jsonl')\n",
        "import os\nos.mkdir('/work/out/totals.jsonl')\n",
    ],
    ids=["link", "folder-link", "hard-link", "folder"],
)
def test_an_output_that_is_no_regular_file_is_the_learners_error(run_plain, program):
    outcome = run_plain(program)
    if "'/etc', '/work/out'" in program:
        # /etc/totals.jsonl is not there, nor may the link have been followed.
        assert outcome.records["totals"] == ()
    else:
        assert outcome.ending is Ending.LEARNER_ERROR, outcome
        assert outcome.error is not None
        assert outcome.error.message.startswith("/work/out/totals.jsonl is not")
    assert outcome.records["totals"] == ()


def test_an_explained_plan_shows_the_kinds_of_its_changes(run):
    outcome = run(
        "EXPLAIN CHANGELOG_MODE\n"
        "SELECT status, COUNT(*) AS n FROM orders GROUP BY status;"
    )
    assert outcome.ending is Ending.COMPLETED, outcome
    assert "changelogMode=[I,UA" in outcome.stdout
    assert "GroupAggregate" in outcome.stdout
