"""Ways to break the small course, each with the rule, file and line to be told.

Over 400 lines: one list, which a test holds against all rules that there are.
"""

from collections.abc import Callable
from dataclasses import dataclass

from curriculum.problems import Severity

RU = "lessons/01-source/ru.md"
EN = "lessons/01-source/en.md"
WINDOWS = "lessons/02-windows/ru.md"
LAB = "labs/first-lab/lab.yaml"
VARIATION = """variations:
  - id: totals-right
    kind: shuffle
    title: {ru: Иной порядок, en: Another order}
    points: 5
"""
TASK = "labs/first-lab/task.ru.md"

type Files = dict[str, str | bytes]


@dataclass(frozen=True)
class Case:
    """Break a course and expect one rule at ``file``, on the line that has ``at``."""

    rule: str
    breaks: Callable[[Files], object]
    file: str
    at: str | None = None
    severity: Severity = Severity.ERROR
    says: str = ""


def swap(path: str, old: str, new: str) -> Callable[[Files], None]:
    def breaks(files: Files) -> None:
        text = files[path]
        assert isinstance(text, str)
        assert old in text
        files[path] = text.replace(old, new, 1)

    return breaks


def add(path: str, content: str | bytes) -> Callable[[Files], None]:
    return lambda files: files.update({path: content})


def append(path: str, text: str) -> Callable[[Files], None]:
    return lambda files: files.update({path: f"{files[path]}{text}"})


def drop(path: str) -> Callable[[Files], object]:
    return lambda files: files.pop(path)


def both(*breaks: Callable[[Files], object]) -> Callable[[Files], None]:
    def all_of_them(files: Files) -> None:
        for one in breaks:
            one(files)

    return all_of_them


def third_lesson(front: str) -> str:
    return (
        "---\nid: third\ntitle: Т\ndescription: О\nmodule: cdc\norder: 3\n"
        f"difficulty: advanced\nestimatedTime: 5\n{front}\n---\nТекст.\n"
    )


THIRD = "lessons/03-third/ru.md"
WARNING = Severity.WARNING
DEEP_LIST = "\n".join("    " * depth + "- x" for depth in range(250))

