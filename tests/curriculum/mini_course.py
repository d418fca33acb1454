"""A small course without any problem, and ways to break it."""

from pathlib import Path

PNG = (
    b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\6\0\0\0\x1f\x15\xc4\x89"
    b"\0\0\0\nIDATx\x9cc\0\1\0\0\5\0\1\r\n-\xb4\0\0\0\0IEND\xaeB`\x82"
)

SOURCE_RU = """\
---
id: source
title: Источник
description: Как события попадают в Flink.
module: cdc
order: 1
difficulty: beginner
estimatedTime: 20
topics: [Kafka, Debezium]
labs: [first-lab]
aliases: [old-source]
---
Вступление.

## Зачем Flink {#why}

См. [окна](/lessons/windows/#tumble), [задание](/labs/first-lab/) и [ниже](#envelope).

![Схема конвейера](images/pipe.png)

```sql {.run title="Источник"}
SELECT 1;
```

```text {.output}
+I[1]
```

```mermaid
flowchart LR
  accTitle: Конвейер
  accDescr: Источник передаёт события во Flink
  A --> B
```

```question
id: what-is-r
text: Что значит `op` = `r`?
options:
  - text: Строка прочитана снимком.
    correct: true
    why: Снимок читает строки, которые были до connector. См. [выше](#why).
  - text: Строка удалена.
    why: Удаление — `d`.
```

### Конверт события {#envelope}

> [!NOTE]
> Текст.
"""

SOURCE_EN = SOURCE_RU.replace("title: Источник", "title: Source").replace(
    "description: Как события попадают в Flink.", "description: How events get in."
)

WINDOWS_RU = """\
---
id: windows
title: Окна
description: Время и окна.
module: cdc
order: 2
difficulty: intermediate
estimatedTime: 30
prerequisites: [source]
---
## Окно TUMBLE {#tumble}

Назад к [источнику](../01-source/ru.md#why).
"""

WINDOWS_EN = WINDOWS_RU.replace("title: Окна", "title: Windows")

LAB_YAML = """\
id: first-lab
lesson: source
title: {ru: Первое задание, en: First lab}
summary: {ru: Кратко., en: In short.}
minutes: 15
starters:
  - language: sql
    name: job.sql
  - language: pyflink
    name: job.py
streams:
  - topic: orders
    title: {ru: Заказы, en: Orders}
outputs:
  totals:
    topic: totals
    title: {ru: Итоги, en: Totals}
    mode: upsert
    columns:
      - name: status
        type: string
      - name: amount
        type: decimal
    key: [status]
    closing:
      column: status
      value: closing
checks:
  - id: totals-right
    title: {ru: Итоги верны, en: Totals are right}
    kind: rows_equal
    output: totals
    points: 10
    lesson_anchor: envelope
misconceptions:
  - id: forgot-deletes
    check: totals-right
    title: {ru: Удаления забыты, en: Deletes forgotten}
    explanation: {ru: "См. [раздел](/lessons/source/#why).", en: "See `op`."}
    lesson_anchor: why
hints:
  - text: {ru: "Посмотрите на `op`.", en: "Look at `op`."}
"""


def good_course() -> dict[str, str | bytes]:
    """Return the files of a course that has no error and no warning."""
    return {
        "lessons/01-source/ru.md": SOURCE_RU,
        "lessons/01-source/en.md": SOURCE_EN,
        "lessons/01-source/images/pipe.png": PNG,
        "lessons/02-windows/ru.md": WINDOWS_RU,
        "lessons/02-windows/en.md": WINDOWS_EN,
        "labs/_library/potok_cdc/__init__.py": "",
        "labs/first-lab/lab.yaml": LAB_YAML,
        "labs/first-lab/task.ru.md": "## Что построить {#build}\n\nТекст.\n",
        "labs/first-lab/task.en.md": "## What to build {#build}\n\nText.\n",
        "labs/first-lab/stream.py": "",
        "labs/first-lab/given/job.sql": "-- начните здесь\n",
        "labs/first-lab/given/job.py": "# начните здесь\n",
        "labs/first-lab/answers/oracle.py": "",
        "labs/first-lab/answers/misconceptions.py": "",
        "labs/first-lab/answers/solution.sql": "SELECT 1;\n",
        "labs/first-lab/answers/solution.py": "pass\n",
        "labs/first-lab/answers/wrong/forgot-deletes.sql": "SELECT 2;\n",
    }


def write_course(root: Path, files: dict[str, str | bytes]) -> Path:
    """Write ``files`` under ``root`` and return it."""
    for path, content in files.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content.encode() if isinstance(content, str) else content)
    return root


def many_lessons(count: int) -> dict[str, str | bytes]:
    """Return ``count`` lessons of a full lesson's size, each after the one before."""
    section = """
## Раздел {number} {{#part-{number}}}

Текст с `ROW<before, after>` и **важным** словом, ссылка [выше](#part-1). Окно копит
строки, пока watermark не пройдёт его конец; состояние живёт в checkpoint.

| Операция | Что делает |
|---|---|
| `+I` | новая строка |
| `-D` | удалённая строка |

```sql {{.run title="Пример {number}"}}
CREATE TABLE orders_{number} (
  id BIGINT, amount DECIMAL(10, 2), ts TIMESTAMP(3),
  WATERMARK FOR ts AS ts - INTERVAL '5' SECOND
) WITH ('connector' = 'kafka', 'topic' = 'orders', 'format' = 'json');
SELECT status, COUNT(*) FROM orders_{number} GROUP BY status;
```

```text {{.output}}
+I[paid, 1]
-U[paid, 1]
+U[paid, 2]
```

> [!WARNING] Состояние растёт
> Без TTL ключи остаются навсегда.
"""
    files: dict[str, str | bytes] = {}
    for order in range(1, count + 1):
        required = f"[lesson-{order - 1}]" if order > 1 else "[]"
        front = (
            f"---\nid: lesson-{order}\ntitle: Урок {order}\ndescription: Описание.\n"
            f"module: cdc\norder: {order}\ndifficulty: beginner\nestimatedTime: 30\n"
            f"prerequisites: {required}\n---\n"
        )
        body = "".join(section.format(number=number) for number in range(1, 21))
        files[f"lessons/{order:03}-lesson/ru.md"] = front + body
    return files
