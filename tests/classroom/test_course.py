"""Home, course map, lesson and the reading mark."""

from django.test import Client

from curriculum.releases import activate, import_tree
from progress.models import Achievement
from tests.curriculum.mini_course import good_course, write_course
from tests.e2e.world import build_world
from tests.factories import course_content, make_catalogue, make_lesson


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
