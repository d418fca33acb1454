"""What each known mistake puts out on this very stream; only the outputs it changes."""

from collections.abc import Callable
from dataclasses import replace

from oracle import (
    ROW_OPERATIONS,
    Change,
    Outputs,
    after_row,
    count_by_status,
    deleted_row,
    read_changes,
)

from lab_protocol.author import ExpectedRow
from potok_cdc.stream import Stream


def snapshot_ignored(stream: Stream) -> Outputs:
    """Only c and u count as changes."""
    return _view(stream, lambda change: change.op in ("c", "u"))


def updates_ignored(stream: Stream) -> Outputs:
    """An update is taken for something that makes no row."""
    return _view(stream, lambda change: change.op in ("r", "c"))


def damaged_rows_dropped(stream: Stream) -> Outputs:
    """Rows with unreadable fields are filtered out of the view."""
    return _view(
        stream, lambda change: change.op in ROW_OPERATIONS and not change.is_bad
    )


def deletes_from_after(stream: Stream) -> Outputs:
    """The deleted id is read from ``after``: NULL, also for the closing orders."""
    deletes = [c for c in read_changes(stream, closing=True) if c.op == "d"]
    return {
        "deleted_orders": [
            ExpectedRow(
                {
                    "order_id": None,
                    "last_status": None,
                    "deleted_at_ms": change.source_ms,
                }
            )
            for change in deletes
        ]
    }


def connector_clock(stream: Stream) -> Outputs:
    """The time is the connector's ts_ms instead of the database's."""
    changes = [replace(c, source_ms=c.seen_ms) for c in read_changes(stream)]
    return {
        "orders_after": [after_row(c) for c in changes if c.op in ROW_OPERATIONS],
        "deleted_orders": [deleted_row(c) for c in changes if c.op == "d"],
    }


def nullable_counted(stream: Stream) -> Outputs:
    """A coupon that was never set counts as damage."""
    rows = [
        change
        for change in read_changes(stream)
        if change.after and (change.is_bad or change.after["coupon"] is None)
    ]
    return {"bad_rows": count_by_status(rows)}


def one_field_checked(stream: Stream) -> Outputs:
    """Only the amount is looked at, a broken quantity passes."""
    rows = [
        change
        for change in read_changes(stream)
        if change.after and change.after["amount"] is None
    ]
    return {"bad_rows": count_by_status(rows)}


def deletes_counted(stream: Stream) -> Outputs:
    """A delete counts as one more event of the status that the order had."""
    rows = [
        replace(change, after=change.after or change.before)
        for change in read_changes(stream)
    ]
    return {"status_counts": count_by_status(rows)}


def _view(stream: Stream, keep: Callable[[Change], bool]) -> Outputs:
    rows = [change for change in read_changes(stream) if keep(change)]
    return {
        "status_counts": count_by_status(rows),
        "orders_after": [after_row(change) for change in rows],
        "bad_rows": count_by_status(change for change in rows if change.is_bad),
    }


MISCONCEPTIONS: dict[str, Callable[[Stream], Outputs]] = {
    "snapshot-ignored": snapshot_ignored,
    "updates-ignored": updates_ignored,
    "damaged-rows-dropped": damaged_rows_dropped,
    "deletes-from-after": deletes_from_after,
    "connector-clock": connector_clock,
    "nullable-counted": nullable_counted,
    "one-field-checked": one_field_checked,
    "deletes-counted": deletes_counted,
}