CASES = [
    # Files
    Case("not-utf-8", add(RU, b"---\nid: source\n\xff\n"), RU, says="0xff"),
    Case("nul-character", append(RU, "один\0два\n"), RU, at="один"),
    Case("unexpected-file", add("labs/first-lab/run.sh", "x"), "labs/first-lab/run.sh"),
    Case(
        "unexpected-file",
        add("lessons/01-source/notes.md", "x"),
        "lessons/01-source/notes.md",
    ),
    Case(
        "unexpected-file",
        add("labs/first-lab/task.de.md", "x"),
        "labs/first-lab/task.de.md",
    ),
    Case(
        "bad-file-name",
        add("labs/first-lab/given/моё.sql", "x"),
        "labs/first-lab/given/моё.sql",
    ),
    Case("file-too-large", append(RU, "х" * 300_000), RU, says="512 KiB"),
    Case(
        "file-too-large",
        add("labs/first-lab/given/job.sql", "-" * (256 * 1024 + 1)),
        "labs/first-lab/given/job.sql",
        says="256 KiB",
    ),
    Case("missing-front-matter", add(RU, "## Текст {#why}\n"), RU, says="---"),
    # YAML and values
    Case("yaml-syntax", swap(RU, "title: Источник", "title: a: b"), RU, at="a: b"),
    Case("yaml-alias", swap(RU, "module: cdc", "module: &m cdc\nx: *m"), RU, at="*m"),
    Case("yaml-not-a-mapping", add(LAB, "- one\n"), LAB),
    Case(
        "yaml-not-a-list",
        add("lessons/_shared/glossary.ru.yaml", "id: one\n"),
        "lessons/_shared/glossary.ru.yaml",
    ),
    Case("duplicate-key", swap(RU, "order: 1", "order: 1\nid: b"), RU, at="id: b"),
    Case(
        "unknown-key",
        swap(RU, "topics:", "topcis:"),
        RU,
        at="topcis",
        says="Did you mean `topics`?",
    ),
    Case(
        "unknown-key",
        swap(LAB, "    mode: upsert", "    mode: upsert\n    moed: x"),
        LAB,
        at="moed",
        says="Did you mean `mode`?",
    ),
    Case("missing-key", swap(RU, "module: cdc\n", ""), RU, says="module"),
    Case("missing-key", swap(LAB, "    points: 10\n", ""), LAB, at="id: totals-right"),
    Case(
        "invalid-value",
        swap(RU, "difficulty: beginner", "difficulty: easy"),
        RU,
        at="difficulty",
        says="'beginner', 'intermediate' or 'advanced'",
    ),
    Case("invalid-value", swap(LAB, "type: decimal", "type: money"), LAB, at="money"),
    Case("invalid-value", swap(RU, "title: Источник", "title: 5"), RU, at="title: 5"),
    # Ids, prerequisites, order
    Case(
        "duplicate-id",
        both(
            swap(WINDOWS, "id: windows", "id: windows\naliases: [old-source]"),
            swap(
                "lessons/02-windows/en.md",
                "id: windows",
                "id: windows\naliases: [old-source]",
            ),
        ),
        WINDOWS,
        at="aliases",
        says=RU,
    ),
    Case(
        "duplicate-id",
        swap(LAB, "id: first-lab", "id: first-lab\naliases: [first-lab]"),
        LAB,
        at="aliases",
    ),
    Case(
        "unknown-prerequisite",
        add(THIRD, third_lesson("prerequisites:\n  - source\n  - nothing")),
        THIRD,
        at="- nothing",
    ),
    Case(
        "order-before-prerequisite",
        both(
            add(THIRD, third_lesson("prerequisites: [windows]").replace(": 3", ": 0")),
            swap(THIRD, "order: 0", "order: 1"),
            swap(RU, "order: 1", "order: 5"),
        ),
        THIRD,
        at="prerequisites",
        says="not after that of 'windows', 2",
    ),
    Case(
        "prerequisite-cycle",
        swap(RU, "order: 1", "order: 1\nprerequisites: [windows]"),
        RU,
        at="prerequisites",
        says="source → windows → source",
    ),
    Case(
        "prerequisite-cycle",
        add(THIRD, third_lesson("prerequisites: [third]")),
        THIRD,
        says="third → third",
    ),
    Case(
        "duplicate-order",
        add(THIRD, third_lesson("").replace("order: 3", "order: 2")),
        THIRD,
        at="order",
        says=WINDOWS,
    ),
    Case("lesson-folder", add("lessons/x/ru.md", third_lesson("")), "lessons/x"),
    Case(
        "folder-order",
        add("lessons/07-third/ru.md", third_lesson("")),
        "lessons/07-third/ru.md",
        at="order",
        severity=WARNING,
    ),
    # Lessons and labs
    Case("unknown-lab", swap(RU, "[first-lab]", "[first-lab, gone]"), RU, at="gone]"),
    Case(
        "lab-of-other-lesson",
        add(THIRD, third_lesson("labs: [first-lab]")),
        THIRD,
        at="labs",
    ),
    Case(
        "lab-not-in-lesson", swap(RU, "labs: [first-lab]", "labs: []"), LAB, "lesson: s"
    ),
    Case(
        "draft-named",
        both(
            swap(LAB, "minutes: 15", "minutes: 15\ndraft: true"),
            swap(RU, "[задание](/labs/first-lab/)", "задание"),
        ),
        RU,
        at="labs: [first-lab]",
    ),
    Case("unknown-lesson", swap(LAB, "lesson: source", "lesson: gone"), LAB, "gone"),
    Case("lab-folder", swap(LAB, "id: first-lab", "id: other-lab"), LAB, "other-lab"),
    Case("missing-file", drop(LAB), LAB, says="no lab.yaml"),
    Case("missing-file", drop(TASK), TASK),
    Case("missing-file", drop("labs/first-lab/given/job.py"), LAB, at="job.py"),
    Case(
        "missing-file",
        drop("labs/first-lab/answers/solution.py"),
        "labs/first-lab/answers/solution.py",
    ),
    Case(
        "missing-file",
        drop("labs/first-lab/answers/oracle.py"),
        "labs/first-lab/answers/oracle.py",
    ),
    Case("missing-file", drop("labs/first-lab/stream.py"), "labs/first-lab/stream.py"),
    Case("missing-file", drop(RU), RU, says="no Russian text"),
    Case(
        "starter-suffix",
        both(
            swap(LAB, "name: job.sql", "name: other.py"),
            add("labs/first-lab/given/other.py", ""),
        ),
        LAB,
        at="other.py",
    ),
    Case("unknown-output", swap(LAB, "output: totals", "output: gone"), LAB, at="gone"),
    Case(
        "unknown-output",
        swap(LAB, "kind: rows_equal", "kind: late_events\n    side: gone"),
        LAB,
        at="side: gone",
    ),
    Case(
        "unknown-stage",
        swap(LAB, "kind: rows_equal", "kind: rows_equal\n    after: gone"),
        LAB,
        at="after: gone",
    ),
    Case(
        "unknown-stage",
        append(LAB, "setup: {checkpoint_interval_ms: 500, kill_during: [gone]}\n"),
        LAB,
        at="kill_during",
        says="Known: ",
    ),
    Case(
        "setup-field",
        append(LAB, "setup:\n  kill_during: [gone]\n"),
        LAB,
        at="kill_during",
        says="without a checkpoint",
    ),
    Case(
        "setup-field",
        append(
            LAB,
            "stages:\n  - {name: live, title: {ru: Поток, en: Live}}\n"
            "  - {name: closing, title: {ru: Конец, en: End}}\n"
            "setup: {checkpoint_interval_ms: 500, kill_during: [live]}\n",
        ),
        LAB,
        at="kill_during",
        says="the first or the last stage",
    ),
    Case(
        "setup-field",
        swap(
            LAB, "language: sql\n    name: job.sql", "language: python\n    name: a.py"
        ),
        LAB,
        at="starters:",
        says="beside a language that needs Flink",
    ),
    Case(
        "encoding-mode",
        swap(
            LAB, "language: sql\n    name: job.sql", "language: python\n    name: a.py"
        ),
        LAB,
        at="mode: upsert",
        says="whose lines have no key",
    ),
    Case(
        "check-mode",
        swap(LAB, "kind: rows_equal", "kind: append_only"),
        LAB,
        at="kind: append_only",
        says="append_only judges append outputs, and 'totals' is upsert",
    ),
    Case(
        "check-field",
        swap(LAB, "kind: rows_equal", "kind: upsert_keys\n    aspect: late"),
        LAB,
        at="aspect: late",
        says="upsert_keys does not read 'aspect'",
    ),
    Case("encoding-mode", swap(LAB, "upsert", "retract"), LAB, at="mode: retract"),
    Case(
        "duplicate-name",
        swap(LAB, "misconceptions:", VARIATION + "misconceptions:"),
        LAB,
        at="id: totals-right",
    ),
    Case("unknown-column", swap(LAB, "key: [status]", "key: [gone]"), LAB, at="gone"),
    Case("unknown-column", swap(LAB, "column: status", "column: gone"), LAB, at="gone"),
    Case(
        "unknown-check", swap(LAB, "check: totals-right", "check: x"), LAB, "check: x"
    ),
    Case(
        "duplicate-name", swap(LAB, "topic: totals", "topic: orders"), LAB, "c: orders"
    ),
    Case("duplicate-name", swap(LAB, "name: amount", "name: status"), LAB, "columns:"),
    Case("missing-key-columns", swap(LAB, "key: [status]", "key: []"), LAB, "key: []"),
    Case("no-points", swap(LAB, "points: 10", "points: 0"), LAB, at="checks:"),
    Case(
        "wrong-without-misconception",
        add("labs/first-lab/answers/wrong/other.sql", ""),
        "labs/first-lab/answers/wrong/other.sql",
    ),
    Case(
        "misconception-without-wrong",
        drop("labs/first-lab/answers/wrong/forgot-deletes.sql"),
        LAB,
        at="id: forgot-deletes",
        severity=WARNING,
    ),
    Case("dead-anchor", swap(LAB, "anchor: envelope", "anchor: gone"), LAB, at="gone"),
    Case("dead-anchor", swap(LAB, "anchor: why", "anchor: gone"), LAB, at="gone"),
    # Translations
    Case(
        "missing-translation",
        drop("lessons/02-windows/en.md"),
        WINDOWS,
        severity=WARNING,
    ),
    Case(
        "missing-translation",
        drop("labs/first-lab/task.en.md"),
        LAB,
        severity=WARNING,
    ),
    Case(
        "missing-translation",
        swap(LAB, "{ru: Заказы, en: Orders}", "{ru: Заказы}"),
        LAB,
        at="Заказы",
        severity=WARNING,
        says="streams.0.title",
    ),
    Case(
        "translation-differs",
        swap(EN, "estimatedTime: 20", "estimatedTime: 2"),
        EN,
        at="estimatedTime",
    ),
    # Texts
    Case("top-heading", append(RU, "\n# Главный\n"), RU, at="# Главный"),
    Case("top-heading", append(RU, "\nГлавный\n=======\n"), RU, at="===="),
    Case("duplicate-anchor", append(RU, "\n## Ещё {#why}\n"), RU, at="## Ещё"),
    Case("bad-anchor", append(RU, "\n## Ещё {#a.b}\n"), RU, at="## Ещё"),
    Case("fence-language", append(RU, "\n```cobol\nx\n```\n"), RU, at="cobol"),
    Case("fence-language", append(RU, "\n``` {.run}\nпусто\n```\n"), RU, "``` {.run}"),
    Case("fence-option", append(RU, "\n```sql {.rum}\nx\n```\n"), RU, at=".rum"),
    Case("fence-option", append(RU, "\n```sql {title=x}\nx\n```\n"), RU, at="title=x"),
    Case("fence-not-runnable", append(RU, "\n```json {.run}\n1\n```\n"), RU, "json"),
    Case("fence-not-marked", append(RU, "\n```python\n2\n```\n"), RU, "```python"),
    Case("fence-not-executed", append(TASK, "\n```sql {.run}\n1\n```\n"), TASK, "sql"),
    Case("fence-not-closed", append(RU, "\n```sql {.norun}\nx\n"), RU, at=".norun"),
    Case(
        "fence-not-recognised",
        append(RU, "\n- пункт\n\n    ```sql\n  x\n    ```\n"),
        RU,
        says="code blocks",
    ),
    Case(
        "output-without-run",
        append(RU, "\n```sql\nx\n```\n\n```text {.output}\nконец\n```\n"),
        RU,
        severity=WARNING,
    ),
    Case("diagram-without-text", swap(RU, "  accTitle: Конвейер\n", ""), RU, "mermaid"),
    Case(
        "diagram-without-text",
        swap(RU, "  accDescr: Источник передаёт события во Flink\n", ""),
        RU,
        at="mermaid",
        says="no accDescr",
    ),
    Case(
        "question-options",
        swap(RU, "    correct: true\n", ""),
        RU,
        at="options:",
        says="no option is right",
    ),
    Case(
        "question-options",
        swap(RU, "    why: Удаление", "    correct: true\n    why: Удаление"),
        RU,
        at="options:",
        says="every option is right",
    ),
    Case("missing-key", swap(RU, "    why: Удаление — `d`.\n", ""), RU, "удалена."),
    Case("unknown-key", swap(RU, "    correct:", "    corect:"), RU, at="corect"),
    Case("yaml-syntax", swap(RU, "id: what-is-r", "id: 'what"), RU),
    Case("dead-anchor", swap(RU, "выше](#why)", "выше](#no)"), RU, at="](#no)"),
    Case(
        "duplicate-id",
        append(
            RU,
            "\n```question\nid: what-is-r\ntext: x\noptions:\n"
            "  - {text: a, why: b}\n  - {text: c, why: d, correct: true}\n```\n",
        ),
        RU,
        at="```question",
    ),
    Case(
        "translation-differs",
        swap(EN, "id: what-is-r", "id: what-is-c"),
        EN,
        at="```question",
        says="question 1",
    ),
    Case("unknown-callout", append(RU, "\n> [!HMM]\n> x\n"), RU, at="[!HMM]"),
    Case("admonition-syntax", append(RU, "\n!!! note\n    x\n"), RU, at="!!! note"),
    Case("list-indent", append(RU, "\n- один\n  - внутри\n"), RU, at="внутри"),
    Case("raw-html", append(RU, "\n<b>жирно</b>\n"), RU, "<b>", severity=WARNING),
    Case("nested-too-deep", append(RU, "\n" + DEEP_LIST), RU),
    # Links and images
    Case("dead-link", append(RU, "\n[x](/lessons/gone/)\n"), RU, at="gone"),
    Case("dead-link", append(RU, "\n[x](/labs/gone/)\n"), RU, at="gone"),
    Case("dead-link", append(RU, "\n[x](/admin/)\n"), RU, at="/admin/"),
    Case("dead-link", append(RU, "\n[x](../09-gone/ru.md)\n"), RU, at="09-gone"),
    Case("dead-link", append(RU, "\n[x](../../../etc/passwd)\n"), RU, at="passwd"),
    Case("dead-link", append(TASK, "\n[x](/lessons/gone/)\n"), TASK, at="gone"),
    Case("dead-link", swap(LAB, "/lessons/source/#why", "/lessons/x/"), LAB, "/x/"),
    Case(
        "draft-named",
        both(
            add(THIRD, third_lesson("draft: true")),
            append(RU, "\n[x](/lessons/third/)\n"),
        ),
        RU,
        at="third",
        says="students do not get",
    ),
    Case(
        "draft-named",
        both(
            add(THIRD, third_lesson("draft: true")),
            append(TASK, "\n[x](../../lessons/03-third/ru.md)\n"),
        ),
        TASK,
        at="03-third",
    ),
    Case(
        "draft-named",
        both(
            add(THIRD, third_lesson("draft: true")),
            swap(LAB, "/lessons/source/#why", "/lessons/third/"),
        ),
        LAB,
        at="third",
    ),
    Case(
        "draft-named",
        both(
            swap(LAB, "minutes: 15", "minutes: 15\ndraft: true"),
            append(WINDOWS, "\n[x](/labs/first-lab/)\n"),
        ),
        WINDOWS,
        at="first-lab",
    ),
    Case("dead-anchor", append(RU, "\n[x](#gone)\n"), RU, at="#gone"),
    Case("dead-anchor", append(RU, "\n[x](/lessons/windows/#gone)\n"), RU, at="#gone"),
    Case("dead-anchor", append(RU, "\n[x](/labs/first-lab/#gone)\n"), RU, at="#gone"),
    Case("forbidden-link", append(RU, "\n[x](javascript:alert)\n"), RU, "javascript"),
    Case("forbidden-link", append(RU, "\n[x](//evil.example)\n"), RU, at="evil"),
    Case("image-without-alt", append(RU, "\n![ ](images/pipe.png)\n"), RU, at="![ ]"),
    Case("dead-image", append(RU, "\n![x](images/gone.png)\n"), RU, at="gone.png"),
    Case("dead-image", append(RU, "\n![x](https://a.example/b.png)\n"), RU, at="b.png"),
    Case(
        "dead-image",
        append(WINDOWS, "\n![x](../01-source/images/pipe.png)\n"),
        WINDOWS,
        at="pipe.png",
    ),
]
