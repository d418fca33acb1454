"""What each known mistake would put out on this very stream."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator

from oracle import (
    REFUSED,
    Change,
    Outputs,
    Step,
    agents_now,
    mode_row,
    queries_of,
    queue_steps,
    read_changes,
    recorded,
)
from stream import LABELS, TICKETS

from lab_protocol.author import ExpectedRow
from potok_cdc.stream import Stream


def update_before_ignored(stream: Stream) -> Outputs:
    """Only -D takes a row away, so the old half of every update stays."""
    bag: Counter[tuple[str, str]] = Counter()
    for change in read_changes(stream, LABELS):
        row = change.row["team"], change.row["label"]
        if change.adds:
            bag[row] += 1
        elif change.kind == "-D" and bag[row]:
            bag[row] -= 1
    return {"labels_now": _labels(bag.elements())}


def bag_as_dictionary(stream: Stream) -> Outputs:
    """Equal rows are one row, and the first to be taken away takes them all."""
    rows: dict[tuple[str, str], None] = {}
    for change in read_changes(stream, LABELS):
        row = change.row["team"], change.row["label"]
        if change.adds:
            rows[row] = None
        else:
            rows.pop(row, None)
    return {"labels_now": _labels(rows)}


def tombstones_skipped(stream: Stream) -> Outputs:
    """A record without a value says nothing, so nobody ever leaves."""
    return {"agents_now": agents_now(stream, skip_tombstones=True)}


def zero_kept(stream: Stream) -> Outputs:
    """An empty queue is a row with zero instead of no row."""

    def steps() -> Iterator[Step]:
        counts: dict[str, int] = {}
        for change in read_changes(stream, TICKETS):
            queue = change.row["queue"]
            if queue not in counts:
                if change.adds:
                    counts[queue] = 1
                    yield Step(change, "+I", queue, 1)
                continue
            old = counts[queue]
            if not change.adds and old == 0:
                continue
            counts[queue] = old + (1 if change.adds else -1)
            yield Step(change, "-U", queue, old)
            yield Step(change, "+U", queue, counts[queue])

    return _queue_changes(steps())


def key_change_forgotten(stream: Stream) -> Outputs:
    """A moved ticket is added to its new queue and never leaves the old one."""

    def steps() -> Iterator[Step]:
        counts: dict[str, int] = {}
        left = ""
        for change in read_changes(stream, TICKETS):
            queue = change.row["queue"]
            if change.kind == "-U":
                left = queue
                continue
            if change.kind == "+U" and queue == left:
                continue
            old = counts.get(queue, 0)
            if not change.adds and old == 0:
                continue
            new = counts[queue] = old + (1 if change.adds else -1)
            yield from _count_steps(change, old, new)

    return _queue_changes(steps())


def same_queue_skipped(stream: Stream) -> Outputs:
    """An update that leaves a ticket in its queue puts nothing out."""
    steps = (step for step in queue_steps(stream) if "same_queue" not in step.aspects)
    return _queue_changes(steps)


def unseen_row_counted(stream: Stream) -> Outputs:
    """A row that goes away before anybody has seen it makes a count of minus one."""

    def steps() -> Iterator[Step]:
        counts: dict[str, int] = {}
        for change in read_changes(stream, TICKETS):
            queue = change.row["queue"]
            old = counts.get(queue, 0)
            new = counts[queue] = old + (1 if change.adds else -1)
            yield from _count_steps(change, old, new)

    return _queue_changes(steps())


def last_operator_only(stream: Stream) -> Outputs:
    """The last operator alone is looked at, as if it stood over the source."""
    rows = []
    for event, query in queries_of(stream):
        mode = recorded(query["source"], query["operators"][-1:])
        rows.append(mode_row(event, query, mode))
    return {"modes": rows}


def never_refused(stream: Stream) -> Outputs:
    """Every operator takes updates: what Flink refuses is said to be updating."""
    rows = []
    for event, query in queries_of(stream):
        mode = recorded(query["source"], query["operators"])
        rows.append(mode_row(event, query, "I,UB,UA,D" if mode == REFUSED else mode))
    return {"modes": rows}


def _count_steps(change: Change, old: int, new: int) -> Iterator[Step]:
    queue = change.row["queue"]
    if old == 0:
        yield Step(change, "+I", queue, new)
    elif new == 0:
        yield Step(change, "-D", queue, old)
    else:
        yield Step(change, "-U", queue, old)
        yield Step(change, "+U", queue, new)


def _labels(rows: Iterable[tuple[str, str]]) -> list[ExpectedRow]:
    return [ExpectedRow({"team": team, "label": label}) for team, label in rows]


def _queue_changes(steps: Iterator[Step]) -> Outputs:
    return {"queue_changes": [step.expected for step in steps]}


MISCONCEPTIONS: dict[str, Callable[[Stream], Outputs]] = {
    "update-before-ignored": update_before_ignored,
    "bag-as-dictionary": bag_as_dictionary,
    "tombstones-skipped": tombstones_skipped,
    "zero-kept": zero_kept,
    "key-change-forgotten": key_change_forgotten,
    "same-queue-skipped": same_queue_skipped,
    "unseen-row-counted": unseen_row_counted,
    "last-operator-only": last_operator_only,
    "never-refused": never_refused,
}
