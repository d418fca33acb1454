"""Predict the changelog: напишите четыре функции, чтение и запись уже готовы."""

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
    return []


def fold_upsert(records):
    """Возвращает последнюю строку каждого ключа, который не удалён.

    records: (key, row) по порядку; row равно None, если ключ удалён.
    """
    return []


def count_changes(changes):
    """Возвращает журнал SELECT queue, COUNT(*) AS tickets … GROUP BY queue.

    changes: (offset, row_kind, row) по порядку. Результат — dict с ключами caused_by
    (offset записи, которая вызвала изменение), kind, queue, tickets.
    """
    return []


def predict_mode(source, operators):
    """Возвращает "I", "I,UB,UA", "I,UB,UA,D" или "refused".

    source: "opened" (append) или "tickets" (обновления и удаления); operators: имена
    операторов от источника к концу.
    """
    return ""


def split(value):
    """Возвращает (row_kind, row) записи retract-журнала."""
    row = dict(value)
    return row.pop("row_kind"), row


for name in ("labels", "agents", "tickets", "queries"):
    print(name, *next(read(name)))

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
