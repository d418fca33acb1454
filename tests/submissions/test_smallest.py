"""The search for the smallest failing stream: asked for, done in steps, ended."""

import json
from dataclasses import replace

import pytest

from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.messages import Ending, Event, Record, Stage
from progress.access import Locked
from progress.models import Achievement
from sandbox.errors import AuthorFault
from submissions import searching
from submissions.errors import Rejected
from submissions.execution import execute
from submissions.lifecycle import FinalWord, claim_next, finish
from submissions.models import Run, Submission
from submissions.selectors import attempts, latest_submission, open_submissions
from submissions.services import cancel
from submissions.smallest import (
    ask_for_smallest,
    can_be_searched,
    cancel_search,
    latest_search,
)
from submissions.turns import Lane
from submissions.waiting import measured_durations
from tests.factories import make_catalogue, make_submission, make_user
from tests.submissions.scripted import SOLUTION, ScriptedEngine, outcome

pytestmark = pytest.mark.django_db(transaction=True)

REPORT = {
    "summary": {"code": "rows-differ", "params": {}},
    "misconception": None,
    "checks": [{"id": "totals-right", "passed": False, "code": "rows-differ"}],
    "events": {},
}


@pytest.fixture(autouse=True)
def _course():
    make_catalogue()


@pytest.fixture(autouse=True)
def _tree(monkeypatch, tmp_path, settings):
    folder = tmp_path / "labs" / "first-lab" / "answers"
    folder.mkdir(parents=True)
    (folder / "solution.sql").write_text(SOLUTION)
    for module in ("execution", "search_try"):
        monkeypatch.setattr(
            f"submissions.{module}.release_tree", lambda release: tmp_path
        )
    settings.LAB_RETRY_SECONDS = 0


class Orders(ScriptedEngine):
    """Twenty orders, of which the program leaves out those of ``lost``."""

    def __init__(self, lost=("13",), *, solution_lost=(), during=None):
        super().__init__(during=during)
        self.lost = set(lost)
        self.solution_lost = set(solution_lost)
        self.kept = []
        self.unreadable = None

    def build(self, *, tree, lab, seed, keep=None, **_options):
        self.seeds.append(seed)
        if keep is not None:
            self.kept.append(keep)
            if self.unreadable is not None and self.unreadable(keep):
                raise AuthorFault(lab, "error", "the oracle cannot read this")
        numbers = range(20) if keep is None else keep
        return LabBuild(
            stages=(Stage("live", tuple(order(number) for number in numbers)),),
            expected={
                "totals": tuple(
                    ExpectedRow({"status": str(n), "revenue": "1"}) for n in numbers
                )
            },
        )

    def run(self, request, watch):
        self.requests.append(request)
        self.during(request, watch)
        if watch.cancelled.is_set():
            return outcome(Ending.CANCELLED, run_id=request.run_id)
        is_solution = SOLUTION in request.files.values()
        lost = self.solution_lost if is_solution else self.lost
        rows = [
            json.dumps({"status": event.key.decode(), "revenue": 1}).encode()
            for stage in request.stages
            for event in stage.events
            if event.key.decode() not in lost
        ]
        records = tuple(Record(0, n, 0, None, row, 1) for n, row in enumerate(rows))
        return replace(
            outcome(self.ending, run_id=request.run_id),
            records={"out.totals": records},
        )


def order(number):
    key = str(number).encode()
    after = {"id": number}
    return Event("orders", key, json.dumps({"op": "c", "after": after}).encode())


def failed_attempt(user=None, *, report=REPORT, result="failed", **fields):
    attempt = make_submission(user, **fields)
    lease = claim_next(worker="w")
    word = FinalWord(result, Ending.COMPLETED, 0, 10, report)
    catalogue = make_catalogue() if result == "passed" else None
    finish(lease, word=word, run_report={}, catalogue=catalogue)
    attempt.refresh_from_db()
    return attempt


