"""Each way a run can end, by programs that real students write or attack with."""

import json
import os
import threading
from collections.abc import Callable
from dataclasses import replace

import pytest

from lab_protocol.author import LabBuild
from lab_protocol.messages import (
    ClosingRow,
    Ending,
    EndRule,
    Limits,
    Record,
    RunOutcome,
    RunProgress,
    RunRequest,
)
from runner.jobs import CONSUMPTION_SECONDS
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings
from tests.sandbox.programs import (
    DDL_LINES,
    PLAIN,
    PY_BAD_UDF,
    PY_FORKED_UDF,
    PY_STREAM,
    PY_TABLES,
    PY_UDF,
    TUMBLE,
)

pytestmark = pytest.mark.flink
MIB = 1024 * 1024
WHOLE_FAMILY = os.environ.get("POTOK_TESTS") == "all"


def values(outcome: RunOutcome, topic: str = "totals") -> list[dict[str, object]]:
    return [json.loads(row.value or b"null") for row in outcome.records[topic]]


def line_of(program: str, text: str) -> int:
    return program[: program.index(text)].count("\n") + 1


def test_a_right_window_query_ends_by_its_closing_row(run, build: LabBuild) -> None:
    outcome = run(TUMBLE)
    assert outcome.ending is Ending.COMPLETED, outcome
    assert outcome.end_rule is EndRule.CLOSING_ROWS
    rows = {
        (row["window_start"].replace(" ", "T")[:16], row["status"]): row["total"]
        for row in values(outcome)
        if row["status"] != "closing"
    }
    expected = {
        (row.values["window_start"].replace(" ", "T")[:16], row.values["status"]): (
            row.values["total"]
        )
        for row in build.expected["totals"]
    }
    assert rows == expected
    assert outcome.stdout == ""
    # A healthy run has its story in the log, and nothing to warn of.
    assert all(line.startswith("INFO ") for line in outcome.stderr.splitlines())
    assert outcome.peak_memory_bytes > 200 * MIB
    assert 0 < outcome.cpu_seconds < 20


def test_rows_carry_the_stage_after_which_they_came(run) -> None:
    outcome = run(PLAIN)
    stages = {row["status"]: set() for row in values(outcome)}
    for record, row in zip(outcome.records["totals"], values(outcome), strict=True):
        stages[row["status"]].add(record.stage)
    assert stages["late"] == {2}
    assert 3 in stages["closing"]
    assert stages["new"] == {1}


def test_a_box_that_was_not_warmed_up_does_the_same(
    one_slot: SandboxSettings, make_request: Callable[..., RunRequest]
) -> None:
    with SlotPool(one_slot) as pool:
        pool.wait_ready(90)
        outcome = pool.run(
            make_request(PLAIN),
            on_progress=lambda progress: None,
            is_cancelled=lambda: False,
        )
    assert not outcome.warm
    rows = zip(outcome.records["totals"], values(outcome), strict=True)
    stages = {(row["status"], record.stage) for record, row in rows}
    assert stages == {("new", 1), ("paid", 1), ("late", 2), ("closing", 3)}
    # Flink tells of its job; a warning would be of the box, which made this run.
    assert {line.split()[0] for line in outcome.stderr.splitlines()} == {"INFO"}


def test_the_stream_waits_for_a_program_that_begins_late(run_python) -> None:
    insert = f'tables.execute_sql("""{PLAIN.rstrip().rstrip(";")}""").wait()\n'
    pause = f"import time\ntime.sleep({CONSUMPTION_SECONDS + 0.5})\n"
    outcome = run_python(f"{PY_TABLES}\n{pause}{insert}")
    rows = zip(outcome.records["totals"], values(outcome), strict=True)
    stages = {(row["status"], record.stage) for record, row in rows}
    assert ("late", 2) in stages, stages
    assert ("late", 1) not in stages


def test_a_query_that_swallows_the_closing_rows_ends_when_it_is_quiet(run) -> None:
    outcome = run(
        "INSERT INTO totals SELECT `at`, status, amount FROM orders "
        "WHERE status <> 'closing';"
    )
    assert (outcome.ending, outcome.end_rule) == (Ending.COMPLETED, EndRule.QUIET)
    assert len(values(outcome)) == 204


def test_closing_rows_end_a_run_only_when_every_output_has_them(run) -> None:
    both = tuple(
        ClosingRow(topic, "status", "closing") for topic in ("totals", "others")
    )
    outcome = run(PLAIN, outputs=("totals", "others"), closing=both)
    assert (outcome.ending, outcome.end_rule) == (Ending.COMPLETED, EndRule.QUIET)
    assert any(row["status"] == "closing" for row in values(outcome))


