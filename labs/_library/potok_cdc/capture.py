"""A database and its connector: snapshot and transactions become change events.

The capture keeps the rows, so ``before`` is what the database really held, and hands
out log positions that only grow. Times are microseconds since the epoch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from lab_protocol.messages import Event
from potok_cdc.envelope import (
    Connector,
    LogPosition,
    Operation,
    event_key,
    event_value,
)
from potok_cdc.headers import Headers, context_headers, new_key, old_key, run_id
from potok_cdc.tables import Table
from potok_cdc.transactions import BlockCounter, message_event

Row = dict[str, Any]


class WorkloadError(ValueError):
    """A change that the database would refuse: a missing row, a duplicate key."""


@dataclass(frozen=True, slots=True)
class Insert:
    """A new row, complete but for nullable columns, which default to NULL."""

    table: str
    row: Row


@dataclass(frozen=True, slots=True)
class Update:
    """New values for the row with primary key ``key``.

    Values that change the key itself make what Debezium makes of it: the old key's
    delete with its tombstone, and a create under the new key.
    """

    table: str
    key: tuple[Any, ...]
    values: Row


@dataclass(frozen=True, slots=True)
class Delete:
    """Removal of the row with primary key ``key``."""

    table: str
    key: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Truncate:
    """Removal of all rows of a table at once.

    One event without a key; Debezium leaves it out unless ``skipped.operations`` is
    set to something else than its default ``t``.
    """

    table: str


@dataclass(frozen=True, slots=True)
class Message:
    """What ``pg_logical_emit_message`` writes into the log: no row, a text of bytes.

    With ``transactional`` it stands in its transaction; else it is read at once, alone,
    with no transaction and the time of the commit before it. Unlike that of a change,
    its log position is where it ends.
    """

    prefix: str
    content: bytes
    transactional: bool = True


Change = Insert | Update | Delete | Truncate | Message


class Capture:
    """One database with one connector that captures ``tables``.

    ``random`` decides the steps between log positions and the last three digits of
    the connector's nanosecond clock, nothing else. ``headers`` are those of the events
    returned so far, in their order; ``context`` is what each record of a table has.
    """

    def __init__(
        self, connector: Connector, tables: Sequence[Table], *, random: Random
    ) -> None:
        self.connector = connector
        self.headers: list[Headers] = []
        self._runs = 0
        self.context: Headers = ()
        self._tables = {table.name: table for table in tables}
        self._rows: dict[str, dict[tuple[Any, ...], Row]] = {
            table.name: {} for table in tables
        }
        self._random = random
        self._lsn = random.randrange(20_000_000, 400_000_000, 8)
        self._tx_id = random.randrange(600, 4_000)
        self._last_commit_lsn: int | None = None
        self._last_commit_us: int | None = None
        self._blocks: BlockCounter | None = None

    def rows(self, table: str) -> list[Row]:
        """Return copies of the rows of ``table`` as they are now, by primary key."""
        return [dict(row) for _, row in sorted(self._rows[table].items())]

    def table(self, name: str) -> Table:
        """Return the definition of the table ``name`` as it is now."""
        return self._tables[name]

    def restart(self, *, at_us: int) -> None:
        """Stop the connector and start it again: its headers name another run."""
        self._runs += 1
        self.context = context_headers(self.connector, run_id(at_us, self._runs))

    def reconfigure(self, connector: Connector) -> None:
        """Go on with other settings, as a connector that was stopped and started."""
        self.connector = connector

    def alter(self, table: Table) -> None:
        """Replace the definition of a table; rows get NULL in new columns."""
        if table.name not in self._tables:
            raise WorkloadError(f"no table {table.name}")
        self._tables[table.name] = table
        for row in self._rows[table.name].values():
            for column in table.columns:
                row.setdefault(column.name, None)

    def snapshot(
        self, rows: dict[str, Sequence[Row]], *, at_us: int, seen_us: int
    ) -> list[Event]:
        """Load ``rows`` into empty tables and return the initial snapshot's events.

        All rows stand at one log position and carry the time of the snapshot, not
        of the rows. ``seen_us`` is when the connector handled the first one; each
        next one follows 90 microseconds later.
        """
        self._tx_id += 1
        self._start(seen_us)
        # An empty table leaves the markers to the others.
        filled = [(name, list(table_rows)) for name, table_rows in rows.items()]
        with_rows = [number for number, (_, some) in enumerate(filled) if some]
        events: list[Event] = []
        for table_number, (name, table_rows) in enumerate(filled):
            for number, given in enumerate(table_rows):
                row = self._add(name, given)
                marker = _snapshot_marker(
                    first_table=table_number == 0,
                    last_table=table_number == with_rows[-1],
                    first_row=number == 0,
                    last_row=number == len(table_rows) - 1,
                )
                position = LogPosition(
                    at_us=at_us, lsn=self._lsn, tx_id=self._tx_id, snapshot=marker
                )
                moment = seen_us + 90 * len(events)
                events.append(
                    self._event(name, Operation.READ, None, row, position, moment)
                )
        self._lsn += 96
        return events

    def transaction(
        self, changes: Sequence[Change], *, at_us: int, seen_us: int
    ) -> list[Event]:
        """Commit ``changes`` and return their events, deletes with their tombstones.

        ``at_us`` is the commit; ``seen_us`` (not before it) is when the connector
        handled the first event. The first change stands where the commit before it
        ended, as it does while nobody else writes to the database's log.
        """
        if seen_us < at_us:
            raise WorkloadError("the connector cannot see a commit before it happens")
        self._start(seen_us)
        if any(_is_at_once(change) for change in changes):
            return self._message_at_once(changes, at_us=at_us, seen_us=seen_us)
        self._tx_id += self._random.randint(1, 3)
        last_commit_lsn = self._last_commit_lsn
        events: list[Event] = []
        if self.connector.transactions:
            self._blocks = BlockCounter(self.connector, tx_id=self._tx_id, at_us=at_us)
            events.append(self._bare(self._blocks.begin(lsn=self._lsn)))
        for number, change in enumerate(changes):
            length = 8 * self._random.randint(6, 60)
            position = LogPosition(
                at_us=at_us,
                lsn=self._lsn + (length if isinstance(change, Message) else 0),
                tx_id=self._tx_id,
                last_commit_lsn=last_commit_lsn,
            )
            events += self._apply(change, position, seen_us + 70 * number)
            self._lsn += length
        self._lsn += 48
        self._last_commit_lsn = self._lsn
        self._last_commit_us = at_us
        if self._blocks is not None:
            events.append(self._bare(self._blocks.end(lsn=self._lsn)))
            self._blocks = None
        return events

    def _apply(self, change: Change, position: LogPosition, moment: int) -> list[Event]:
        if isinstance(change, Message):
            return self._message(change, position, moment)
        name = change.table
        if isinstance(change, Insert):
            row = self._add(name, change.row)
            return [self._event(name, Operation.CREATE, None, row, position, moment)]
        held = self._rows[name]
        if isinstance(change, Truncate):
            held.clear()
            return [self._event(name, Operation.TRUNCATE, None, None, position, moment)]
        if change.key not in held:
            raise WorkloadError(f"{name} has no row with key {change.key}")
        before = held[change.key]
        if isinstance(change, Delete):
            return self._remove(name, change.key, position, moment)
        after = before | change.values
        changed_key = self._tables[name].key_of(after)
        if changed_key != change.key:
            if changed_key in held:
                raise WorkloadError(f"{name} has a row with key {changed_key} already")
            table = self._tables[name]
            to_new = new_key(self.connector, table, after)
            removed = self._remove(name, change.key, position, moment, to_new)
            held[changed_key] = after
            from_old = old_key(self.connector, table, before)
            created = self._event(
                name, Operation.CREATE, None, after, position, moment + 35, from_old
            )
            return [*removed, created]
        held[change.key] = after
        return [self._event(name, Operation.UPDATE, before, after, position, moment)]

    def _message(
        self, change: Message, position: LogPosition, moment: int
    ) -> list[Event]:
        if change.prefix in self.connector.messages_left_out:
            return []
        if self.connector.transactions:
            # In END Debezium counts messages under the address of a Java object.
            raise WorkloadError("messages and transaction metadata do not go together")
        seen_ns = moment * 1_000 + self._random.randrange(1_000)
        event = message_event(
            self.connector,
            change.prefix,
            change.content,
            position=position,
            seen_ns=seen_ns,
        )
        return [self._bare(event)]

    def _message_at_once(
        self, changes: Sequence[Change], *, at_us: int, seen_us: int
    ) -> list[Event]:
        if len(changes) != 1 or not isinstance(changes[0], Message):
            raise WorkloadError("a message outside of transactions stands alone")
        self._lsn += 8 * self._random.randint(6, 60)
        # Read like a commit: from here on the last one ended where it ends.
        self._last_commit_lsn = self._lsn
        before = self._last_commit_us
        position = LogPosition(
            at_us=at_us if before is None else before,
            lsn=self._lsn,
            tx_id=None,
            last_commit_lsn=self._last_commit_lsn,
        )
        return self._message(changes[0], position, seen_us)

    def _start(self, at_us: int) -> None:
        if not self._runs:
            self.restart(at_us=at_us)

    def _bare(self, event: Event) -> Event:
        """Note that an event has no headers."""
        self.headers.append(())
        return event

    def _remove(
        self,
        name: str,
        key: tuple[Any, ...],
        position: LogPosition,
        moment: int,
        headers: Headers = (),
    ) -> list[Event]:
        """Delete a row; return the event and the tombstone that follows it."""
        before = self._rows[name].pop(key)
        event = self._event(
            name, Operation.DELETE, before, None, position, moment, headers
        )
        self.headers.append(self.headers[-1])
        return [event, Event(topic=event.topic, key=event.key, value=None)]

    def _add(self, name: str, given: Row) -> Row:
        table = self._tables[name]
        nulls = {column.name: None for column in table.columns if column.nullable}
        row = nulls | given
        if {column.name for column in table.columns} != set(row):
            raise WorkloadError(f"{name}: columns do not match {sorted(given)}")
        key = table.key_of(row)
        if key in self._rows[name]:
            raise WorkloadError(f"{name} has a row with key {key} already")
        self._rows[name][key] = row
        return row

    def _event(
        self,
        name: str,
        operation: Operation,
        before: Row | None,
        after: Row | None,
        position: LogPosition,
        moment: int,
        headers: Headers = (),
    ) -> Event:
        table = self._tables[name]
        self.headers.append(headers + self.context)
        row = after if after is not None else before
        return Event(
            topic=self.connector.topic_of(table),
            key=None if row is None else event_key(self.connector, table, row),
            value=event_value(
                self.connector,
                table,
                operation=operation,
                before=before,
                after=after,
                position=position,
                seen_ns=moment * 1_000 + self._random.randrange(1_000),
                block=(
                    None
                    if self._blocks is None
                    else self._blocks.next(table, lsn=position.lsn)
                ),
            ),
        )


def _is_at_once(change: Change) -> bool:
    return isinstance(change, Message) and not change.transactional


def _snapshot_marker(
    *, first_table: bool, last_table: bool, first_row: bool, last_row: bool
) -> str:
    if last_table and last_row:
        return "last"
    if first_table and first_row:
        return "first"
    if last_row:
        return "last_in_data_collection"
    if first_row:
        return "first_in_data_collection"
    return "true"
