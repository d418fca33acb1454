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
    return []


def fold_upsert(records):
    """Return the last row of every key that is still there.

    records: (key, row) in order; the row is None where the key is deleted.
    """
    return []


def count_changes(changes):
    """Return the changelog of SELECT queue, COUNT(*) AS tickets ... GROUP BY queue.

    changes: (offset, row_kind, row) in order. The result has dicts with the keys
    caused_by (the offset of the record that caused the change), kind, queue, tickets.
    """
    return []


def predict_mode(source, operators):
    """Return "I", "I,UB,UA", "I,UB,UA,D" or "refused".

    source: "opened" (append) or "tickets" (updates and deletes); operators: their
    names from the source to the end.
    """
    return ""


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
