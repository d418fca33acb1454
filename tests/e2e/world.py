"""A small course with everything a page can show, and people in every state of it.

Verdicts are made by the real grader from given outputs of a run; only the run itself
is written by hand here (tests/e2e/test_main_job.py has the real ones).

Over 400 lines: every page is shown on the one world, whose people and attempts name
each other.
"""

import json
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from accounts.models import Cohort, User
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
from curriculum.course import StarterText
from curriculum.markdown import Form, render
from curriculum.releases import catalogue_of
from curriculum.specs import Family
from grading.grader import grade, leave_ungraded
from grading.report import run_report, verdict_report
from lab_protocol.author import Divergence, ExpectedRow, LabBuild
from lab_protocol.messages import (
    Ending,
    EndRule,
    Event,
    Language,
    LearnerError,
    Record,
    RunOutcome,
    Stage,
    Timings,
)
from progress.models import Certificate, SectionNote
from questions.models import Answer, Question
from search.services import bring_index_up_to_date
from submissions import lifecycle
from submissions.lifecycle import FinalWord, claim_next
from submissions.models import StreamSample, Submission, WorkerSign
from submissions.samples import first_events
from submissions.smallest import ask_for_smallest
from tests.factories import (
    lab_spec,
    make_cohort,
    make_lesson,
    make_release,
    make_submission,
    make_user,
)

TEXTS = Path(__file__).parent / "texts"
# As the runner in a box writes it; Flink's own words for a window query.
EVIDENCE = json.dumps(
    {
        "jobs": [
            {
                "name": "insert-into_default_catalog.default_database.status_totals",
                "state": "RUNNING",
                "restarts": 1,
                "checkpoints": {
                    "completed": 4,
                    "failed": 0,
                    "restored": 1,
                    "size": 6727,
                    "ms": 10,
                },
                "vertices": [
                    {
                        "id": "a",
                        "name": "Source: orders[1] -> LocalWindowAggregate[2]",
                        "state": "RUNNING",
                        "parallelism": 1,
                        "description": "[1]:TableSourceScan(table=[[orders]])<br/>"
                        "+- [2]:LocalWindowAggregate(groupBy=[status],"
                        " window=[TUMBLE(time_col=[at], size=[1 min])])",
                        "inputs": [],
                        "read": 204,
                        "written": 24,
                        "busy_ms": 197,
                        "backpressured_ms": 0,
                    },
                    {
                        "id": "b",
                        "name": "GlobalWindowAggregate[4] -> Calc[5] -> totals: Writer",
                        "state": "RUNNING",
                        "parallelism": 1,
                        "description": "[4]:GlobalWindowAggregate(groupBy=[status])",
                        "inputs": [{"id": "a", "ship": "HASH"}],
                        "read": 24,
                        "written": 18,
                        "watermark": 1767228598000,
                    },
                ],
            }
        ]
    }
)


def _text(name):
    return (TEXTS / name).read_text(encoding="utf-8")


TEXT_RU = _text("lesson.ru.md")
TEXT_EN = _text("lesson.en.md")
TASK_RU = _text("task.ru.md")

TASK_EN = "The topic `shop.orders` holds Debezium's events. Keep totals by status.\n"

STARTER_SQL = _text("job.sql")
STARTER_PYTHON = _text("job.py")

OUTPUTS = {
    "status_totals": {
        "topic": "out.status_totals",
        "title": {"ru": "Итоги по статусам", "en": "Totals by status"},
        "mode": "upsert",
        "columns": [
            {"name": "revenue", "type": "decimal"},
            {"name": "orders", "type": "bigint"},
            {"name": "status", "type": "string", "source": "key"},
            {"name": "last_change", "type": "timestamp"},
        ],
        "key": ["status"],
    }
}

CHECKS = [
    {
        "id": "totals-right",
        "title": {"ru": "Итоги по статусам верны", "en": "Totals by status are right"},
        "kind": "rows_equal",
        "output": "status_totals",
        "points": 60,
        "lesson_anchor": "envelope",
    },
    {
        "id": "late-rows",
        "title": {"ru": "Опоздавшие события учтены", "en": "Late events are counted"},
        "kind": "rows_equal",
        "output": "status_totals",
        "aspect": "late",
        "points": 40,
    },
]

MISTAKES = [
    {
        "id": "deletes-lost",
        "check": "totals-right",
        "title": {"ru": "Удаления не вычтены", "en": "Deletions are not subtracted"},
        "explanation": {"ru": "текст", "en": "text"},
        "lesson_anchor": "kinds",
    }
]

