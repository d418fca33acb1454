"""Лабораторная «Fold the topic». Что построить, сказано в задании.

Обычный Python: стандартная библиотека, без Flink. Записи топиков лежат в папке in,
результаты пишутся в папку out.
"""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

TOPICS = ("shop.public.orders", "shop.public.reservations")


def read_records(topic: str) -> Iterator[dict[str, Any]]:
    """Отдаёт записи топика в том порядке, в котором их получил consumer.

    Поля записи: partition, offset, key и value. key и value — текст или None.
    """
    with Path(f"in/{topic}.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def write_rows(output: str, rows: Iterable[dict[str, Any]]) -> None:
    """Пишет строки результата: один объект JSON на строку. Decimal станет текстом."""
    with Path(f"out/{output}.jsonl").open("w", encoding="utf-8") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, default=str) + "\n")


# Что есть в топиках. Когда осмотритесь, уберите этот цикл.
for topic in TOPICS:
    for record in list(read_records(topic))[:2]:
        print(topic, record)

# 1. Сложите записи каждого топика в таблицу.

# 2. Сосчитайте события по видам и найдите наибольшее отставание коннектора.

# 3. Запишите четыре результата:
# write_rows("orders", ...)
# write_rows("reservations", ...)
# write_rows("operations", ...)
# write_rows("source_lag", ...)
