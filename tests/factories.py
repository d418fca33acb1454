"""Plain functions that make what a test needs; unnamed values never matter."""

from itertools import count
from uuid import uuid4

from django.utils import timezone

from accounts.models import Cohort, Enrolment, User
from curriculum.catalogue import (
    Catalogue,
    CourseContent,
    Lab,
    Lesson,
    LessonText,
    TaskText,
)
from curriculum.course import StarterText
from curriculum.models import Release
from curriculum.releases import catalogue_of
from curriculum.specs import Difficulty, LabSpec
from lab_protocol.messages import Language
from progress.models import Achievement
from submissions.models import Submission

numbers = count(1)
SQL = "SELECT 1;\n"


def make_user(username="", *, language="ru", **fields) -> User:
    """Return a person with the password ``password``."""
    username = username or f"student-{next(numbers)}"
    return User.objects.create_user(
        username,
        f"{username}@example.test",
        "password",
        language=language,
        **fields,
    )


def let_into(user: User, lesson: str) -> None:
    """Let somebody have begun ``lesson``, which stays open whatever it requires."""
    Achievement.objects.get_or_create(
        user=user,
        kind=Achievement.Kind.LESSON_OPENED,
        item=lesson,
        defaults={"achieved_at": timezone.now()},
    )


def make_cohort(*, students=(), instructors=(), **fields) -> Cohort:
    """Return a cohort with these people in it."""
    number = next(numbers)
    fields = {"slug": f"cohort-{number}", "title": f"Cohort {number}"} | fields
    cohort = Cohort.objects.create(**fields)
    Enrolment.objects.bulk_create(
        Enrolment(cohort=cohort, user=user, role=role)
        for role, users in (("student", students), ("instructor", instructors))
        for user in users
    )
    return cohort


def lab_spec(lab_id="first-lab", lesson="first", **changes) -> LabSpec:
    """Return a lab with one append output, one check and two languages."""
    data = {
        "id": lab_id,
        "lesson": lesson,
        "title": {"ru": f"Работа {lab_id}", "en": f"Lab {lab_id}"},
        "summary": {"ru": "Коротко", "en": "Short"},
        "minutes": 20,
        "starters": [
            {"language": "sql", "name": "job.sql"},
            {"language": "pyflink", "name": "job.py"},
        ],
        "streams": [{"topic": "orders", "title": {"ru": "Заказы"}}],
        "outputs": {
            "totals": {
                "topic": "out.totals",
                "title": {"ru": "Итоги", "en": "Totals"},
                "mode": "append",
                "columns": [
                    {"name": "status", "type": "string"},
                    {"name": "revenue", "type": "decimal"},
                ],
                "key": ["status"],
            }
        },
        "checks": [
            {
                "id": "totals-right",
                "title": {"ru": "Итоги верны", "en": "Totals are right"},
                "kind": "rows_equal",
                "output": "totals",
                "points": 10,
                "lesson_anchor": "why",
            }
        ],
        "misconceptions": [
            {
                "id": "snapshot-lost",
                "check": "totals-right",
                "title": {"ru": "Потерян снимок", "en": "Snapshot lost"},
                "explanation": {"ru": "Чтение с конца.", "en": "Read from the end."},
                "lesson_anchor": "why",
            }
        ],
        "hints": [{"text": {"ru": "Первая подсказка", "en": "First hint"}}],
    } | changes
    return LabSpec.model_validate(data)


def make_lab(spec: LabSpec) -> Lab:
    """Return the lab of a catalogue for ``spec``."""
    return Lab(
        spec=spec,
        lesson=spec.lesson,
        tasks={
            language: TaskText(
                html=f"<p>task {spec.id}</p>", toc=(), has_diagrams=False
            )
            for language in ("ru", "en")
        },
        starters={
            Language.SQL: StarterText("job.sql", "-- starter\n"),
            Language.PYFLINK: StarterText("job.py", "# starter\n"),
        },
        hints=({"ru": "<p>Первая подсказка</p>", "en": "<p>First hint</p>"},),
        explanations={
            "snapshot-lost": {
                "ru": "<p>Чтение с конца.</p>",
                "en": "<p>Read from the end.</p>",
            }
        },
        digest="0" * 64,
    )


def make_lesson(lesson_id, *, order=1, prerequisites=(), labs=(), **changes) -> Lesson:
    """Return a lesson of a catalogue in both languages."""
    text = {
        "ru": LessonText(
            title=f"Урок {lesson_id}",
            description="О чём урок",
            topics=(),
            html='<h2 id="why">Зачем</h2><p>Текст урока.</p>',
            toc=(),
            anchors=("why",),
            has_diagrams=False,
            digest="0" * 64,
        ),
        "en": LessonText(
            title=f"Lesson {lesson_id}",
            description="What it is about",
            topics=(),
            html='<h2 id="why">Why</h2><p>Lesson text.</p>',
            toc=(),
            anchors=("why",),
            has_diagrams=False,
            digest="0" * 64,
        ),
    }
    fields = {
        "id": lesson_id,
        "folder": f"{order:02d}-{lesson_id}",
        "aliases": (),
        "module": "pyflink-cdc",
        "order": order,
        "difficulty": Difficulty.BEGINNER,
        "minutes": 30,
        "prerequisites": tuple(prerequisites),
        "labs": tuple(labs),
        "texts": text,
    } | changes
    return Lesson(**fields)


def course_content() -> CourseContent:
    """Return three lessons in a chain; ``first`` and ``second`` have a lab."""
    return CourseContent(
        lessons=(
            make_lesson("first", order=1, labs=["first-lab"]),
            make_lesson(
                "second", order=2, prerequisites=["first"], labs=["second-lab"]
            ),
            make_lesson("third", order=3, prerequisites=["second"]),
        ),
        labs=(
            make_lab(lab_spec("first-lab", "first")),
            make_lab(lab_spec("second-lab", "second")),
        ),
    )


def make_release(content: CourseContent | None = None, *, active=True) -> Release:
    """Store ``content`` as a release; its archive is empty."""
    content = content or course_content()
    if active:
        Release.objects.active().update(is_active=False)
    release = Release(
        digest=uuid4().hex * 2,
        archive=b"",
        catalogue=content.model_dump(mode="json"),
        renderer="tests",
        is_active=active,
    )
    release.save()
    return release


def make_catalogue(content: CourseContent | None = None) -> Catalogue:
    """Store and activate ``content``; return its catalogue."""
    return catalogue_of(make_release(content).pk)


def make_submission(user=None, *, release=None, **fields) -> Submission:
    """Store a waiting submit of ``first-lab``."""
    user = user or make_user()
    if release is None:
        release = Release.objects.active().first() or make_release()
    defaults = {
        "lab": "first-lab",
        "kind": "submit",
        "language": "sql",
        "files": {"job.sql": SQL},
        "seed": 7,
        "idempotency_key": uuid4(),
    }
    return Submission.objects.create(user=user, release=release, **(defaults | fields))
