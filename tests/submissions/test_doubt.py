"""Doubtful endings and the control run that settles them."""

import pytest

from classroom.explanations import explain_error
from lab_protocol.messages import Ending, LearnerError
from lab_protocol.wire import to_jsonable
from submissions.doubt import as_own_fault, is_doubtful, reference_solution
from submissions.execution import execute
from submissions.lifecycle import claim_next
from submissions.models import Alert, Submission
from tests.factories import lab_spec, make_catalogue, make_lab, make_submission
from tests.submissions.scripted import SOLUTION, WRONG, ScriptedEngine, outcome

ENDED = LearnerError("EnvironmentEnded", "the program ended its own environment")


@pytest.fixture
def tree(monkeypatch, tmp_path, settings):
    settings.LAB_RETRY_SECONDS = 0
    answers = tmp_path / "labs/first-lab/answers"
    answers.mkdir(parents=True)
    (answers / "solution.sql").write_text(SOLUTION)
    monkeypatch.setattr("submissions.execution.release_tree", lambda release: tmp_path)
    return tmp_path


def failing(ending, **fields):
    """Return an engine on which the student's program ends so."""
    engine = ScriptedEngine()
    engine.answer = outcome(ending, value=None, **fields)
    return engine


def verdict_of(submission):
    return submission.verdicts.values_list("result", "ending").get()


@pytest.mark.parametrize(
    ("given", "doubtful"),
    [
        (outcome(), False),
        (outcome(Ending.COMPLETED, value=None), False),
        (outcome(Ending.LEARNER_ERROR, error=ENDED), True),
        (outcome(Ending.LEARNER_ERROR, error=LearnerError("MachineEnded", "3")), True),
        (outcome(Ending.LEARNER_ERROR, error=LearnerError("BrokerHeld", "")), True),
        (
            outcome(
                Ending.LEARNER_ERROR,
                error=LearnerError("SqlParserException", "at line 3"),
            ),
            False,
        ),
        (
            outcome(
                Ending.LEARNER_ERROR,
                error=LearnerError(
                    "JobFailed",
                    "TimeoutException: Timed out waiting for a node assignment",
                ),
            ),
            True,
        ),
        (outcome(Ending.TIME_LIMIT, value=None), True),
        (outcome(Ending.TIME_LIMIT, value=None, jobs_seen=1), False),
        (outcome(Ending.TIME_LIMIT), False),
        (outcome(Ending.MEMORY_LIMIT, value=None), False),
        (outcome(Ending.OUTPUT_LIMIT), False),
        (outcome(Ending.CANCELLED, value=None), False),
        (outcome(Ending.PLATFORM_FAULT, value=None), False),
    ],
)
def test_what_is_doubtful(given, doubtful):
    assert is_doubtful(given) is doubtful