def test_a_job_that_finishes_ends_the_run_with_its_program(run) -> None:
    """Nothing more can come, so neither closing rows nor quiet are waited for."""
    outcome = run("INSERT INTO totals VALUES (CAST(NULL AS TIMESTAMP(3)), 'one', 1);")
    assert (outcome.ending, outcome.end_rule) == (Ending.COMPLETED, EndRule.BOX_EXITED)
    assert outcome.detail == ""
    assert [row["status"] for row in values(outcome)] == ["one"]


@pytest.mark.skipif(not WHOLE_FAMILY, reason="waits for each stage; make test-all")
def test_a_job_that_never_reads_the_stream_is_waited_for_and_then_quiet(
    run, build: LabBuild
) -> None:
    outcome = run(
        "CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen',\n"
        " 'rows-per-second' = '1', 'fields.n.min' = '1');\n"
        "INSERT INTO totals SELECT CAST(NULL AS TIMESTAMP(3)), 'tick', n FROM ticks\n"
        "WHERE n < 0;",
        limits=Limits(wall_seconds=40.0),
    )
    assert (outcome.ending, outcome.end_rule) == (Ending.COMPLETED, EndRule.QUIET)
    waited = outcome.timings.decided - outcome.timings.job_sent
    assert waited > CONSUMPTION_SECONDS * (len(build.stages) - 1)
    assert values(outcome) == []


def test_a_script_without_a_job_ends_at_once_and_says_so(run) -> None:
    outcome = run("")
    assert (outcome.ending, outcome.detail) == (Ending.COMPLETED, "no_job")
    assert outcome.end_rule is EndRule.BOX_EXITED
    assert outcome.records == {"totals": ()}
    assert outcome.timings.ended < 10


@pytest.mark.parametrize(
    ("statement", "line", "words"),
    [
        (
            "INSERT INTO totals\nSELECT `at`,\n  statsu, amount FROM orders;",
            3,
            "statsu",
        ),
        (
            "INSERT INTO totals\nSELECT `at` status amount\nFROM FROM orders;",
            2,
            "amount",
        ),
        ("INSERT INTO nowhere SELECT 1;", 1, "nowhere"),
        ("CREATE VIEW v AS SELECT * FROM orders", 1, ""),
    ],
    ids=["unknown-column", "syntax", "unknown-table", "no-error"],
)
def test_wrong_sql_is_told_by_statement_and_line(
    run, statement: str, line: int, words: str
) -> None:
    outcome = run(f"-- a remark; with a semicolon\n{statement}")
    if not words:
        assert outcome.ending is Ending.COMPLETED
        return
    assert outcome.ending is Ending.LEARNER_ERROR
    assert outcome.error is not None
    assert words in outcome.error.message
    assert outcome.error.statement == 3
    assert outcome.error.line == DDL_LINES + 1 + line
    assert outcome.error.file == "job.sql"


def test_a_job_that_fails_while_it_runs_is_told_by_its_root_cause(run) -> None:
    outcome = run(
        "INSERT INTO totals SELECT `at`, status, CAST(status AS INT) FROM orders;"
    )
    assert outcome.ending is Ending.LEARNER_ERROR
    assert outcome.error is not None
    assert outcome.error.kind == "NumberFormatException"
    assert "org.apache.flink" not in outcome.error.message


def test_a_python_traceback_is_cut_to_the_students_own_lines(run_python) -> None:
    program = "import json\n\ndef broken():\n    return json.loads('{')\n\nbroken()\n"
    outcome = run_python(program)
    assert outcome.ending is Ending.LEARNER_ERROR
    assert outcome.error is not None
    assert outcome.error.kind == "JSONDecodeError"
    assert (outcome.error.file, outcome.error.line) == ("job.py", 4)
    assert "runpy" not in outcome.error.trace
    assert "line 6, in <module>" in outcome.error.trace


def test_a_python_syntax_error_names_its_line(run_python) -> None:
    outcome = run_python("a = 1\nb = (\n")
    assert outcome.error is not None
    assert (outcome.error.kind, outcome.error.line) == ("SyntaxError", 2)


def test_a_pyflink_error_names_the_line_that_called(run_python) -> None:
    program = PY_TABLES + "tables.execute_sql('SELECT nothing FROM orders')\n"  # noqa: S608
    outcome = run_python(program)
    assert outcome.ending is Ending.LEARNER_ERROR
    assert outcome.error is not None
    assert "nothing" in outcome.error.message
    assert outcome.error.line == line_of(program, "tables.execute_sql('SELECT")


def test_a_python_function_runs_in_its_own_worker(run_python, build: LabBuild) -> None:
    outcome = run_python(PY_UDF)
    assert outcome.ending is Ending.COMPLETED, outcome
    sent = [json.loads(e.value)["amount"] for s in build.stages for e in s.events]
    assert sorted(row["total"] for row in values(outcome)) == sorted(
        2 * amount for amount in sent
    )