def asked(**fields):
    attempt = failed_attempt(**fields)
    return ask_for_smallest(user=attempt.user, attempt=attempt)


def search_with(engine, search):
    execute(claim_next(worker="w"), engine)
    search.refresh_from_db()
    return latest_search(search.original)


def test_a_search_is_a_submission_of_the_site_on_the_public_seed():
    attempt = failed_attempt(seed=204_518_331_877)
    search = ask_for_smallest(user=attempt.user, attempt=attempt)
    assert (search.kind, search.original) == ("shrink", attempt)
    assert search.files == attempt.files
    assert search.seed == 1
    assert attempts(user=attempt.user, lab_id=attempt.lab)[0].submission == attempt
    assert latest_submission(user=attempt.user, lab_id=attempt.lab) == attempt
    assert open_submissions(user=attempt.user) == []


def test_the_one_event_is_found_and_told_with_both_sides():
    search = asked()
    engine = Orders()
    found = search_with(engine, search)
    report = found.verdict.report
    assert search.state == "finished"
    assert (found.verdict.result, found.verdict.ending) == ("none", "completed")
    assert report["summary"]["code"] == "smallest-found"
    assert (report["total"], report["is_minimal"]) == (20, True)
    part = report["part"]
    assert [event["number"] for event in part["events"]] == [13]
    assert part["check"] == "totals-right"
    assert part["expected"] == [{"status": "13", "revenue": "1"}]
    assert part["actual"] == []
    assert report["runs"] == len(engine.requests) <= searching.MAX_RUNS
    assert set(engine.seeds) == {1}
    assert SOLUTION in engine.requests[-1].files.values()
    assert not Achievement.objects.exists()


def test_a_mistake_that_the_public_stream_does_not_show_is_said_plainly():
    engine = Orders(lost=())
    found = search_with(engine, asked())
    assert found.verdict.report["summary"]["code"] == "smallest-not-shown"
    assert found.verdict.report["part"] is None
    assert len(engine.requests) == 1


def test_nothing_is_told_that_the_solution_gets_wrong_too():
    found = search_with(Orders(solution_lost=["13"]), asked())
    assert found.verdict.report["summary"]["code"] == "smallest-unproven"
    assert found.verdict.report["part"] is None


def test_a_part_that_the_oracle_cannot_read_proves_nothing():
    engine = Orders()
    engine.unreadable = lambda keep: len(keep) < 5
    report = search_with(engine, asked()).verdict.report
    assert report["summary"]["code"] == "smallest-found"
    assert report["part"]["left"] == 5


@pytest.mark.parametrize(("name", "limit"), [("MAX_RUNS", 5), ("MAX_SECONDS", 0.0)])
def test_a_search_ends_at_its_limits_with_what_it_has(monkeypatch, name, limit):
    monkeypatch.setattr(searching, name, limit)
    engine = Orders(lost=["3", "17"])
    report = search_with(engine, asked()).verdict.report
    assert report["summary"]["code"] == "smallest-found"
    assert report["is_minimal"] is False
    assert len(engine.requests) <= 5


def test_a_search_gives_way_and_goes_on_without_asking_twice():
    search = asked()
    waiting = []

    def somebody_comes(request, watch):
        if len(engine.requests) == 2:
            waiting.append(make_submission())

    engine = Orders(during=somebody_comes)
    assert search_with(engine, search).verdict is None
    assert (search.state, search.tries, search.not_before) == ("queued", 0, None)
    assert search.progress["runs"] == 2
    assert latest_search(search.original).left <= 20
    run = search.runs.get()
    assert (run.ending, run.detail) == ("cancelled", "gave-way")
    assert claim_next(worker="w").submission_id == waiting[0].pk
    Submission.objects.filter(pk=waiting[0].pk).update(
        state="finished", lease_token=None, lease_until=None
    )
    found = search_with(engine, search)
    assert [e["number"] for e in found.verdict.report["part"]["events"]] == [13]
    assert found.verdict.report["runs"] == len(engine.requests)
    asked_of = [tuple(keep) for keep in engine.kept[:-1]]
    assert len(asked_of) == len(set(asked_of))