@pytest.mark.django_db(transaction=True)
class TestControl:
    @pytest.fixture(autouse=True)
    def _course(self, tree):
        make_catalogue()

    def test_a_program_that_ends_its_box_is_a_learners_error(self):
        submission = make_submission()
        engine = failing(Ending.LEARNER_ERROR, error=ENDED)
        execute(claim_next(worker="w"), engine)
        assert verdict_of(submission) == ("failed", "learner_error")
        first, control, second = engine.requests
        assert control.files == {"job.sql": SOLUTION}
        assert second.files == first.files
        assert len({first.run_id, control.run_id, second.run_id}) == 3
        tried, control = submission.runs.all()
        assert (tried.kind, tried.ending) == ("try", "learner_error")
        assert (control.kind, control.ending) == ("control", "completed")
        assert control.detail == "passed"
        assert control.report["outputs"]["totals"]["count"] == 1

    def test_an_environment_that_ends_only_once_is_not_the_programs_fault(self):
        submission = make_submission()
        engine = failing(Ending.LEARNER_ERROR, error=ENDED)

        def recover(request, watch):
            if len(engine.requests) == 3:
                engine.answer = outcome()

        engine.during = recover
        execute(claim_next(worker="w"), engine)
        assert verdict_of(submission) == ("passed", "completed")
        assert [run.kind for run in submission.runs.all()] == ["try", "control"]

    def test_what_a_program_cannot_reach_is_not_asked_for_twice(self):
        submission = make_submission()
        error = LearnerError("JobFailed", "TimeoutException: Timed out waiting for")
        engine = failing(Ending.LEARNER_ERROR, error=error)
        execute(claim_next(worker="w"), engine)
        assert verdict_of(submission) == ("failed", "learner_error")
        assert len(engine.requests) == 2

    def test_where_the_solution_fails_too_it_is_the_platforms_fault(self):
        submission = make_submission()
        engine = failing(Ending.LEARNER_ERROR, error=ENDED)
        engine.control = outcome(Ending.LEARNER_ERROR, value=None, error=ENDED)
        for _ in range(3):
            execute(claim_next(worker="w"), engine)
        assert claim_next(worker="w") is None
        assert verdict_of(submission) == ("none", "platform_fault")
        assert submission.runs.tries().count() == 3
        assert submission.runs.controls().count() == 3
        alert = Alert.objects.get()
        assert (alert.code, alert.subject) == ("control-failed", "first-lab")
        assert alert.submission == submission

    def test_a_solution_with_wrong_rows_is_a_failed_control(self):
        submission = make_submission()
        engine = failing(Ending.LEARNER_ERROR, error=ENDED)
        engine.control = outcome(value=WRONG)
        execute(claim_next(worker="w"), engine)
        submission.refresh_from_db()
        assert submission.state == "queued"
        assert submission.runs.tries().get().ending == "platform_fault"

    def test_a_broker_that_dies_once_is_only_tried_again(self):
        submission = make_submission()
        execute(
            claim_next(worker="w"),
            failing(Ending.PLATFORM_FAULT, detail="broker_died"),
        )
        assert not submission.runs.controls().exists()
        execute(claim_next(worker="w"), ScriptedEngine())
        assert verdict_of(submission) == ("passed", "completed")

    def test_a_program_that_kills_its_cell_every_time_is_a_learners_error(self):
        submission = make_submission()
        for _ in range(3):
            execute(
                claim_next(worker="w"),
                failing(Ending.PLATFORM_FAULT, detail="broker_died"),
            )
        assert verdict_of(submission) == ("failed", "learner_error")
        assert submission.runs.controls().count() == 1
        last = submission.runs.tries().last()
        assert last.report["error"]["kind"] == "CellEnded"
        assert not Alert.objects.exists()

    def test_a_control_does_not_move_the_shown_state_back(self):
        submission = make_submission()
        states = []

        def look(request, watch):
            states.append(Submission.objects.get().state)

        engine = failing(Ending.LEARNER_ERROR, error=ENDED)
        engine.during = look
        execute(claim_next(worker="w"), engine)
        assert states == ["running", "checking", "checking"]
        run = submission.runs.tries().get()
        assert run.running_at <= run.checking_at <= run.ended_at

    def test_a_cancel_during_the_control_blames_nobody(self):
        submission = make_submission()
        for _ in range(2):
            execute(claim_next(worker="w"), failing(Ending.PLATFORM_FAULT))
        engine = failing(Ending.PLATFORM_FAULT)
        engine.control = outcome(Ending.CANCELLED, value=None)
        execute(claim_next(worker="w"), engine)
        assert verdict_of(submission) == ("none", "platform_fault")


def test_the_solution_of_another_language_does_where_there_is_no_own(tree):
    lab = make_lab(lab_spec())
    assert reference_solution(tree, lab, "pyflink") == ("sql", {"job.sql": SOLUTION})
    (tree / "labs/first-lab/answers/solution.py").write_text("py")
    assert reference_solution(tree, lab, "pyflink") == ("pyflink", {"job.py": "py"})
    assert reference_solution(tree, make_lab(lab_spec("other")), "sql") is None


def test_a_program_that_brings_its_cell_down_is_told_so_in_plain_words():
    error = as_own_fault(outcome(Ending.PLATFORM_FAULT, value=None)).error
    view = explain_error(to_jsonable(error), files={"job.sql": ""}, language="ru")
    assert view.code == "run-program-left"
