"""Predict the changelog: four functions to write, reading and writing are done."""

import json
from pathlib import Path


def read(topic):
    """Yield (offset, key, value) of every record, the JSON already parsed.

    A tombstone has the value None; a record without a key has the key None.
    """
    for line in Path(f"/work/in/{topic}.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        key, value = record.get("key"), record.get("value")
        yield (
            record["offset"],
            None if key is None else json.loads(key),
            None if value is None else json.loads(value),
        )


def write(output, rows):
    """Write the rows of one output, each a dict."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    Path(f"/work/out/{output}.jsonl").write_text(text, "utf-8")


def fold_retract(changes):
    """Return the rows that are left of a retract stream without a key.

    changes: (row_kind, row) in order; a row is a dict. Equal rows may occur.
    """
    bag = []
    for kind, row in changes:
        if kind in ("+I", "+U"):
            bag.append(row)
        else:
            bag.remove(row)
    return bag


def fold_upsert(records):
    """Return the last row of every key that is still there.

    records: (key, row) in order; the row is None where the key is deleted.
    """
    latest = {}
    for key, row in records:
        if row is None:
            latest.pop(key, None)
        else:
            latest[key] = row
    return latest.values()


def count_changes(changes):
    """Return the changelog of SELECT queue, COUNT(*) AS tickets ... GROUP BY queue.

    changes: (offset, row_kind, row) in order. The result has dicts with the keys
    caused_by (the offset of the record that caused the change), kind, queue, tickets.
    """
    counts = {}
    before = None
    result = []

    def put_out(offset, kind, queue, tickets):
        result.append(
            {"caused_by": offset, "kind": kind, "queue": queue, "tickets": tickets}
        )

    for offset, kind, row in changes:
        queue, adds = row["queue"], kind in ("+I", "+U")
        if kind == "-U":
            before = queue
            continue
        if kind == "+U" and queue == before:
            continue
        old = counts.get(queue, 0)
        if old == 0 and not adds:
            continue
        new = counts[queue] = old + (1 if adds else -1)
        if old == 0:
            put_out(offset, "+I", queue, new)
        elif new == 0:
            put_out(offset, "-D", queue, old)
        else:
            put_out(offset, "-U", queue, old)
            put_out(offset, "+U", queue, new)
    return result


def predict_mode(source, operators):
    """Return "I", "I,UB,UA", "I,UB,UA,D" or "refused".

    source: "opened" (append) or "tickets" (updates and deletes); operators: their
    names from the source to the end.
    """
    updates = deletes = source == "tickets"
    for operator in operators:
        is_append = not updates
        if operator in ("lag_over_time", "interval_join"):
            if not is_append:
                return "refused"
        elif operator == "window_count":
            updates = deletes = False
        elif operator == "group_count":
            updates, deletes = True, not is_append
        elif operator == "first_by_time":
            updates = deletes = not is_append
        elif operator in ("left_join", "last_by_time", "top_3"):
            updates = deletes = True
    return "I,UB,UA,D" if deletes else "I,UB,UA" if updates else "I"


def split(value):
    """Return (row_kind, row) of a record of a retract stream."""
    row = dict(value)
    return row.pop("row_kind"), row


write("labels_now", fold_retract([split(value) for _, _, value in read("labels")]))
write(
    "agents_now", fold_upsert([(key["agent"], row) for _, key, row in read("agents")])
)
write(
    "queue_changes",
    count_changes([(offset, *split(value)) for offset, _, value in read("tickets")]),
)
modes = [
    {"query": query["query"], "mode": predict_mode(query["source"], query["operators"])}
    for _, _, query in read("queries")
]
write("modes", [row for row in modes if row["mode"]])