EXPLANATION = {
    "ru": "У события `d` поле `after` равно `null`, поэтому представление над `after`"
    " не замечает удалений: заказ остаётся в сумме навсегда.",
    "en": "An event `d` has `after` = `null`, so a view over `after` misses deletions.",
}

HINTS = [
    ("Начните с одного сообщения: выпишите путь к `after`.", "Begin with one message."),
    ("Удаление видно только в `before`.", "A deletion shows in `before` only."),
    ("Возьмите `debezium-json`: он сам вычитает прежнюю строку.", "Use it."),
]


def content() -> CourseContent:
    """Return four lessons in two modules; two have a lab, one is Russian only."""
    streams = _lesson_text("Источник CDC", "CDC source", TEXT_RU, TEXT_EN)
    short = "## Состояние {#state}\n\nСостояние оператора живёт между событиями.\n"
    return CourseContent(
        lessons=(
            make_lesson(
                "how-to-read",
                order=1,
                minutes=10,
                aliases=("intro",),
                texts=_lesson_text("Как читать курс", "How to read", short, short),
            ),
            make_lesson(
                "cdc-source",
                order=2,
                minutes=60,
                labs=["status-totals"],
                texts=streams,
                difficulty="intermediate",
            ),
            make_lesson(
                "stateful-streams",
                order=3,
                minutes=90,
                module="stateful-streams",
                difficulty="advanced",
                prerequisites=["how-to-read", "cdc-source"],
                labs=["dashboard"],
                texts={"ru": streams["ru"].model_copy(update={"title": "Состояние"})},
            ),
        ),
        labs=(
            _lab("status-totals", "cdc-source"),
            _lab("dashboard", "stateful-streams"),
        ),
        glossary=(
            Term(
                id="watermark",
                lesson="cdc-source",
                anchor="why",
                texts={
                    language: TermText(
                        name="Watermark",
                        term="Watermark",
                        aka=("<code>scan.watermark.idle-timeout</code>",),
                        text='<p>См. <a href="#watermark">ниже</a>.</p>',
                    )
                    for language in ("ru", "en")
                },
            ),
        ),
        troubleshooting=(
            Trouble(
                id="sql-table",
                family=Family.NAMES,
                lesson="cdc-source",
                anchor="why",
                texts={
                    language: TroubleText(
                        title="Нет таблицы <code>orders</code>",
                        symptom="<p>Object not found.</p>",
                        cause="<p>Имя.</p>",
                        cure="<p>Исправьте <code>FROM</code>.</p>",
                    )
                    for language in ("ru", "en")
                },
            ),
        ),
    )


@dataclass(frozen=True)
class World:
    """Who is there: ``fresh`` has done nothing, ``ana`` has something of everything."""

    fresh: User
    ana: User
    graduate: User
    instructor: User
    admin: User
    cohort: Cohort
    submissions: dict[str, Submission]
    question: Question
    certificate: Certificate


def build_world() -> World:
    """Store the course, the people and their submissions."""
    release = make_release(content())
    bring_index_up_to_date()
    people = {
        name: make_user(name)
        for name in ("student-01", "student-02", "student-03", "instructor")
    }
    cohort = make_cohort(
        students=[people["student-01"], people["student-02"], people["student-03"]],
        instructors=[people["instructor"]],
    )
    ana = people["student-02"]
    made = {
        name: _finished(ana, release, **how)
        for name, how in {
            "error": {"ending": Ending.LEARNER_ERROR},
            "time": {"ending": Ending.TIME_LIMIT},
            "fault": {"ending": Ending.PLATFORM_FAULT},
            "failed": {"rows": WRONG},
            "run": {"rows": WRONG, "kind": "run"},
        }.items()
    }
    made["passed"] = _finished(people["student-03"], release, rows=RIGHT)
    made["mistake"] = _finished(people["student-03"], release, rows=MISTAKEN)
    made["searched"] = _finished(people["student-03"], release, rows=MISTAKEN)
    _search(made["searched"])
    for section, text in (
        ("kinds", "Ключ: order_id.\nБез него — дубли."),
        ("left-the-course", "Раздела больше нет."),
        ("", ""),
    ):
        SectionNote.objects.create(
            user=people["student-02"],
            lesson="cdc-source",
            section=section,
            text=text,
            changed_at=timezone.now(),
        )
    question = Question.objects.create(
        user=ana,
        kind=Question.Kind.QUESTION,
        subject=Question.Subject.LAB,
        item="status-totals",
        text="Почему строка приходит дважды?",
    )
    Answer.objects.create(
        question=question, author=people["instructor"], text="Обновление: −U, затем +U."
    )
    _write_solution(release)
    StreamSample.objects.create(
        release=release,
        lab="status-totals",
        events=first_events(_build().stream),
    )
    certificate = Certificate.objects.create(
        user=people["student-03"],
        name="Студент 03",
        lessons=3,
        release=release.digest,
        issued_at=timezone.now(),
    )
    return World(
        fresh=people["student-01"],
        ana=ana,
        graduate=people["student-03"],
        instructor=people["instructor"],
        admin=make_user("admin", is_staff=True, is_superuser=True),
        cohort=cohort,
        submissions=made,
        question=question,
        certificate=certificate,
    )


