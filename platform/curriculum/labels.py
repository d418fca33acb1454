"""The few words that the renderer itself writes, in the languages of the site.

Not Django's translations: a lesson is rendered at import, in its own language, and
these modules know nothing of Django.
"""

from dataclasses import dataclass

LANGUAGES = ("ru", "en")
CANONICAL_LANGUAGE = "ru"
# Of the Flink that executes the lessons' blocks; their test compares it.
FLINK_VERSION = "2.2.0"


@dataclass(frozen=True, slots=True)
class Labels:
    """Words around code, callouts, tables, diagrams, headings, questions, footnotes.

    ``kinds`` has the kinds of blocks; one executed without Flink is ``run-python``.
    """

    callouts: dict[str, str]
    kinds: dict[str, str]
    code: str
    table: str
    diagram_text: str
    heading_link: str
    question: str
    choose_all: str
    right: str
    wrong: str
    footnote_back: str
    open_in_lab: str


LABELS: dict[str, Labels] = {
    "ru": Labels(
        callouts={
            "note": "Заметка",
            "tip": "Совет",
            "important": "Важно",
            "warning": "Внимание",
            "caution": "Осторожно",
            "production": "В эксплуатации",
        },
        kinds={
            "run": f"выполнено на Flink {FLINK_VERSION}",
            "run-python": "выполнено на Python",
            "fails": "завершается ошибкой",
            "output": "вывод",
            "norun": "фрагмент",
        },
        code="Код",
        table="Таблица",
        diagram_text="Описание схемы",
        heading_link="Ссылка на раздел",
        question="Вопрос",
        choose_all="Верных ответов несколько.",
        right="Верно.",
        wrong="Неверно.",
        footnote_back="Назад к тексту, сноска {}",
        open_in_lab="Открыть в лабораторной",
    ),
    "en": Labels(
        callouts={
            "note": "Note",
            "tip": "Tip",
            "important": "Important",
            "warning": "Warning",
            "caution": "Caution",
            "production": "In production",
        },
        kinds={
            "run": f"executed on Flink {FLINK_VERSION}",
            "run-python": "executed on Python",
            "fails": "fails on purpose",
            "output": "output",
            "norun": "fragment",
        },
        code="Code",
        table="Table",
        diagram_text="Description of the diagram",
        heading_link="Link to the section",
        question="Question",
        choose_all="More than one answer is right.",
        right="Right.",
        wrong="Wrong.",
        footnote_back="Back to the text, footnote {}",
        open_in_lab="Open in the lab",
    ),
}
CALLOUTS = frozenset(LABELS[CANONICAL_LANGUAGE].callouts)
