"""The smallest failing stream on the real engine: a wrong answer comes down to events.

``make test`` searches for two known wrong answers, one on Flink and one in plain
Python; POTOK_TESTS=all for every one of every lab, and once without the mistake's name.
It then writes each search's line of docs/smallest.md.
"""

import time
from uuid import uuid4

import pytest
from django.test import override_settings

from curriculum.releases import activate, import_tree
from submissions.engine import CellEngine
from submissions.execution import execute
from submissions.lifecycle import claim_next
from submissions.models import Submission
from submissions.searching import MAX_RUNS
from submissions.smallest import ask_for_smallest, latest_search
from tests.content.labs import LABS, SLUGS, spec_of
from tests.content.smallest_table import ALL, write_line
from tests.factories import let_into, make_submission
from tests.site import ROOT

pytestmark = [pytest.mark.flink, pytest.mark.django_db(transaction=True)]

SLUG = "cdc-source"
WRONG = [
    (slug, path.name)
    for slug in SLUGS
    for path in sorted((LABS / slug / "answers/wrong").iterdir())
]
if not ALL:
    # The closing events show the first one too, which must not be taken for the answer.
    WRONG = [(SLUG, "deletes-from-after.sql"), ("fold-the-topic", "sign-lost.py")]


@pytest.fixture(scope="module")
def engine():
    with override_settings(LAB_SLOTS=1, LAB_SPARE_CELLS=0):
        engine = CellEngine()
        engine.start()
    yield engine
    engine.stop()


@pytest.fixture(autouse=True)
def _release(tmp_path):
    # Author's code runs as another user, who must reach the unpacked release.
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    with override_settings(LAB_VAR_DIR=tmp_path):
        activate(release=import_tree(root=ROOT))
        yield


def failed(engine, slug, file):
    """Send the wrong answer in and return its failed attempt."""
    suffix = file.rpartition(".")[2]
    starter = next(
        one for one in spec_of(slug).starters if one.name.endswith(f".{suffix}")
    )
    text = (LABS / slug / "answers" / "wrong" / file).read_text("utf-8")
    attempt = make_submission(
        lab=slug,
        language=starter.language.value,
        files={starter.name: text},
        seed=uuid4().int % 2**40,
    )
    execute(claim_next(worker="w"), engine)
    attempt.refresh_from_db()
    assert attempt.verdicts.get().result == "failed"
    let_into(attempt.user, spec_of(slug).lesson)
    return attempt


@pytest.mark.parametrize(("slug", "file"), WRONG)
def test_a_wrong_answer_comes_down_to_a_few_events(engine, slug, file):
    assert engine.is_ready, engine.detail
    name = file.partition(".")[0]
    attempt = failed(engine, slug, file)
    named = attempt.verdicts.get().report["misconception"]
    search = ask_for_smallest(user=attempt.user, attempt=attempt)
    began = time.monotonic()
    execute(claim_next(worker="w"), engine)
    seconds = time.monotonic() - began
    found = latest_search(attempt)
    report = found.verdict.report
    assert report["summary"]["code"] == "smallest-found"
    assert report["misconception"] == named == name
    part = report["part"]
    spec = next(item for item in spec_of(slug).misconceptions if item.id == name)
    assert part["check"] == spec.check
    assert 1 <= part["left"] <= 6
    assert len(part["events"]) == part["left"] < report["total"]
    assert part["expected"] != part["actual"]
    assert report["runs"] <= MAX_RUNS
    search.refresh_from_db()
    assert (search.state, search.tries) == ("finished", 1)
    if ALL:
        write_line(slug, name, report=report, seconds=seconds)


@pytest.mark.skipif(not ALL, reason="some twenty runs; make test-all")
def test_a_mistake_without_a_name_is_made_smaller_too(engine):
    """Without a name only the failing check tells whether a part still shows it."""
    attempt = failed(engine, SLUG, "deletes-counted.sql")
    verdict = attempt.verdicts.get()
    verdict.report["misconception"] = None
    verdict.save()
    ask_for_smallest(user=attempt.user, attempt=attempt)
    execute(claim_next(worker="w"), engine)
    report = latest_search(attempt).verdict.report
    assert report["summary"]["code"] == "smallest-found"
    assert report["part"]["left"] <= 6
    assert Submission.objects.filter(kind="shrink").count() == 1