def sign_worker() -> None:
    """Leave the sign of a worker that is ready now."""
    WorkerSign.objects.update_or_create(
        name="tests", defaults={"seen_at": timezone.now(), "ready": True, "slots": 1}
    )


def complete(submission: Submission, rows) -> None:
    """Judge a waiting submission on ``rows``, as a worker would."""
    _judge(submission, rows=rows, ending=Ending.COMPLETED)


def _lesson_text(title_ru, title_en, text_ru, text_en):
    result = {}
    for language, title, text in (("ru", title_ru, text_ru), ("en", title_en, text_en)):
        done = render(text, language=language)
        result[language] = LessonText(
            title=title,
            description={
                "ru": "Читаем топик Debezium, разбираем конверт и узнаём, на какие"
                " вопросы представление отвечает неверно.",
                "en": "Read a Debezium topic and learn what a view answers wrongly.",
            }[language],
            topics=(),
            html=str(done.html),
            toc=done.toc,
            anchors=done.anchors,
            has_diagrams=done.has_diagrams,
            digest="0" * 64,
        )
    return result


def _lab(lab_id, lesson):
    spec = lab_spec(
        lab_id,
        lesson,
        title={"ru": "Итоги по статусам", "en": "Totals by status"},
        outputs=OUTPUTS,
        checks=CHECKS,
        misconceptions=MISTAKES,
        stages=[{"name": "live", "title": {"ru": "изменения", "en": "changes"}}],
        hints=[{"text": {"ru": ru, "en": en}} for ru, en in HINTS],
    )
    return Lab(
        spec=spec,
        lesson=lesson,
        tasks={
            language: TaskText(
                html=str(render(text, language=language).html),
                toc=(),
                has_diagrams=False,
            )
            for language, text in (("ru", TASK_RU), ("en", TASK_EN))
        },
        starters={
            Language.SQL: StarterText("job.sql", STARTER_SQL),
            Language.PYFLINK: StarterText("job.py", STARTER_PYTHON),
        },
        hints=tuple(
            {"ru": _fragment(ru, "ru"), "en": _fragment(en, "en")} for ru, en in HINTS
        ),
        explanations={
            "deletes-lost": {
                language: _fragment(text, language)
                for language, text in EXPLANATION.items()
            }
        },
        digest="0" * 64,
    )


def _fragment(text, language):
    return str(render(text, language=language, form=Form.FRAGMENT).html)


AT = "2026-03-02 10:00:04.999"
RIGHT = [("new", 1, "7.00", AT), ("paid", 2, "22.50", AT), ("lost", 1, "5.00", AT)]
MISTAKEN = [RIGHT[0], ("paid", 3, "34.50", AT), RIGHT[2]]
WRONG = [
    RIGHT[0],
    ("paid", 1, "10.50", AT),
    ("paid", 3, "34.50", "2026-03-02 10:00:05.000"),
    ("<b>sent</b>", 1, "1.00", AT),
]


def _expected(rows):
    return tuple(
        ExpectedRow(
            {"status": s, "orders": n, "revenue": r, "last_change": at},
            events=(0, 1) if s == "paid" else (2,),
            aspects=("late",) if s == "lost" else (),
        )
        for s, n, r, at in rows
    )


def _build():
    def envelope(op, before, after):
        return json.dumps({"payload": {"op": op, "before": before, "after": after}})

    paid = {"id": 1, "status": "paid", "amount": "12.00"}
    events = (
        envelope("c", None, paid),
        envelope("d", paid, None),
        envelope("u", paid, {**paid, "status": "lost"}),
    )
    return LabBuild(
        stages=(
            Stage(
                "live",
                tuple(Event("shop.orders", b"1", text.encode()) for text in events),
            ),
        ),
        expected={"status_totals": _expected(RIGHT)},
        misconceptions={"deletes-lost": {"status_totals": _expected(MISTAKEN)}},
        after={"live": {"status_totals": _expected(RIGHT)}},
        divergence=Divergence(
            "deletes-lost",
            event=1,
            expected={"status_totals": ()},
            mistaken={"status_totals": _expected([("paid", 1, "12.00", AT)])},
        ),
    )


