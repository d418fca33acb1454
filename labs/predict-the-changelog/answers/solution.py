"""Predict the changelog: готовый ответ."""

import json
from pathlib import Path


def read(topic):
    """Отдаёт (offset, key, value) каждой записи, JSON уже разобран.

    У tombstone value равно None; у записи без ключа key равно None.
    """
    for line in Path(f"in/{topic}.jsonl").read_text("utf-8").splitlines():
        record = json.loads(line)
        key, value = record.get("key"), record.get("value")
        yield (
            record["offset"],
            None if key is None else json.loads(key),
            None if value is None else json.loads(value),
        )


def write(output, rows):
    """Пишет строки одного результата, каждая — dict."""
    text = "".join(json.dumps(row) + "\n" for row in rows)
    Path(f"out/{output}.jsonl").write_text(text, "utf-8")


def fold_retract(changes):
    """Возвращает строки, которые остались от retract-журнала без ключа.

    changes: (row_kind, row) по порядку; row — dict. Бывают одинаковые строки.
    """
    bag = []
    for kind, row in changes:
        if kind in ("+I", "+U"):
            bag.append(row)
        else:
            bag.remove(row)
    return bag


def fold_upsert(records):
    """Возвращает последнюю строку каждого ключа, который не удалён.

    records: (key, row) по порядку; row равно None, если ключ удалён.
    """
    latest = {}
    for key, row in records:
        if row is None:
            latest.pop(key, None)
        else:
            latest[key] = row
    return latest.values()


def count_changes(changes):
    """Возвращает журнал SELECT queue, COUNT(*) AS tickets … GROUP BY queue.

    changes: (offset, row_kind, row) по порядку. Результат — dict с ключами caused_by
    (offset записи, которая вызвала изменение), kind, queue, tickets.
    """
    counts = {}
    result = []

    def put_out(offset, kind, queue, tickets):
        result.append(
            {"caused_by": offset, "kind": kind, "queue": queue, "tickets": tickets}
        )

    for offset, kind, row in changes:
        queue, adds = row["queue"], kind in ("+I", "+U")
        old = counts.get(queue, 0)
        if old == 0 and not adds:
            continue  # у группы, которой нет, вычитать не из чего
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
    """Возвращает "I", "I,UB,UA", "I,UB,UA,D" или "refused".

    source: "opened" (append) или "tickets" (обновления и удаления); operators: имена
    операторов от источника к концу.
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
    """Возвращает (row_kind, row) записи retract-журнала."""
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
