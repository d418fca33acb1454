"""What each known mistake puts out on this very stream; only the outputs it changes."""

from collections.abc import Callable

from oracle import (
    BOUND,
    HOP_SIZE,
    MINUTE,
    SECOND,
    Outputs,
    average_rows,
    expected,
    prices,
    read_orders,
    read_versions,
    session_rows,
    sliding,
    windows,
)

from potok_cdc.stream import Stream


def no_bound(stream: Stream) -> Outputs:
    """The watermark follows the greatest time itself: small delays are dropped."""
    return windows(read_orders(stream), bound=0)


def late_rows_counted(stream: Stream) -> Outputs:
    """The bound is 15 minutes: nothing is ever late, and every window waits."""
    return windows(read_orders(stream), bound=15 * MINUTE)


def commit_time(stream: Stream) -> Outputs:
    """Event time is the database's commit, not the customer's order."""
    orders = read_orders(stream, lambda envelope: envelope["source"]["ts_ms"])
    return {
        **windows(orders, bound=BOUND),
        "order_prices": prices(orders, read_versions(stream)),
    }


def snapshot_ignored(stream: Stream) -> Outputs:
    """Only op = c counts; orders of the snapshot are missing everywhere."""
    orders = [order for order in read_orders(stream) if order.op == "c"]
    return {
        **windows(orders, bound=BOUND),
        "order_prices": prices(orders, read_versions(stream)),
    }


def tumble_for_session(stream: Stream) -> Outputs:
    """Fixed half minutes take the place of sessions."""
    half = 30 * SECOND
    group = sliding(read_orders(stream), "customer", size=half, slide=half, bound=BOUND)
    return {"customer_sessions": session_rows(group)}


def hop_without_overlap(stream: Stream) -> Outputs:
    """The window slides by its whole size: one row in five minutes."""
    group = sliding(
        read_orders(stream), "channel", size=HOP_SIZE, slide=HOP_SIZE, bound=BOUND
    )
    return {"channel_averages": average_rows(group)}


def inner_join(stream: Stream) -> Outputs:
    """Orders without a valid price disappear."""
    rows = expected(stream)["order_prices"]
    return {"order_prices": [row for row in rows if row.values["unit_price"]]}


def connector_clock(stream: Stream) -> Outputs:
    """A price counts from when the connector saw it."""
    versions = read_versions(stream, lambda envelope: envelope["ts_ms"])
    return {"order_prices": prices(read_orders(stream), versions)}


MISCONCEPTIONS: dict[str, Callable[[Stream], Outputs]] = {
    "no-bound": no_bound,
    "late-rows-counted": late_rows_counted,
    "commit-time": commit_time,
    "snapshot-ignored": snapshot_ignored,
    "tumble-for-session": tumble_for_session,
    "hop-without-overlap": hop_without_overlap,
    "inner-join": inner_join,
    "connector-clock": connector_clock,
}
