"""The right rows, folded and counted from the records themselves, without Flink.

Modes are not computed: they are what Flink's planner said when it was asked
(``recorded.json``; a test asks it again).
"""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stream import AGENTS, LABELS, QUERIES, TICKETS, read_queries

from lab_protocol.author import ExpectedRow
from potok_cdc.stream import Stream

REFUSED = "refused"

type Outputs = dict[str, list[ExpectedRow]]


@dataclass(frozen=True, slots=True)
class Change:
    """A record of a retract stream: its event, offset in the topic, kind and row."""

    event: int
    offset: int
    kind: str
    row: dict[str, Any]

    @property
    def adds(self) -> bool:
        return self.kind in ("+I", "+U")


@dataclass(frozen=True, slots=True)
class Step:
    """A change of one queue's count; ``aspects`` as checks select by them."""

    change: Change
    kind: str
    queue: str
    tickets: int
    aspects: tuple[str, ...] = ()

    @property
    def expected(self) -> ExpectedRow:
        """The row of ``queue_changes``."""
        return ExpectedRow(
            values={
                "caused_by": self.change.offset,
                "kind": self.kind,
                "queue": self.queue,
                "tickets": self.tickets,
            },
            aspects=self.aspects,
            events=(self.change.event,),
        )


def expected(stream: Stream) -> Outputs:
    """Return the rows of every output."""
    return {
        "labels_now": labels_now(stream),
        "agents_now": agents_now(stream),
        "queue_changes": [step.expected for step in queue_steps(stream)],
        "modes": modes(stream),
    }


def expected_after(stream: Stream, stage: str) -> Outputs:
    """Return the rows that stand there after ``stage``: each topic is one stage."""
    return expected(stream.until(stage))


def read_changes(stream: Stream, topic: str) -> list[Change]:
    """Return the records of a retract stream in topic order."""
    changes = []
    for offset, (event, _, record) in enumerate(stream.numbered(topic)):
        row = json.loads(record.value or b"")
        changes.append(Change(event, offset, row.pop("row_kind"), row))
    return changes


def labels_now(stream: Stream) -> list[ExpectedRow]:
    """Return the bag that is left, equal rows as often as they are there."""
    bag: dict[tuple[str, str], list[Change]] = defaultdict(list)
    for change in read_changes(stream, LABELS):
        rows = bag[change.row["team"], change.row["label"]]
        if change.adds:
            rows.append(change)
        elif rows:  # a part of a stream may take away what it never added
            rows.pop()
    return [
        ExpectedRow(
            values=change.row,
            aspects=("copies",) if len(rows) > 1 else (),
            events=(change.event,),
        )
        for rows in bag.values()
        for change in rows
    ]


def agents_now(stream: Stream, *, skip_tombstones: bool = False) -> list[ExpectedRow]:
    """Return the last row of every agent that is still there."""
    latest: dict[str, ExpectedRow] = {}
    for event, _, record in stream.numbered(AGENTS):
        agent = json.loads(record.key or b"")["agent"]
        if record.value is not None:
            latest[agent] = ExpectedRow(json.loads(record.value), events=(event,))
        elif not skip_tombstones:
            latest.pop(agent, None)
    return list(latest.values())


def queue_steps(stream: Stream) -> Iterator[Step]:
    """Yield what ``SELECT queue, COUNT(*) … GROUP BY queue`` puts out.

    As Flink's operator does: it sees one record at a time, drops a group that is empty,
    and ignores a row that is taken away from a group that is not there.
    """
    counts: dict[str, int] = {}
    changes = read_changes(stream, TICKETS)
    for change, before in zip(changes, [None, *changes], strict=False):
        queue = change.row["queue"]
        old = counts.get(queue, 0)
        if not change.adds and old == 0:
            continue
        new = old + (1 if change.adds else -1)
        aspects = _aspects_of(change, before, changes)
        if new == 0:
            del counts[queue]
            yield Step(change, "-D", queue, old, (*aspects, "vanished"))
            continue
        counts[queue] = new
        if old == 0:
            yield Step(change, "+I", queue, new, aspects)
        else:
            yield Step(change, "-U", queue, old, aspects)
            yield Step(change, "+U", queue, new, aspects)


def queries_of(stream: Stream) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the value of every query."""
    for event, _, record in stream.numbered(QUERIES):
        yield event, json.loads(record.value or b"")


def modes(stream: Stream) -> list[ExpectedRow]:
    """Return the recorded mode of every query of the stream."""
    return [
        mode_row(event, query, recorded(query["source"], query["operators"]))
        for event, query in queries_of(stream)
    ]


def mode_row(event: int, query: dict[str, Any], mode: str) -> ExpectedRow:
    """Return a row of ``modes``, tagged where more than one operator decides."""
    aspects = ("chain",) if len(query["operators"]) > 1 else ("single",)
    values = {"query": query["query"], "mode": mode}
    return ExpectedRow(values, aspects=aspects, events=(event,))


def recorded(source: str, operators: list[str]) -> str:
    """Return what Flink's planner said of this chain."""
    path = Path(__file__).resolve().parent / "recorded.json"
    said: dict[str, str] = json.loads(path.read_text("utf-8"))
    for item in read_queries():
        if (item["source"], item["operators"]) == (source, operators):
            return said[item["query"]]
    raise LookupError(f"{source} {operators} is not recorded")


def _aspects_of(
    change: Change, before: Change | None, changes: list[Change]
) -> tuple[str, ...]:
    """Say whether the change is half of an update, and whether that one moves."""
    if change.kind not in ("-U", "+U"):
        return ()
    # The halves of an update stand side by side.
    other = before if change.kind == "+U" else _after(change, changes)
    moves = other is None or other.row["queue"] != change.row["queue"]
    return ("moved",) if moves else ("same_queue",)


def _after(change: Change, changes: list[Change]) -> Change | None:
    position = change.offset + 1
    return changes[position] if position < len(changes) else None
