"""The history of a lab, two attempts compared, and the archive of own work."""

import io
import json
import zipfile

import pytest

from classroom.comparing import compare_programs
from classroom.comparing_rows import differences
from submissions.own_work import work_of
from tests.classroom.test_attempts import client_of, words
from tests.e2e.world import build_world
from tests.factories import make_submission, make_user

LAB = "status-totals"


@pytest.fixture
def world(db):
    return build_world()


def archive_of(answer):
    return zipfile.ZipFile(io.BytesIO(answer.content))


def test_the_history_counts_submits_and_shows_runs_on_request(world):
    reader = client_of(world.ana)
    rows = work_of(user=world.ana, lab_id=LAB)
    submits = [row for row in rows if row.number is not None]
    assert [row.number for row in submits] == list(range(1, len(submits) + 1))
    assert len(rows) > len(submits) > 2
    address = f"/labs/{LAB}/attempts/"
    assert reader.get(address).text.count('name="first"') == len(submits)
    assert reader.get(f"{address}?runs=1").text.count('name="first"') == len(rows)


def test_the_curve_has_a_point_for_each_judged_submit(world):
    judged = [row for row in work_of(user=world.ana, lab_id=LAB) if row.is_judged]
    assert len(judged) >= 2
    text = client_of(world.ana).get(f"/labs/{LAB}/attempts/").text
    assert text.count("<circle") == len(judged)
    for row in judged:
        assert f"{row.passed}/{row.checks}" in text


def test_the_history_asks_a_fixed_number_of_times(
    reader, student, django_assert_max_num_queries
):
    for _number in range(4):
        make_submission(student, state="finished")
    reader.get("/labs/first-lab/attempts/")
    with django_assert_max_num_queries(7):
        reader.get("/labs/first-lab/attempts/")


def test_two_attempts_stand_side_by_side_the_older_first(reader, student):
    new = make_submission(student, files={"job.sql": "SELECT 1;\nSELECT <3>;\n"})
    old = make_submission(student, files={"job.sql": "SELECT 1;\nSELECT 2;\n"})
    # Sent in the other order than the rows were made.
    type(old).objects.filter(pk=old.pk).update(created_at="2026-01-01T00:00:00Z")
    address = f"/labs/first-lab/compare/?first={new.public_id}&second={old.public_id}"
    text = reader.get(address).text
    assert "SELECT &lt;3&gt;;" in text
    assert text.index("SELECT 2;") < text.index("SELECT &lt;3&gt;;")
    assert text.count('class="line-changed"') == 1
    assert text.count('class="line-same"') == 1


@pytest.mark.parametrize("second", ["", "not-an-id", "same", "other"])
def test_anything_but_two_own_attempts_is_not_compared(reader, student, second):
    own = make_submission(student)
    other = make_submission(make_user())
    ids = {"same": own.public_id, "other": other.public_id}
    address = (
        f"/labs/first-lab/compare/?first={own.public_id}"
        f"&second={ids.get(second, second)}"
    )
    answer = reader.get(address, follow=True)
    assert "Выберите для сравнения две разные попытки." in words(answer.text)


def test_lines_are_paired_and_numbered():
    pairs = compare_programs("a\nb\nc", "a\nx\nc\nd")
    assert [(pair.kind.value, pair.old_number, pair.new_number) for pair in pairs] == [
        ("same", 1, 1),
        ("changed", 2, 2),
        ("same", 3, 3),
        ("added", None, 4),
    ]


def test_the_archive_of_a_lab_holds_what_the_page_shows(world):
    archive = archive_of(client_of(world.ana).get(f"/labs/{LAB}/work.zip"))
    facts = json.loads(archive.read("work.json"))
    rows = work_of(user=world.ana, lab_id=LAB)
    assert [item["id"] for item in facts] == [
        str(row.submission.public_id) for row in rows
    ]
    assert [item["checks_passed"] for item in facts] == [row.passed for row in rows]
    for item, row in zip(facts, rows, strict=True):
        for name, text in row.submission.files.items():
            assert archive.read(f"{item['folder']}/{name}").decode() == text
    assert "person.json" not in archive.namelist()


def test_own_data_is_all_of_a_persons_and_nobody_elses(reader, student):
    make_submission(make_user(), files={"job.sql": "SELECT 'theirs'"})
    make_submission(student, files={"job.sql": "SELECT 'mine'"})
    reader.get("/lessons/first/")
    reader.post(
        "/labs/first-lab/draft/",
        {"language": "sql", "source": "SELECT 'draft'", "revision": "0"},
    )
    archive = archive_of(reader.get("/own-data/potok.zip"))
    everything = b"".join(archive.read(name) for name in archive.namelist())
    person = json.loads(archive.read("person.json"))
    assert person["email"] == student.email
    assert [item["item"] for item in person["achievements"]] == ["first"]
    assert b"'mine'" in everything
    assert b"'draft'" in everything
    assert b"'theirs'" not in everything
    assert student.password.encode() not in everything


def test_the_rows_of_two_attempts_are_compared(db):
    world = build_world()
    made = world.submissions
    reader = client_of(world.graduate)

    def page(first, second):
        return reader.get(
            "/labs/status-totals/compare/"
            f"?first={made[first].public_id}&second={made[second].public_id}"
        ).text

    text = words(page("passed", "mistake"))
    assert "Что записали программы" in text
    assert "позже 22.5 раньше 34.5" in text
    assert "Строки одинаковы." in words(page("mistake", "searched"))


@pytest.mark.parametrize(
    ("old", "new", "kinds"),
    [
        ([], [{"k": 1, "v": 1}], ["unexpected"]),
        ([{"k": 1, "v": 1}], [], ["missing"]),
        ([{"k": 1, "v": 1}], [{"k": 1, "v": 2}], ["different"]),
        (
            [{"k": 1, "v": 1}, {"k": 2, "v": 1}],
            [{"k": 2, "v": 1}, {"k": 1, "v": 1}],
            [],
        ),
        ([{"k": 1, "v": 1}] * 2, [{"k": 1, "v": 1}], ["missing"]),
    ],
)
def test_rows_are_paired_by_their_key(old, new, kinds):
    assert [kind for kind, _old, _new in differences(old, new, ["k"])] == kinds
