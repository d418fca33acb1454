"""Home, course map, lesson and the reading mark."""

from datetime import timedelta

from django.test import Client
from django.utils import timezone

from classroom.prerequisite_graph import prerequisite_graph
from curriculum.models import Release
from curriculum.releases import activate, catalogue_of, import_tree
from progress.models import Achievement
from progress.reading import keep_place
from progress.selectors import course_map
from progress.services import record_lab_passed
from submissions.models import Submission, Verdict
from submissions.own_work import activity
from tests.classroom.test_attempts import words
from tests.curriculum.mini_course import good_course, write_course
from tests.e2e.world import build_world
from tests.factories import (
    course_content,
    make_catalogue,
    make_cohort,
    make_lesson,
    make_submission,
)


def lesson_of_course(lesson_id):
    """Return a lesson of the active course."""
    return catalogue_of(Release.objects.get(is_active=True).pk).lesson(lesson_id)


def client_of(user):
    client = Client()
    client.force_login(user)
    return client


def test_a_first_visit_is_welcomed_with_the_first_lesson(reader):
    text = reader.get("/").text
    assert "Добро пожаловать" in text
    assert 'href="/lessons/first/"' in text
    assert "Завершено 0 из 3 уроков" in text


def test_home_continues_with_the_lab_of_the_latest_draft(reader):
    reader.get("/lessons/first/")
    assert "Читать дальше" in reader.get("/").text
    reader.post(
        "/labs/first-lab/draft/",
        {"language": "sql", "source": "SELECT 1", "revision": "0"},
    )
    text = reader.get("/").text
    assert "Продолжить лабораторную" in text
    assert "Добро пожаловать" not in text


def test_home_continues_at_the_section_read_last(db):
    world = build_world()
    reader = client_of(world.fresh)
    lesson = lesson_of_course("cdc-source")
    keep_place(user=world.fresh, lesson=lesson, section="path")
    text = reader.get("/").text
    assert 'href="/lessons/cdc-source/#path"' in text
    assert "Последнее прочитанное: «Путь события»" in text
    reader.post(
        "/labs/status-totals/draft/",
        {"language": "sql", "source": "SELECT 1", "revision": "0"},
    )
    assert "Продолжить лабораторную" in reader.get("/").text
    keep_place(user=world.fresh, lesson=lesson, section="kinds")
    assert 'href="/lessons/cdc-source/#kinds"' in reader.get("/").text


def test_home_tells_what_has_changed_since_the_visit_before(db):
    world = build_world()
    world.ana.visited_at = timezone.now() - timedelta(days=3)
    world.ana.save()
    Release.objects.filter(is_active=True).update(activated_at=None)
    assert "Курс обновлён" not in client_of(world.ana).get("/").text
    Release.objects.filter(is_active=True).update(activated_at=timezone.now())
    judged = world.submissions["failed"]
    old = judged.verdicts.get()
    Verdict.objects.create(
        submission=judged,
        run=old.run,
        generation=2,
        result=old.result,
        ending=old.ending,
        points=old.points,
        max_points=old.max_points,
        report=old.report,
    )
    Submission.objects.filter(pk=judged.pk).update(generation=2)
    text = client_of(world.ana).get("/").text
    assert "Курс обновлён" in text
    assert "проверено заново" in text
    assert text.count(f'href="/attempts/{judged.public_id}/"') == 2  # news and list


def test_home_lists_what_is_under_way_and_what_was_tried(db):
    world = build_world()
    text = client_of(world.ana).get("/").text
    assert "Последние попытки" in text
    assert "сбой платформы" in text
    reader = client_of(world.fresh)
    reader.post(
        "/labs/status-totals/send/",
        {
            "kind": "run",
            "language": "sql",
            "source": "SELECT 1",
            "key": "0" * 32,
        },
    )
    assert "Выполняется сейчас" in reader.get("/").text


def test_home_says_when_everything_is_done(student, db):
    content = course_content()
    make_catalogue(content.model_copy(update={"lessons": (), "labs": ()}))
    assert "Курс пуст" in client_of(student).get("/").text
    make_catalogue(
        content.model_copy(update={"lessons": (make_lesson("only"),), "labs": ()})
    )
    reader = client_of(student)
    reader.post("/lessons/only/read/", {"read": "1"})
    assert "Всё завершено" in reader.get("/").text


def test_the_map_keeps_locked_rows_with_the_reason(reader):
    text = reader.get("/course/").text
    assert text.count("is-locked") == 2
    assert "Откроется, когда будет готово:" in text
    assert "/lessons/second/" in text
    assert "сдать лабораторную" in text


def test_the_map_asks_the_database_a_fixed_number_of_times(
    reader, django_assert_max_num_queries
):
    reader.get("/course/")
    with django_assert_max_num_queries(6):
        reader.get("/course/")


def test_opening_a_lesson_begins_it_but_looking_at_its_head_does_not(reader, student):
    reader.head("/lessons/first/")
    assert not Achievement.objects.exists()
    reader.get("/lessons/first/")
    reader.get("/lessons/first/")
    assert Achievement.objects.get().kind == "lesson_opened"


