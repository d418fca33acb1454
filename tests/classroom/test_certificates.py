"""The certificate, and the solution after a pass."""

from progress.models import Certificate
from progress.services import mark_lesson_read, record_lab_passed
from tests.classroom.test_attempts import client_of, words
from tests.factories import make_submission, make_user
from tests.review.world import finish


def complete_everything(student, catalogue):
    for lab in ("first-lab", "second-lab"):
        record_lab_passed(user=student, catalogue=catalogue, lab_id=lab, evidence="e")
    mark_lesson_read(user=student, catalogue=catalogue, lesson_id="third")


def test_it_is_issued_once_everything_is_completed(
    reader, stranger, student, catalogue
):
    assert "Осталось:" in reader.get("/certificate/").text
    answer = reader.post("/certificate/issue/", {"name": "Рано"})
    assert answer.status_code == 403
    assert not Certificate.objects.exists()
    complete_everything(student, catalogue)
    answer = reader.post("/certificate/issue/", {"name": "  Имя   <Фамилия> "})
    page = stranger.get(answer.url)
    assert page.status_code == 200
    assert "Имя &lt;Фамилия&gt;" in page.text
    assert "3 урока" in page.text
    assert student.username not in page.text
    assert student.email not in page.text


def test_it_keeps_its_name_and_goes_with_the_account(reader, student, catalogue):
    complete_everything(student, catalogue)
    first = reader.post("/certificate/issue/", {"name": "Первое"}).url
    assert reader.post("/certificate/issue/", {"name": "Второе"}).url == first
    assert "Первое" in reader.get(first).text
    reader.post("/own-data/delete/", {"password": "password"})
    assert reader.get(first).status_code == 404


def test_a_name_must_be_there_and_fit(reader, student, catalogue):
    complete_everything(student, catalogue)
    for name in ("", " \x00 ", "x" * 121):
        assert reader.post("/certificate/issue/", {"name": name}).status_code == 400
    assert not Certificate.objects.exists()


def test_a_reviewer_gets_none_for_being_let_in_everywhere(catalogue):
    admin = make_user(is_staff=True)
    answer = client_of(admin).post("/certificate/issue/", {"name": "Имя"})
    assert answer.status_code == 403


def write_solution(folder):
    path = folder / "labs" / "first-lab" / "answers" / "solution.sql"
    path.parent.mkdir(parents=True)
    path.write_text("SELECT 1;\nSELECT 'the solution';\n", encoding="utf-8")


def test_the_solution_is_shown_after_a_pass_only(
    reader, student, monkeypatch, tmp_path
):
    write_solution(tmp_path)
    monkeypatch.setattr("classroom.views.history.release_tree", lambda _: tmp_path)
    finish(make_submission(make_user()), "passed")
    finish(make_submission(student), "failed")
    finish(make_submission(student, kind="run"), "passed")
    answer = reader.get("/labs/first-lab/solution/", follow=True)
    assert "the solution" not in answer.text
    assert "когда лабораторная сдана" in words(answer.text)
    finish(make_submission(student), "passed")
    text = reader.get("/labs/first-lab/solution/").text
    assert "SELECT &#x27;the solution&#x27;;" in text
    assert text.count('class="line-same"') == 1
    assert text.count('class="line-added"') == 1
