"""One small corpus with what search engines differ in: both databases search it."""

from curriculum.catalogue import (
    CourseContent,
    Lab,
    LessonText,
    TaskText,
    Term,
    TermText,
    Trouble,
    TroubleText,
)
from curriculum.specs import Family
from tests.factories import lab_spec, make_lab, make_lesson


def lesson_text(title, description, html):
    return LessonText(
        title=title,
        description=description,
        topics=(),
        html=html,
        toc=(),
        anchors=(),
        has_diagrams=False,
        digest="0" * 64,
    )


FIRST = {
    "ru": lesson_text(
        "Потоки и таблицы",
        "Как поток становится таблицей",
        "<p>Начало.</p>"
        '<h2 id="state">Состояние оператора<a class="heading-anchor">#</a>'
        "</h2><p>Оператор хранит состояния всех ключей. Учёт ведётся по ключу, "
        "состояние растёт, и без срока состояние не кончается.</p>"
        '<h3 id="code">Параметры</h3><pre><code><span>scan.startup.mode</span> = '
        "<span>'earliest-offset'</span>; a &lt; b</code></pre>"
        '<fieldset class="question"><legend>Вопрос</legend>Слон стирает топик'
        "</fieldset>"
        '<h2 id="marks">Водяные знаки</h2><p>Watermark говорит, что событий раньше '
        "его времени больше не будет.</p>",
    ),
    "en": lesson_text(
        "Streams and tables",
        "How a stream becomes a table",
        '<h2 id="state">State of an operator</h2><p>An operator keeps states of all '
        "keys.</p>"
        '<h2 id="marks">Watermarks</h2><p>A watermark says that no earlier events '
        "will come.</p>",
    ),
}
SECOND = {
    "ru": lesson_text(
        "Соединения потоков",
        "Как соединить два потока",
        '<h2 id="joins">Соединение по времени</h2><p>Тайна соединения: секретное '
        "состояние двух сторон &lt;script&gt;alert(1)&lt;/script&gt;.</p>",
    )
}


def content() -> CourseContent:
    """Return two lessons with a lab each (the second one locked), a term, a trouble."""
    return CourseContent(
        lessons=(
            make_lesson("streams", order=1, labs=["stream-lab"], texts=FIRST),
            make_lesson(
                "joins",
                order=2,
                prerequisites=["streams"],
                labs=["join-lab"],
                texts=SECOND,
            ),
        ),
        labs=(
            _lab("stream-lab", "streams", "Постройте таблицу состояний заказов."),
            _lab("join-lab", "joins", "Секретная задача: соединённые платежи."),
        ),
        glossary=(
            Term(
                id="watermark",
                lesson="streams",
                anchor="marks",
                texts={
                    "ru": TermText(
                        name="Watermark",
                        term="Watermark",
                        aka=("водяной знак",),
                        text="<p>Отметка времени в потоке.</p>",
                    ),
                    "en": TermText(
                        name="Watermark",
                        term="Watermark",
                        aka=(),
                        text="<p>A mark of time in a stream.</p>",
                    ),
                },
            ),
        ),
        troubleshooting=(
            Trouble(
                id="no-rows",
                family=Family.TIME,
                lesson="",
                anchor="",
                texts={
                    "ru": TroubleText(
                        title="Строк нет",
                        symptom="<p>Ответ пуст.</p>",
                        cause="<p>Watermark стоит: один раздел молчит.</p>",
                        cure="<p>Задайте <code>idle-timeout</code>.</p>",
                    )
                },
            ),
        ),
    )


def _lab(name: str, lesson: str, task: str) -> Lab:
    lab = make_lab(lab_spec(name, lesson))
    return lab.model_copy(
        update={
            "tasks": {"ru": TaskText(html=f"<p>{task}</p>", toc=(), has_diagrams=False)}
        }
    )
