"""Root causes and own lines, from texts as Java and Python print them."""

import pytest

from runner.failures import describe, describe_job, root_cause

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
    assert "ZeroDivisionError" in error.message


@pytest.mark.parametrize("length", [10, 100_000])
def test_long_messages_are_cut_in_the_middle(length: int) -> None:
    error = describe(ValueError("x" * length))
    assert len(error.message) <= 4_100
    assert error.kind == "ValueError"