def _records(rows):
    return tuple(
        Record(
            0,
            number,
            0,
            json.dumps({"status": s}).encode(),
            json.dumps({"orders": n, "revenue": float(r), "last_change": at}).encode(),
            1,
        )
        for number, (s, n, r, at) in enumerate(rows)
    )


ERROR = LearnerError(
    kind="SqlParserException",
    message='SQL parse failed. Encountered "FROM" at line 15, column 1.',
    trace="Traceback (most recent call last):\n  …\norg.apache.flink.table.api",
    file="job.sql",
    line=15,
    statement=2,
)


def _finished(user, release, *, rows=(), ending=Ending.COMPLETED, kind="submit"):
    submission = make_submission(
        user,
        release=release,
        lab="status-totals",
        kind=kind,
        files={"job.sql": STARTER_SQL},
    )
    _judge(submission, rows=rows, ending=ending)
    return submission


def _judge(submission, *, rows, ending):
    lease = claim_next(worker="tests")
    assert lease is not None
    assert lease.submission_id == submission.pk
    outcome = RunOutcome(
        run_id="r",
        ending=ending,
        end_rule=EndRule.CLOSING_ROWS,
        records={"out.status_totals": _records(rows)},
        stdout="planned 2 statements\n" * 3,
        stderr="INFO  CheckpointCoordinator: Completed checkpoint 4\n"
        "WARN  Sink: late\nERROR Task: failed\n\tat a.b.C\n",
        stderr_truncated=True,
        error=ERROR if ending is Ending.LEARNER_ERROR else None,
        evidence=EVIDENCE,
        warm=True,
        cpu_seconds=2.41,
        peak_memory_bytes=612 * 1024 * 1024,
        timings=Timings(0.02, 0.31, 0.98, 1.4, 1.52),
    )
    catalogue = catalogue_of(submission.release_id)
    spec = catalogue.lab(submission.lab).spec
    # Only the known mistake is explained, so that both kinds of pages are seen.
    build = _build() if rows is MISTAKEN else replace(_build(), after={})
    verdict = (
        leave_ungraded(lab=spec, outcome=outcome)
        if submission.kind == "run"
        else grade(lab=spec, build=build, outcome=outcome)
    )
    lifecycle.finish(
        lease,
        word=FinalWord(
            result=verdict.result.value,
            ending=verdict.ending,
            points=verdict.points,
            max_points=verdict.max_points,
            report=verdict_report(verdict=verdict, lab=spec, build=build),
        ),
        run_report=run_report(outcome=outcome, lab=spec),
        catalogue=catalogue,
    )
    Submission.objects.filter(pk=submission.pk).update(
        created_at=timezone.now() - timedelta(hours=submission.pk)
    )
    submission.refresh_from_db()


def _write_solution(release) -> None:
    """Put the lab's solution where the release would be unpacked to."""
    folder = Path(settings.LAB_VAR_DIR, "releases", release.digest)
    answers = folder / "labs/status-totals/answers"
    answers.mkdir(parents=True)
    solution = STARTER_SQL + "\nINSERT INTO totals\nSELECT status FROM orders;\n"
    (answers / "solution.sql").write_text(solution, encoding="utf-8")


def _search(attempt: Submission) -> None:
    """Store a search whose end is two events, in the form of the search's report."""
    ask_for_smallest(user=attempt.user, attempt=attempt)
    lease = claim_next(worker="tests")
    assert lease is not None
    paid = '{"id": 1, "status": "paid", "amount": "12.00"}'
    events = [
        {"op": "c", "before": None, "after": paid},
        {"op": "d", "before": paid, "after": None},
    ]
    report = {
        "version": 2,
        "summary": {"code": "smallest-found", "params": {}},
        "misconception": "deletes-lost",
        "total": 300,
        "runs": 11,
        "is_minimal": True,
        "part": {
            "check": "totals",
            "check_code": "rows-differ",
            "check_rows": 0,
            "output": "status_totals",
            "columns": ["status", "orders", "revenue"],
            "key": ["status"],
            "left": 2,
            "events": [
                {
                    "number": number,
                    "stage": "live",
                    "topic": "shop.orders",
                    "key": "1",
                    "value": "…",
                    **event,
                }
                for number, event in enumerate(events, 13)
            ],
            "diff": None,
            "expected_count": 0,
            "actual_count": 1,
            "closing_rows": 0,
            "expected": [],
            "actual": [{"status": "paid", "orders": 1, "revenue": "12.00"}],
        },
    }
    word = FinalWord("none", Ending.COMPLETED, 0, 0, report)
    lifecycle.finish(lease, word=word, run_report={}, catalogue=None)