def test_a_fault_of_the_platform_keeps_what_was_found():
    search = asked()

    def breaks(request, watch):
        engine.ending = (
            Ending.PLATFORM_FAULT if len(engine.requests) == 3 else Ending.COMPLETED
        )

    engine = Orders(during=breaks)
    search_with(engine, search)
    assert (search.state, search.tries) == ("queued", 1)
    assert search.progress["runs"] == 2
    found = search_with(engine, search)
    assert found.verdict.report["summary"]["code"] == "smallest-found"


def test_a_search_can_be_cancelled_while_it_waits_and_while_it_runs():
    search = asked()
    cancel_search(attempt=search.original)
    search.refresh_from_db()
    assert search.state == "cancelled"
    again = ask_for_smallest(user=search.user, attempt=search.original)
    assert again.pk != search.pk

    def cancelled(request, watch):
        cancel(submission=again)
        watch.cancelled.set()

    engine = Orders(during=cancelled)
    found = search_with(engine, again)
    assert again.state == "cancelled"
    assert found.verdict.ending == "cancelled"
    assert found.may_be_asked_again
    assert len(engine.requests) == 1


def test_an_answer_is_not_looked_for_twice():
    search = asked()
    search_with(Orders(), search)
    assert ask_for_smallest(user=search.user, attempt=search.original) == search


def test_a_person_has_one_search_at_a_time():
    user = make_user()
    first, second = failed_attempt(user), failed_attempt(user)
    search = ask_for_smallest(user=user, attempt=first)
    assert ask_for_smallest(user=user, attempt=first) == search
    with pytest.raises(Rejected, match="search-goes-on"):
        ask_for_smallest(user=user, attempt=second)


@pytest.mark.parametrize(
    "fields",
    [
        {"result": "passed"},
        {"is_demo": True},
        {"kind": "run"},
        {"report": REPORT | {"summary": {"code": "learner-error"}}},
        {"report": REPORT | {"checks": []}},
    ],
    ids=["passed", "demo", "run", "error", "variation-only"],
)
def test_without_a_wrong_row_there_is_nothing_to_search(fields):
    attempt = failed_attempt(**fields)
    assert not can_be_searched(attempt)
    with pytest.raises(Rejected, match="nothing-to-search"):
        ask_for_smallest(user=attempt.user, attempt=attempt)
    assert not Submission.objects.filter(kind="shrink").exists()


def test_a_search_needs_an_open_lab():
    attempt = failed_attempt()
    Submission.objects.filter(pk=attempt.pk).update(lab="second-lab")
    attempt.refresh_from_db()
    with pytest.raises(Locked):
        ask_for_smallest(user=attempt.user, attempt=attempt)


def test_searches_wait_in_the_lane_behind_all_others():
    asked()
    assert claim_next(worker="w", lanes=(Lane.SUBMIT, Lane.RUN)) is None
    assert claim_next(worker="w", lanes=(Lane.BACKGROUND,)) is not None


def test_an_attempt_that_was_judged_again_meanwhile_is_not_searched():
    search = asked()
    attempt = search.original
    attempt.verdicts.update(result="passed")
    engine = Orders()
    found = search_with(engine, search)
    assert found.verdict.ending == "cancelled"
    assert engine.requests == []


def test_a_search_says_nothing_of_how_long_a_run_takes():
    for _ in range(6):
        search = asked()
        search_with(Orders(), search)
    Run.objects.filter(submission__kind="submit").delete()
    assert measured_durations() == {}


def test_the_cell_is_told_only_of_the_events_that_are_left():
    engine = Orders()
    search_with(engine, asked())
    counts = [
        sum(len(stage.events) for stage in request.stages)
        for request in engine.requests
    ]
    assert counts[0] == 20
    assert counts[-1] == 1
    assert len({request.run_id for request in engine.requests}) == len(counts)
