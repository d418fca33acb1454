"""Root causes and own lines, from texts as Java and Python print them."""

import pytest

from runner.failures import describe, describe_job
from runner.places import insert_line, last_call_line, line_in_literal
from runner.traces import root_cause, short_trace

VALIDATION = """\
org.apache.flink.table.api.ValidationException: SQL validation failed. From line 2, \
column 3 to line 2, column 7: Column 'statsu' not found in any table
\tat org.apache.flink.table.planner.calcite.FlinkPlannerImpl.validate(Planner.scala:1)
\t... 3 more
Caused by: org.apache.calcite.runtime.CalciteContextException: From line 2, \
column 3 to \
line 2, column 7: Column 'statsu' not found in any table
\tat java.base/jdk.internal.reflect.Foo.bar(Unknown Source)
Caused by: org.apache.calcite.sql.validate.SqlValidatorException: Column 'statsu' not \
found in any table
\tat java.base/a.b(Unknown Source)
"""

JOB = """\
org.apache.flink.runtime.JobException: Recovery is suppressed by \
NoRestartBackoffTimeStrategy
\tat org.apache.flink.runtime.executiongraph.Foo(Foo.java:1)
Caused by: java.lang.RuntimeException: Error received from SDK harness for instruction \
1: Traceback (most recent call last):
  File "/rt/site/pyflink/fn_execution/table/operations.py", line 112, in process
    return func(value)
  File "/work/job.py", line 14, in double
    return amount // 0
ZeroDivisionError: integer division or modulo by zero

\tat org.apache.beam.Foo(Foo.java:1)
"""


def test_the_innermost_telling_cause_is_named() -> None:
    assert root_cause(VALIDATION) == (
        "SqlValidatorException",
        "Column 'statsu' not found in any table",
    )


def test_a_text_without_java_has_no_root_cause() -> None:
    assert root_cause("ValueError: no") is None


def test_a_position_in_a_statement_is_added_to_the_statements_line() -> None:
    error = describe(RuntimeError(VALIDATION), statement=4, line=20)
    assert (error.statement, error.line) == (4, 21)
    assert "statsu" in error.message


def test_a_statement_without_a_position_is_named_by_its_first_line() -> None:
    error = describe(RuntimeError("java.lang.IllegalStateException: no"), line=20)
    assert (error.kind, error.message, error.line) == (
        "IllegalStateException",
        "no",
        20,
    )


def test_a_failed_python_function_names_the_students_line() -> None:
    error = describe_job(JOB)
    assert (error.file, error.line) == ("job.py", 14)
    assert error.kind == "ZeroDivisionError"
    assert error.message == "integer division or modulo by zero"
    assert error.trace == (
        "Traceback (most recent call last):\n"
        '  File "job.py", line 14, in double\n'
        "    return amount // 0\n"
        "ZeroDivisionError: integer division or modulo by zero"
    )


@pytest.mark.parametrize("length", [10, 100_000])
def test_long_messages_are_cut_in_the_middle(length: int) -> None:
    error = describe(ValueError("x" * length))
    assert len(error.message) <= 4_100
    assert error.kind == "ValueError"


CALLED = """\
An error occurred while calling o31.executeSql.
: org.apache.flink.table.api.ValidationException: Cannot find table 'total'.
\tat org.apache.flink.table.catalog.CatalogManager.get(CatalogManager.java:751)
\tat java.base/java.util.Optional.orElseThrow(Unknown Source)
"""

SCRIPT = """\
-- INSERT INTO totals comes later
CREATE TABLE orders (id BIGINT) WITH ('connector' = 'kafka');
CREATE TABLE totals (id BIGINT) WITH ('connector' = 'kafka');
INSERT INTO totals
SELECT id FROM orders;
INSERT INTO `default_catalog`.`default_database`.`counts`
SELECT id FROM orders;
"""
ONE = "insert-into_default_catalog.default_database.totals"
SET = f"{ONE},insert-into_default_catalog.default_database.counts"


def test_an_exception_without_a_cause_is_found_behind_the_gateways_words() -> None:
    assert root_cause(CALLED) == ("ValidationException", "Cannot find table 'total'.")


def test_a_trace_keeps_the_causes_and_where_the_last_one_arose() -> None:
    assert short_trace(VALIDATION).splitlines() == [
        "org.apache.flink.table.api.ValidationException: SQL validation failed. "
        "From line 2, column 3 to line 2, column 7: Column 'statsu' not found in "
        "any table",
        "Caused by: org.apache.calcite.runtime.CalciteContextException: From line 2, "
        "column 3 to line 2, column 7: Column 'statsu' not found in any table",
        "Caused by: org.apache.calcite.sql.validate.SqlValidatorException: Column "
        "'statsu' not found in any table",
        "    at java.base/a.b(Unknown Source)",
    ]


def test_a_cause_that_is_printed_twice_is_kept_once() -> None:
    assert short_trace(CALLED + "Caused by" + CALLED[47:]).count("Cannot find") == 1


@pytest.mark.parametrize(
    ("job", "task", "line"),
    [
        (ONE, "Source: orders[1] -> Calc[2] (1/1)", 4),
        (SET, "Calc[2] -> counts[3]: Writer -> counts[3]: Committer (1/1)", 6),
        (SET, "Calc[2] -> totals[3]: Writer (1/1)", 4),
        (SET, "Source: orders[1] (1/1)", 2),
        ("collect", "Source: orders[1] -> Sink: Collect table sink (1/1)", 2),
        ("collect", "Calc[2]", None),
        ("insert-into_a.b.gone", "Calc[2]", None),
    ],
)
def test_a_failed_part_of_a_job_is_placed_at_its_statement(
    job: str, task: str, line: int | None
) -> None:
    assert insert_line(SCRIPT, job=job, task=task) == line


PROGRAM = '''\
QUERY = """
SELECT
  statsu
"""
tables.execute_sql("""
    INSERT INTO totals
    SELECT statsu
""").wait()
tables.execute_sql(QUERY)
tables.execute_sql("SELECT 1" + more())
'''


@pytest.mark.parametrize(
    ("line", "relative", "expected"),
    [(5, 3, 7), (5, 2, 6), (9, 3, 3), (10, 1, 10), (5, 99, 8), (2, 1, 2)],
)
def test_a_position_inside_sql_text_is_a_line_of_the_file(
    line: int, relative: int, expected: int
) -> None:
    assert line_in_literal(PROGRAM, line, relative) == expected


@pytest.mark.parametrize("source", ["(", "(" * 5_000, "\0"])
def test_a_text_that_is_no_python_keeps_its_line(source: str) -> None:
    assert line_in_literal(source, 1, 3) == 1


def test_a_job_without_a_place_belongs_to_the_call_that_runs_it() -> None:
    assert last_call_line("a = 1\nenvironment.execute('x')\nb = 2\n") == 2
    assert last_call_line("a = 1\n") is None