NO_NURSERY = """
import os
import signal
from pathlib import Path

for entry in Path("/proc").glob("[0-9]*"):
    if b"runner.worker_nursery" in (entry / "cmdline").read_bytes():
        os.kill(int(entry.name), signal.SIGKILL)
"""


@pytest.mark.parametrize(("before", "is_forked"), [("", 1), (NO_NURSERY, 0)])
def test_a_python_worker_is_forked_and_starts_by_itself_where_nothing_forks(
    run_python, before: str, is_forked: int
) -> None:
    outcome = run_python(before + PY_FORKED_UDF)
    assert outcome.ending is Ending.COMPLETED, outcome
    assert {row["total"] for row in values(outcome)} == {is_forked}


def test_a_data_stream_program_keeps_state_and_sees_the_stages(run_python) -> None:
    outcome = run_python(PY_STREAM)
    assert outcome.ending is Ending.COMPLETED, outcome
    assert outcome.end_rule is EndRule.CLOSING_ROWS
    last = {row["status"]: row["total"] for row in values(outcome)}
    assert last["late"] == 4
    assert last["new"] + last["paid"] == 200
    stages = zip(outcome.records["totals"], values(outcome), strict=True)
    # Rows wait for their bundle in the Python worker, so they may come a stage later.
    late = {record.stage for record, row in stages if row["status"] == "late"}
    assert late <= {2, 3}


def test_an_error_in_a_python_function_names_its_line(run_python) -> None:
    outcome = run_python(PY_BAD_UDF)
    assert outcome.ending is Ending.LEARNER_ERROR
    assert outcome.error is not None
    assert "ZeroDivisionError" in outcome.error.message + outcome.error.kind
    assert outcome.error.line == line_of(PY_BAD_UDF, "return amount // ")


@pytest.mark.parametrize(
    "program",
    ["while True:\n    pass\n", "import time\nwhile True:\n    time.sleep(1)\n"],
    ids=["busy", "asleep"],
)
def test_an_endless_program_meets_the_time_limit(run_python, program: str) -> None:
    outcome = run_python(program, limits=Limits(wall_seconds=3.0))
    assert (outcome.ending, outcome.detail) == (Ending.TIME_LIMIT, "wall")
    assert outcome.timings.ended < 15


def test_an_endless_job_meets_the_time_limit(run) -> None:
    outcome = run(
        "CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen',\n"
        " 'rows-per-second' = '5');\n"
        "INSERT INTO totals SELECT CAST(NULL AS TIMESTAMP(3)), 'tick', n FROM ticks;",
        limits=Limits(wall_seconds=4.0),
    )
    assert (outcome.ending, outcome.detail) == (Ending.TIME_LIMIT, "wall")
    assert outcome.end_rule is EndRule.STOPPED
    assert len(values(outcome)) > 3


def test_processor_time_is_limited_of_its_own(run_python) -> None:
    outcome = run_python(
        "while True:\n    pass\n", limits=Limits(wall_seconds=20.0, cpu_seconds=2.0)
    )
    assert (outcome.ending, outcome.detail) == (Ending.TIME_LIMIT, "cpu")


@pytest.mark.parametrize(
    ("program", "detail"),
    [
        ("kept = []\nwhile True:\n    kept.append(bytearray(8_000_000))\n", "memory"),
        ("kept = bytearray(8_000_000_000)\n", "heap"),
        (
            "import os, time\nfor _ in range(12):\n    if os.fork() == 0:\n"
            "        kept = bytearray(150_000_000)\n        time.sleep(60)\n"
            "time.sleep(60)\n",
            "memory",
        ),
        (
            "from pyflink.java_gateway import get_gateway\n"
            "gateway = get_gateway()\nkept = gateway.jvm.java.util.ArrayList()\n"
            "while True:\n"
            "    kept.add(gateway.new_array(gateway.jvm.long, 4_000_000))\n",
            "heap",
        ),
    ],
    ids=["hog", "one-block", "many-processes", "java-heap"],
)
def test_too_much_memory_is_an_ending_of_its_own(
    run_python, program: str, detail: str
) -> None:
    outcome = run_python(program)
    assert (outcome.ending, outcome.detail) == (Ending.MEMORY_LIMIT, detail), outcome


def test_too_many_processes_stop_a_run(run_python) -> None:
    outcome = run_python(
        "import os, time\nwhile True:\n    if os.fork() == 0:\n        time.sleep(60)\n"
    )
    assert outcome.ending in (Ending.MEMORY_LIMIT, Ending.LEARNER_ERROR)
    assert outcome.timings.ended < 20


