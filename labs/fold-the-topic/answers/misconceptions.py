"""What each known mistake puts out on this very stream; only the outputs it changes."""

from collections import Counter
from collections.abc import Callable

from oracle import (
    TABLES,
    Change,
    Outputs,
    apply,
    count_operations,
    counted_rows,
    distinct,
    greatest_lag,
    live_of,
    order_row,
    outputs_of,
    read_changes,
    tables_of,
)

from potok_cdc.stream import Stream


def snapshot_ignored(stream: Stream) -> Outputs:
    """Only c, u, d and t are read."""
    return _of([c for c in read_changes(stream) if c.op != "r"])


def deletes_ignored(stream: Stream) -> Outputs:
    """An event without ``after`` changes no row; it is counted all the same."""
    changes = distinct(read_changes(stream))
    kept = tables_of(c for c in changes if c.op != "d")
    return _tables(outputs_of(kept, changes, live_of(changes)))


def truncate_ignored(stream: Stream) -> Outputs:
    """A truncate is counted and empties nothing."""
    changes = distinct(read_changes(stream))
    kept = tables_of(c for c in changes if c.op != "t")
    return _only(outputs_of(kept, changes, live_of(changes)), "reservations")


def truncate_in_reading_order(stream: Stream) -> Outputs:
    """A truncate empties what has been read before it, and only that."""
    changes = distinct(read_changes(stream))
    tables: dict[str, dict[str, Change]] = {name: {} for name in TABLES}
    newest: dict[tuple[str, str | None], int] = {}
    for change in changes:
        name = (change.table, change.key)
        # A repeated delivery is no new order: the newest change of a key stands.
        if change.lsn >= newest.get(name, 0):
            newest[name] = change.lsn
            apply(tables[change.table], change)
    return _only(outputs_of(tables, changes, live_of(changes)), "reservations")


def wrapper_not_opened(stream: Stream) -> Outputs:
    """What stands in ``payload`` is not looked at."""
    bare = {
        number
        for number, event in enumerate(stream.events)
        if event.value is not None and not event.value.startswith(b'{"schema"')
    }
    return _of([c for c in read_changes(stream) if c.event in bare])


def sign_lost(stream: Stream) -> Outputs:
    """The bytes of an amount are read as a number without a sign."""
    changes = distinct(read_changes(stream))
    made = tables_of(changes)["orders"].values()
    return {"orders": [order_row(change, signed=False) for change in made]}


def repeats_counted(stream: Stream) -> Outputs:
    """Every delivery is one more event."""
    return {"operations": count_operations(read_changes(stream))}


def position_is_identity(stream: Stream) -> Outputs:
    """Of the changes at one position of the log only the first one counts."""
    changes = distinct(read_changes(stream), same=lambda c: (c.table, c.lsn))
    return {"operations": count_operations(changes)}


def tombstones_counted(stream: Stream) -> Outputs:
    """A tombstone is one more deletion, also when it comes again."""
    counts: Counter[tuple[str, str]] = Counter()
    for change in distinct(read_changes(stream)):
        counts[change.table, change.op] += 1
    for event in stream.events:
        if event.value is None:
            counts[event.topic.rsplit(".", 1)[1], "d"] += 1
    return {"operations": counted_rows(counts)}


def ends_of_snapshot_are_live(stream: Stream) -> Outputs:
    """Of the snapshot only rows marked ``true`` are left out."""
    changes = distinct(read_changes(stream))
    return {"source_lag": greatest_lag(c for c in changes if c.marker != "true")}


def restart_in_lag(stream: Stream) -> Outputs:
    """A repeated event counts with the clock of its second reading."""
    return {"source_lag": greatest_lag(live_of(read_changes(stream)))}


def _of(changes: list[Change]) -> Outputs:
    kept = distinct(changes)
    return outputs_of(tables_of(kept), kept, live_of(kept))


def _tables(outputs: Outputs) -> Outputs:
    return _only(outputs, *TABLES)


def _only(outputs: Outputs, *names: str) -> Outputs:
    return {name: outputs[name] for name in names}


MISCONCEPTIONS: dict[str, Callable[[Stream], Outputs]] = {
    "snapshot-ignored": snapshot_ignored,
    "deletes-ignored": deletes_ignored,
    "truncate-ignored": truncate_ignored,
    "truncate-in-reading-order": truncate_in_reading_order,
    "wrapper-not-opened": wrapper_not_opened,
    "sign-lost": sign_lost,
    "repeats-counted": repeats_counted,
    "position-is-identity": position_is_identity,
    "tombstones-counted": tombstones_counted,
    "ends-of-snapshot-are-live": ends_of_snapshot_are_live,
    "restart-in-lag": restart_in_lag,
}