def test_a_lesson_without_labs_is_marked_as_read_and_back(student, db):
    make_catalogue(
        course_content().model_copy(
            update={
                "lessons": (
                    make_lesson("only"),
                    make_lesson("after", order=2, prerequisites=["only"]),
                ),
                "labs": (),
            }
        )
    )
    reader = client_of(student)
    assert reader.get("/lessons/after/").status_code == 403
    answer = reader.post("/lessons/only/read/", {"read": "1"}, follow=True)
    assert "Отмечено как прочитанное." in answer.text
    assert "Снять отметку" in answer.text
    assert reader.get("/lessons/after/").status_code == 200
    answer = reader.post("/lessons/only/read/", {"read": "0"}, follow=True)
    assert "Отметить прочитанным" in answer.text
    # What was once open stays open: the second lesson was begun.
    assert reader.get("/lessons/after/").status_code == 200


def test_a_lesson_with_labs_leads_to_them(reader):
    text = reader.get("/lessons/first/").text
    assert 'href="/labs/first-lab/"' in text
    assert "Отметить прочитанным" not in text


def test_only_a_lesson_with_a_diagram_allows_inline_styles(db):
    reader = client_of(build_world().ana)
    with_diagram = reader.get("/lessons/cdc-source/")["Content-Security-Policy"]
    without = reader.get("/lessons/how-to-read/")["Content-Security-Policy"]
    assert "style-src 'self' 'unsafe-inline'" in with_diagram
    assert "unsafe-inline" not in without
    for policy in (with_diagram, without):
        assert "script-src 'self' 'nonce-" in policy
        assert "unsafe-eval" not in policy


def test_a_missing_translation_is_said_and_marked(db):
    world = build_world()
    world.graduate.language = "en"
    world.graduate.save()
    reader = client_of(world.graduate)
    reader.post("/lessons/how-to-read/read/", {"read": "1"})
    text = reader.get("/lessons/stateful-streams/").text
    assert "This lesson has not been translated yet" in text
    assert '<article lang="ru">' in text


def test_an_image_of_an_open_lesson_is_served_and_nothing_else_of_it(
    student, db, tmp_path, settings
):
    settings.LAB_VAR_DIR = tmp_path / "var"
    root = write_course(tmp_path / "course", good_course())
    activate(release=import_tree(root=root))
    reader = client_of(student)
    answer = reader.get("/lessons/source/files/images/pipe.png")
    assert answer.status_code == 200
    assert answer["Content-Type"] == "image/png"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")
    assert answer.content.startswith(b"\x89PNG")
    page = reader.get("/lessons/source/").text
    assert "/lessons/source/files/images/pipe.png" in page
    for path in ("ru.md", "images/none.png", "../02-windows/ru.md"):
        assert reader.get(f"/lessons/source/files/{path}").status_code == 404
    assert Client().get("/lessons/source/files/images/pipe.png").status_code == 302


def test_the_graph_has_the_links_of_the_list_and_says_what_is_missing(reader):
    text = reader.get("/course/?view=graph").text
    for lesson in ("first", "second", "third"):
        assert text.count(f'href="/lessons/{lesson}/"') == 1
    assert 'aria-label="2. Урок second: закрыто; сначала Урок first"' in text
    assert text.count('class="is-missing"') == 2


def test_in_the_graph_every_line_leads_downwards(catalogue, student):
    course = course_map(user=student, catalogue=catalogue)
    graph = prerequisite_graph(course, "ru")
    rows = [node.y for node in graph.nodes]
    assert rows == sorted(set(rows))
    assert len(graph.edges) == 2
    assert max(rows) + graph.box_height < graph.height


def test_twelve_weeks_count_what_was_sent_and_achieved(reader, student):
    now = timezone.localtime()
    for _number in range(2):
        make_submission(student, state="finished")
    old = make_submission(student, state="finished")
    Submission.objects.filter(pk=old.pk).update(created_at=now - timedelta(days=90))
    reader.get("/lessons/first/")
    days = activity(user=student, today=now.date())
    assert days[-1].day == now.date()
    assert days[0].day.weekday() == 0
    assert 77 < len(days) <= 84
    assert sum(item.count for item in days) == days[-1].count == 3
    assert "1 день с чтением или запусками" in words(reader.get("/").text)


def test_home_tells_when_a_cohort_of_the_student_ends(reader, student):
    today = timezone.localdate()
    make_cohort(students=[student], title="Поток 1", ends_on=today + timedelta(days=3))
    make_cohort(students=[student], title="Прошлый", ends_on=today - timedelta(days=3))
    make_cohort(title="Чужой", ends_on=today + timedelta(days=3))
    text = reader.get("/").text
    assert "Поток 1: до" in text
    assert "Прошлый" not in text
    assert "Чужой" not in text


def test_home_asks_the_database_a_fixed_number_of_times(
    reader, student, django_assert_max_num_queries
):
    for _number in range(5):
        make_submission(student, state="finished")
    reader.get("/")
    with django_assert_max_num_queries(14):
        reader.get("/")


def test_a_passed_lab_opens_the_way_without_reading(catalogue, student, reader):
    """Test-out: nothing of the lesson was read or even opened."""
    assert reader.get("/lessons/second/").status_code == 403
    record_lab_passed(
        user=student, catalogue=catalogue, lab_id="first-lab", evidence="e"
    )
    assert not Achievement.objects.filter(
        kind__in=["lesson_opened", "lesson_read"]
    ).exists()
    assert reader.get("/lessons/second/").status_code == 200