@pytest.mark.parametrize(
    ("program", "detail"),
    [
        ("while True:\n    print('x' * 1000)\n", "stdout"),
        (
            "import os\nfor n in range(10**9):\n"
            "    os.close(os.open(f'/tmp/{n}', os.O_CREAT))\n",
            "files",
        ),
    ],
    ids=["print", "files"],
)
def test_a_flood_from_python_meets_the_output_limit(
    run_python, program: str, detail: str
) -> None:
    outcome = run_python(program)
    assert (outcome.ending, outcome.detail) == (Ending.OUTPUT_LIMIT, detail)
    assert len(outcome.stdout) < 80 * 1024


def test_a_flood_of_rows_meets_the_output_limit(run) -> None:
    outcome = run(
        "CREATE TABLE ticks (n BIGINT) WITH ('connector' = 'datagen',\n"
        " 'rows-per-second' = '1000000');\n"
        "INSERT INTO totals SELECT CAST(NULL AS TIMESTAMP(3)), 'tick', n FROM ticks;",
        limits=Limits(output_rows=500),
    )
    assert (outcome.ending, outcome.detail) == (Ending.OUTPUT_LIMIT, "rows")
    assert len(values(outcome)) == 500


@pytest.mark.parametrize(
    "program",
    [
        "import os\nos._exit(0)\n",
        "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
        "from pyflink.java_gateway import get_gateway\n"
        "get_gateway().jvm.java.lang.System.exit(0)\n",
    ],
    ids=["exit", "kill", "java-exit"],
)
def test_a_program_that_ends_its_environment_is_the_learners(
    run_python, program: str
) -> None:
    outcome = run_python(program)
    assert outcome.ending is Ending.LEARNER_ERROR
    assert outcome.error is not None
    assert outcome.error.kind in ("EnvironmentEnded", "MachineEnded")


def test_rows_written_before_an_exit_are_read(run_python) -> None:
    one_row = "INSERT INTO totals VALUES (CAST(NULL AS TIMESTAMP(3)), 'one', 1)"
    leave = f"import os\ntables.execute_sql({one_row!r}).wait()\nos._exit(0)\n"
    outcome = run_python("\n".join([PY_TABLES, leave]))
    assert [row["status"] for row in values(outcome)] == ["one"]


def test_a_select_shows_its_rows_with_their_kinds(run) -> None:
    outcome = run(
        "SELECT status, COUNT(*) AS n FROM orders GROUP BY status;", closing=()
    )
    assert outcome.ending is Ending.COMPLETED
    assert "+I paid" in outcome.stdout or "+I new" in outcome.stdout
    assert "+U late, 4" in outcome.stdout


def test_rows_are_told_while_the_program_runs(
    pool: SlotPool, make_request: Callable[..., RunRequest]
) -> None:
    told: list[Record] = []
    outcome = pool.run(
        make_request(PLAIN),
        on_progress=lambda progress: told.extend(progress.records.get("totals", ())),
        is_cancelled=lambda: False,
    )
    rows = outcome.records["totals"]
    assert len(rows) == 206
    # Those of the last half second may come with the outcome only.
    assert tuple(told) == rows[: len(told)]
    assert told


def test_a_cancelled_run_ends_at_once(
    pool: SlotPool, make_request: Callable[..., RunRequest]
) -> None:
    begun = threading.Event()

    def note(progress: RunProgress) -> None:
        if progress.phase == "running":
            begun.set()

    outcome = pool.run(
        make_request("INSERT INTO totals SELECT `at`, 'x', amount FROM orders;"),
        on_progress=note,
        is_cancelled=begun.is_set,
    )
    assert (outcome.ending, outcome.end_rule) == (Ending.CANCELLED, EndRule.STOPPED)
    assert outcome.timings.ended < 10


def test_settings_of_the_script_hold(run) -> None:
    outcome = run("SET 'table.exec.resource.default-parallelism' = '2';\n" + PLAIN)
    assert outcome.ending is Ending.COMPLETED
    assert len(values(outcome)) == 206


def test_statement_sets_of_both_spellings_run_as_one_job(run) -> None:
    insert = "INSERT INTO totals SELECT `at`, status, amount FROM orders;\n"
    for text in (
        f"EXECUTE STATEMENT SET\nBEGIN\n{insert}{insert}END;",
        f"BEGIN STATEMENT SET;\n{insert}{insert}END;",
    ):
        outcome = run(text, closing=())
        assert outcome.ending is Ending.COMPLETED, outcome
        assert len(values(outcome)) == 412


def test_limits_of_a_request_are_its_own(run) -> None:
    limits = replace(Limits(), output_bytes=2_000)
    outcome = run(PLAIN, limits=limits)
    assert (outcome.ending, outcome.detail) == (Ending.OUTPUT_LIMIT, "row_bytes")
