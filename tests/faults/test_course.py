"""Faults that come with the course: an oracle that fails, a regrade of everything."""

import shutil
import statistics
import time

import pytest

from tests.faults.conftest import embedded_stage
from tests.faults.stage import SOLUTION
from tests.faults.table import fault
from tests.site import ROOT

pytestmark = [pytest.mark.flink, pytest.mark.process]

REGRADES = 500
LIVE = 6

REGRADE = """
import json
from submissions.models import Submission
from submissions.regrade import regrade
print(json.dumps(regrade(submission=Submission.objects.get(
    public_id={public_id!r})).public_id.hex))
"""
OLD_SUBMITS = """
import json, uuid
from pathlib import Path
from accounts.models import User
from curriculum.models import Release
from submissions.models import Submission, Verdict
from submissions.regrade import regrade_all
source = Path({source!r}).read_text("utf-8")
release = Release.objects.active().get()
users = User.objects.bulk_create(
    User(username=f"former-{{number}}") for number in range({count} // 10))
old = Submission.objects.bulk_create(
    Submission(user=users[number % len(users)], lab="cdc-source", release=release,
        kind="submit", language="sql", files={{"job.sql": source}}, seed=number,
        idempotency_key=uuid.uuid4(), state="finished")
    for number in range({count}))
Verdict.objects.bulk_create(
    Verdict(submission=one, generation=1, result="failed", ending="completed",
        report={{"summary": {{"code": "rows-differ"}}, "checks": []}}) for one in old)
done = regrade_all(submissions=old)
print(json.dumps([one.public_id.hex for one in done.submissions]))
"""


@fault(
    24,
    "A lab's oracle raises",
    done="a release whose oracle raises, a submit, the sound release, a regrade",
    held="no result and an alert; the regrade passes, its verdict takes the old one's"
    " place only then",
    always=True,
)
def test_24_oracle_raises(embedded, tmp_path):
    """The author's fault is the platform's, to the student; a regrade mends it."""
    for name in ("lessons", "labs"):
        shutil.copytree(ROOT / name, tmp_path / name)
    oracle = tmp_path / "labs" / "cdc-source" / "answers" / "oracle.py"
    oracle.write_text(
        oracle.read_text("utf-8") + "\n\ndef expected(*args, **kwargs):\n"
        "    raise ZeroDivisionError('a fault of the author')\n"
    )
    embedded.worker()
    try:
        embedded.site.manage("import_course", "--root", str(tmp_path))
        [sent] = embedded.send()
        embedded.wait_final(sent)
    finally:
        embedded.site.manage("import_course", "--root", str(ROOT))
    assert embedded.verdicts(sent) == [("none", "platform_fault")]
    assert embedded.alerts("author-fault") == 1
    again = embedded.site.python(REGRADE.format(public_id=sent))
    embedded.accept(again)
    assert embedded.verdicts(sent) == [("none", "platform_fault")]
    embedded.wait_final(again)
    assert embedded.verdicts(again) == [("passed", "completed")]
    assert embedded.verdicts(sent)[-1] == ("passed", "completed")
    assert embedded.alerts("author-fault") == 0
    embedded.check()


@fault(
    25,
    "500 old submits are judged again while a class sends in",
    done=f"{REGRADES} regrades queued, {LIVE} students send in one after the other",
    held="each live submit takes the next free slot",
)
def test_25_regrade_of_everything():
    """Order is what is asserted; how long a submit waited is told."""
    with embedded_stage() as stage:
        stage.worker()
        idle = [_wait_of_one(stage) for _ in range(LIVE)]
        queued = stage.site.python(
            OLD_SUBMITS.format(source=str(SOLUTION), count=REGRADES)
        )
        assert len(queued) == REGRADES
        stage.accept(*queued)
        busy = [_wait_of_one(stage) for _ in range(LIVE)]
        overtaken = stage.database.rows(_OVERTAKEN)
        assert overtaken == [], overtaken
        done = stage.database.value(
            "SELECT COUNT(*) FROM submissions_submission"
            " WHERE kind = 'regrade' AND state = 'finished'"
        )
        stage.end_workers()
        stage.note(
            f"wait for a slot, longest of {LIVE}: {max(idle):.1f} s idle,"
            f" {max(busy):.1f} s beside the regrades"
            f" (median {statistics.median(idle):.1f} and"
            f" {statistics.median(busy):.1f}); {done} regrades ended meanwhile"
        )
        stage.check(*queued)


def _wait_of_one(stage):
    """Send one in; return the seconds from its row to its lease."""
    [sent] = stage.send()
    begin = time.monotonic()
    while stage.column(sent, "state") == "queued":
        assert time.monotonic() - begin < 60, "never claimed"
        time.sleep(0.02)
    waited = time.monotonic() - begin
    stage.wait_final(sent)
    assert stage.verdicts(sent) == [("passed", "completed")]
    return waited


# Regrades that were leased while a live submit had been waiting for half a second.
_OVERTAKEN = """
SELECT live.public_id, other.public_id FROM submissions_submission live
JOIN submissions_run lr ON lr.submission_id = live.id
JOIN submissions_submission other ON other.kind = 'regrade'
JOIN submissions_run orun ON orun.submission_id = other.id
WHERE live.kind = 'submit' AND lr.number = 1
    AND julianday(orun.leased_at) > julianday(live.created_at) + 0.5 / 86400
    AND julianday(orun.leased_at) < julianday(lr.leased_at)
"""
