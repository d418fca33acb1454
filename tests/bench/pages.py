"""Pages at rest: a lesson, a large cohort's matrix and its CSV, a large import."""

import gzip
import re
import shutil
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path

from django.db import connection
from django.db.models.functions import Now
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from curriculum.catalogue import CourseContent
from curriculum.models import Release
from submissions.models import Submission, Verdict
from tests.bench.browser import Person
from tests.bench.meter import peak_mib
from tests.factories import lab_spec, make_cohort, make_lab, make_lesson, make_release
from tests.site import ROOT, Site

LESSON = "pyflink-cdc-connector"
LAB = "cdc-source"
_LESSONS = 30


def lesson_page(person: Person) -> dict[str, float]:
    """Time and weigh a lesson as a signed-in student gets it."""
    path = f"/lessons/{LESSON}/"
    html = person.get(path)
    loaded = set(re.findall(r'(?:src|href)="(/static/[^"]+)"', html))
    return {
        "lesson_page_ms": _median_ms(lambda: person.get(path), 20),
        "lesson_page_kib": len(gzip.compress(html.encode(), 6)) / 1024,
        "lesson_page_requests": 1 + len(loaded),
    }


def large_cohorts(site: Site) -> dict[str, float]:
    """Time the matrix of 500 students and 30 labs, and the CSV of 10 000 students.

    Replaces the active release by one of 30 lessons: nothing is run after this.
    """
    names = [f"lesson-{number:02}" for number in range(_LESSONS)]
    content = CourseContent(
        lessons=tuple(
            make_lesson(name, order=number + 1, labs=[f"{name}-lab"])
            for number, name in enumerate(names)
        ),
        labs=tuple(make_lab(lab_spec(f"{name}-lab", name)) for name in names),
    )
    release = make_release(content)
    teacher = User.objects.create_user("bench-teacher")
    for slug, count in (("bench-500", 500), ("bench-10k", 10_000)):
        people = User.objects.bulk_create(
            User(username=f"{slug}-{number:05}") for number in range(count)
        )
        make_cohort(slug=slug, title=slug, students=people, instructors=[teacher])
        _attempts(people[:500], release, names[:3])
    person = Person.known(site.url, teacher)
    path = "/review/cohorts/bench-500/"
    person.get(path)
    client = Client()
    client.force_login(teacher)
    with CaptureQueriesContext(connection) as queries:
        if client.get(path, headers={"host": "127.0.0.1"}).status_code != 200:
            raise RuntimeError(f"{path} was refused")
    numbers = {
        "cohort_500x30_ms": _median_ms(lambda: person.get(path), 5),
        "cohort_500x30_queries": float(len(queries)),
    }
    begin = time.perf_counter()
    rows = person.get("/review/cohorts/bench-10k/progress.csv").count("\n")
    numbers["csv_10k_s"] = time.perf_counter() - begin
    if rows < 10_001:
        raise RuntimeError(f"the CSV has {rows} lines")
    numbers["csv_10k_mib"] = peak_mib(site.web.pid) if site.web is not None else 0.0
    return numbers


def large_import(site: Site, folder: Path) -> dict[str, float]:
    """Time the import of 200 lessons and labs: the course and long copies of one."""
    for name in ("lessons", "labs"):
        shutil.copytree(
            ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    source = next((ROOT / "lessons").glob(f"*{LESSON}"))
    present = sum(1 for _ in (ROOT / "lessons").glob("*/ru.md"))
    for number in range(present + 1, 201):
        target = folder / "lessons" / f"{number:03}-lesson-{number:03}"
        lab = folder / "labs" / f"lab-{number:03}"
        shutil.copytree(source, target)
        shutil.copytree(folder / "labs" / LAB, lab)
        spec = (lab / "lab.yaml").read_text("utf-8")
        spec = re.sub(r"^id: .*$", f"id: {lab.name}", spec, count=1, flags=re.M)
        spec = re.sub(
            r"^lesson: .*$", f"lesson: lesson-{number:03}", spec, count=1, flags=re.M
        )
        (lab / "lab.yaml").write_text(spec, "utf-8")
        for text in target.glob("*.md"):
            front = text.read_text("utf-8")
            front = re.sub(
                r"^id: .*$", f"id: lesson-{number:03}", front, count=1, flags=re.M
            )
            front = re.sub(
                r"^order: .*$", f"order: {number}", front, count=1, flags=re.M
            )
            front = re.sub(
                r"^labs: .*$", f"labs: [{lab.name}]", front, count=1, flags=re.M
            )
            text.write_text(front, "utf-8")
    begin = time.perf_counter()
    done = subprocess.run(
        [
            *(sys.executable, ROOT / "manage.py", "import_course"),
            *("--root", str(folder), "--no-activate"),
        ],
        env=site.environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    took = time.perf_counter() - begin
    if done.returncode:
        raise RuntimeError(f"the import failed: {done.stderr[-2000:]}")
    return {"import_200_s": took}


def _attempts(people: list[User], release: Release, lessons: list[str]) -> None:
    """Give each person a finished attempt in each of ``lessons``."""
    for name in lessons:
        rows = Submission.objects.bulk_create(
            _unsaved(user, release, f"{name}-lab") for user in people
        )
        Verdict.objects.bulk_create(
            Verdict(
                submission=row,
                generation=row.generation,
                result=Verdict.Result.FAILED,
                ending="completed",
            )
            for row in rows
        )


def _unsaved(user: User, release: Release, lab: str) -> Submission:
    return Submission(
        user=user,
        release=release,
        lab=lab,
        kind=Submission.Kind.SUBMIT,
        language="sql",
        files={"job.sql": "SELECT 1;"},
        seed=7,
        idempotency_key=uuid.uuid4(),
        state=Submission.State.FINISHED,
        finished_at=Now(),
    )


def _median_ms(action: Callable[[], object], times: int) -> float:
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        action()
        taken.append((time.perf_counter() - begin) * 1000)
    return statistics.median(taken)
