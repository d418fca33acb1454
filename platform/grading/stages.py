"""The state of an output after a stage, and the first stage that left it wrong.

A record carries the number of stages that had been produced when it was read. The
next stage waits until the sources have read the one before and a settling time has
passed, so a row nearly always comes in its own stage; one that is read a moment later
is forgiven: a state counts as reached if it stands there by the end of the next stage.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from grading.changelog import Key, Row, RowKind, row_identity, row_key
from grading.compare import TableDiff, compare_tables, tables_equal
from grading.evidence import Evidence

# Folding 100 000 changes after each of five stages took longer than all the checks.
MAX_CHANGES = 10_000


@dataclass(frozen=True, slots=True)
class StagePoint:
    """A stage by its name and number (from 1), and the output it concerns."""

    output: str
    stage: str
    number: int
    stages: int


def rows_after(evidence: Evidence, stage: str) -> list[Row]:
    """Return the output as it stood after ``stage``; see the module for what is late.

    Raises ValueError where the oracle does not say what should stand there.
    """
    number = evidence.stages.index(stage) + 1
    expected = _by_key(evidence.state_after(stage), evidence)
    then = _by_key(evidence.changelog.fold(until_stage=number), evidence)
    candidates = _later(evidence, number)
    result: list[Row] = []
    for key in dict.fromkeys([*expected, *then]):
        wanted, rows = expected.get(key, []), then.get(key, [])
        if not _equal(wanted, rows, evidence):
            rows = next(
                (
                    later
                    for later in candidates.get(key, ())
                    if _equal(wanted, later, evidence)
                ),
                rows,
            )
        result += rows
    return result


def first_wrong(evidence: Evidence, diff: TableDiff) -> StagePoint | None:
    """Return the first stage after which a key that ends wrong was wrong.

    None where the oracle was not asked for its states, and for an output of more
    changes than anybody would look through by stage.
    """
    too_long = len(evidence.changelog.changes) > MAX_CHANGES
    if not evidence.states or diff.is_empty or too_long:
        return None
    keys = {
        row_key(row, evidence.output)
        for item in diff.rows
        for row in (item.expected, item.actual)
        if row is not None
    }
    for number, stage in enumerate(evidence.stages, 1):
        if stage not in evidence.states:
            continue
        found = compare_tables(
            _only(evidence.state_after(stage), keys, evidence),
            _only(rows_after(evidence, stage), keys, evidence),
            evidence.output,
        )
        if not found.is_empty:
            return StagePoint(evidence.name, stage, number, len(evidence.stages))
    last = len(evidence.stages)
    return StagePoint(evidence.name, evidence.stages[-1], last, last)


def _later(evidence: Evidence, number: int) -> dict[Key, list[list[Row]]]:
    """Return the states of each key that changed during the stage after ``number``."""
    log, output = evidence.changelog, evidence.output
    following = [change for change in log.changes if change.stage == number + 1]
    if output.mode == "upsert":
        states: dict[Key, list[list[Row]]] = {}
        for change in following:
            gone = change.kind is RowKind.DELETE
            rows = [] if gone else [change.row]
            states.setdefault(row_key(change.row, output), []).append(rows)
        return states
    if output.mode == "retract":
        end = _by_key(log.fold(until_stage=number + 1), evidence)
        return {key: [rows] for key, rows in end.items()}
    expected = {
        row_identity(row, output)
        for row in evidence.state_after(evidence.stages[number - 1])
    }
    punctual = _by_key(log.fold(until_stage=number), evidence)
    belated = [
        change.row
        for change in following
        if row_identity(change.row, output) in expected
    ]
    return {
        key: [punctual.get(key, []) + rows]
        for key, rows in _by_key(belated, evidence).items()
    }


def _by_key(rows: Iterable[Row], evidence: Evidence) -> dict[Key, list[Row]]:
    result: dict[Key, list[Row]] = {}
    for row in rows:
        result.setdefault(row_key(row, evidence.output), []).append(row)
    return result


def _equal(expected: list[Row], actual: list[Row], evidence: Evidence) -> bool:
    return tables_equal(expected, actual, evidence.output)


def _only(rows: Iterable[Row], keys: set[Key], evidence: Evidence) -> list[Row]:
    return [row for row in rows if row_key(row, evidence.output) in keys]
