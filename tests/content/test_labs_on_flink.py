"""Every lab in the cell that students use: on real Kafka and Flink, or plain Python.

Right answers score full on many seeds (POTOK_SEEDS, 5 by default), also when they are
written otherwise than the solution; the starter scores nothing; each wrong answer puts
out exactly the rows that its misconception predicts (on one seed, with POTOK_TESTS=all
on five); what Flink refuses, it refuses. A program runs while the test of the one
before it is still looking at rows: ``attempts`` keeps both slots busy.
"""

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import pytest

from grading.compare import DiffKind, compare_tables
from grading.evidence import collect_evidence
from grading.stages import rows_after
from grading.verdict import Result
from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, EndRule, Language
from rehearsal.attempts import (
    Attempt,
    Program,
    solution_complaint,
    starter_complaint,
    wrong_answer_complaint,
)
from rehearsal.attempts import attempt as attempt_of
from sandbox.author import build_lab
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings
from tests.content.labs import (
    FLINK_SLUGS,
    LABS,
    PLAIN_SLUGS,
    ROOT,
    SLUGS,
    answer,
    build_of,
    changed,
    code_of,
    failed_checks,
    spec_of,
)

pytestmark = pytest.mark.flink

SEEDS = range(1, int(os.environ.get("POTOK_SEEDS", "5")) + 1)
WRONG_SEEDS = range(5 if os.environ.get("POTOK_TESTS") == "all" else 1)


@dataclass(frozen=True, slots=True)
class Case:
    """A program for a lab's stream; ``name`` is what pytest calls it."""

    slug: str
    name: str
    seed: int
    text: str
    language: Language = Language.SQL
    message: str = ""


# Other ways to write the right answer: (lab, name, text of the solution, what instead).
OTHERWISE = [
    (
        "cdc-source",
        "filter by the new row",
        "WHERE payload.op IN ('r', 'c', 'u');",
        "WHERE payload.`after` IS NOT NULL;",
    ),
    (
        "cdc-source",
        "filter out deletes",
        "WHERE payload.op IN ('r', 'c', 'u');",
        "WHERE payload.op <> 'd';",
    ),
    ("cdc-source", "four jobs", "EXECUTE STATEMENT SET\nBEGIN\n", ""),
    (
        "realtime-dashboard",
        "products wait for five seconds too",
        "WATERMARK FOR changed_at AS changed_at",
        "WATERMARK FOR changed_at AS changed_at - INTERVAL '5' SECOND",
    ),
    (
        "realtime-dashboard",
        "the average by hand",
        "COUNT(*), AVG(amount)",
        "COUNT(*), CAST(SUM(amount) / COUNT(*) AS DECIMAL(12, 2))",
    ),
]

# Mistakes that never run: (lab, name, text of the solution, what instead, the message).
REFUSED = [
    (
        "cdc-source",
        "plain sink for a count",
        "'connector' = 'upsert-kafka',\n  'topic' = 'bad_rows'",
        "'connector' = 'kafka',\n  'topic' = 'bad_rows'",
        "doesn't support defining PRIMARY KEY",
    ),
    (
        "realtime-dashboard",
        "no window_end",
        "GROUP BY window_start, window_end, status",
        "GROUP BY window_start, status",
        "window_end",
    ),
    (
        "realtime-dashboard",
        "session of all customers",
        "TABLE orders PARTITION BY customer, DESCRIPTOR",
        "TABLE orders, DESCRIPTOR",
        "doesn't support consuming update changes",
    ),
    (
        "realtime-dashboard",
        "size and step exchanged",
        "INTERVAL '1' MINUTE, INTERVAL '5' MINUTE",
        "INTERVAL '5' MINUTE, INTERVAL '1' MINUTE",
        "size must be an integral multiple of slide",
    ),
    (
        "realtime-dashboard",
        "regular join",
        "LEFT JOIN products FOR SYSTEM_TIME AS OF o.ordered_at AS p",
        "LEFT JOIN products AS p",
        "doesn't support consuming update and delete changes",
    ),
    (
        "realtime-dashboard",
        "no watermark on products",
        ",\n  WATERMARK FOR changed_at AS changed_at",
        "",
        "requires both primary key and row time attribute",
    ),
    (
        "realtime-dashboard",
        "event time cast away",
        "  ordered_at\nFROM orders_cdc",
        "  CAST(ordered_at AS TIMESTAMP(3)) AS ordered_at\nFROM orders_cdc",
        "time attribute",
    ),
]


def solutions() -> Iterator[Case]:
    for slug in FLINK_SLUGS:
        for seed in SEEDS:
            yield Case(slug, "sql", seed, answer(slug, "solution.sql"))
        for seed in SEEDS[:2]:
            text = answer(slug, "solution.py")
            yield Case(slug, "pyflink", seed, text, Language.PYFLINK)
    for slug in PLAIN_SLUGS:
        for seed in SEEDS[:2]:
            text = answer(slug, "solution.py")
            yield Case(slug, "python", seed, text, Language.PYTHON)


def other_solutions() -> Iterator[Case]:
    for slug, name, old, new in OTHERWISE:
        text = changed(answer(slug, "solution.sql"), old, new)
        if name == "four jobs":
            text = changed(text, "END;\n", "")
        yield Case(slug, name, 7, text)


def starters() -> Iterator[Case]:
    for slug in SLUGS:
        for starter in spec_of(slug).starters:
            text = (LABS / slug / "given" / starter.name).read_text("utf-8")
            yield Case(slug, starter.name, 1, text, starter.language)


def wrong_answers() -> Iterator[Case]:
    for slug in SLUGS:
        language = Language.PYTHON if slug in PLAIN_SLUGS else Language.SQL
        paths = sorted((LABS / slug).glob("answers/wrong/*"))
        for number, path in enumerate(paths):
            for seed in WRONG_SEEDS:
                text = path.read_text("utf-8")
                case = 101 + number + 100 * seed
                yield Case(slug, path.stem, case, text, language)


def refused_programs() -> Iterator[Case]:
    for slug, name, old, new, message in REFUSED:
        text = changed(answer(slug, "solution.sql"), old, new)
        yield Case(slug, name, 7, text, message=message)


def cases(found: Iterable[Case]) -> pytest.MarkDecorator:
    """Return the parametrisation of a test by cases."""
    listed = list(found)
    ids = [f"{case.slug}-{case.name}-{case.seed}" for case in listed]
    return pytest.mark.parametrize("case", listed, ids=ids)


@pytest.fixture(scope="module")
def attempts(
    request: pytest.FixtureRequest, pool: SlotPool
) -> Iterator[dict[str, Future[Attempt]]]:
    """Run the cases of all tests that were selected, two at a time, in their order.

    Tests of equal cases share one run.
    """
    executor = ThreadPoolExecutor(2, thread_name_prefix="attempt")
    started: dict[str, Future[Attempt]] = {}
    known: dict[Case, Future[Attempt]] = {}
    for item in request.session.items:
        case = getattr(getattr(item, "callspec", None), "params", {}).get("case")
        if item.path == request.path and isinstance(case, Case):
            if case not in known:
                known[case] = executor.submit(make_attempt, pool, case)
            started[item.nodeid] = known[case]
    yield started
    executor.shutdown(cancel_futures=True)


@pytest.fixture
def attempt(
    request: pytest.FixtureRequest, attempts: dict[str, Future[Attempt]]
) -> Attempt:
    """What came of the test's own case."""
    return attempts[request.node.nodeid].result(timeout=600)


@pytest.mark.parametrize("slug", SLUGS)
def test_the_jail_builds_what_the_code_says(slug, settings: SandboxSettings):
    built = build_lab(
        image=settings.image, release_files=ROOT, lab=slug, seed=3, with_states=True
    )
    plain = build_of(slug, 3)
    assert built.stages == plain.stages
    assert built.expected == plain.expected
    assert built.misconceptions == plain.misconceptions
    assert built.after == plain.after
    assert built.library_version


def test_the_jail_builds_variations(settings: SandboxSettings):
    slug, name = "realtime-dashboard", "another-order"
    built = build_lab(
        image=settings.image, release_files=ROOT, lab=slug, seed=3, variation=name
    )
    assert built.stages == code_of(slug).varied(3, name).stages


@cases(solutions())
def test_the_solution_scores_full(case: Case, attempt: Attempt):
    assert_passed(case, attempt)
    if case.language is Language.SQL:
        assert attempt.outcome.end_rule is EndRule.CLOSING_ROWS


@cases(other_solutions())
def test_another_right_answer_scores_full(case: Case, attempt: Attempt):
    assert_passed(case, attempt)


@cases(
    Case(slug, "sql", SEEDS[0], answer(slug, "solution.sql")) for slug in FLINK_SLUGS
)
def test_the_solution_stands_after_each_stage_where_the_oracle_says(
    case: Case, attempt: Attempt
):
    """A row may be read late on a busy machine; none can come before its stage."""
    evidence = collect_evidence(
        lab=spec_of(case.slug), build=attempt.build, outcome=attempt.outcome
    )
    for name, found in evidence.items():
        if found.output.mode != "append":
            continue
        for stage in found.stages:
            state, rows = found.state_after(stage), rows_after(found, stage)
            diff = compare_tables(state, rows, found.output)
            early = [row for row in diff.rows if row.kind is not DiffKind.MISSING]
            assert early == [], f"{name} after {stage}"
        assert len(state) == len(rows)


@cases(starters())
def test_the_starter_scores_nothing(case: Case, attempt: Attempt):
    assert starter_complaint(attempt) is None


@cases(wrong_answers())
def test_a_wrong_answer_does_what_its_misconception_says(case: Case, attempt: Attempt):
    spec = spec_of(case.slug)
    known = next(item for item in spec.misconceptions if item.id == case.name)
    assert wrong_answer_complaint(spec, known, attempt) is None
    assert attempt.verdict.first_wrong is not None


@cases(
    [
        Case(
            "realtime-dashboard",
            "a bound of four seconds",
            1,
            changed(
                answer("realtime-dashboard", "solution.sql"),
                "INTERVAL '5' SECOND",
                "INTERVAL '4' SECOND",
            ),
        )
    ]
)
def test_a_bound_that_is_too_small_fails_on_the_varied_stream_only(
    case: Case, attempt: Attempt
):
    assert failed_checks(attempt.verdict) == {"another-order"}
    assert attempt.verdict.result is Result.FAILED
    assert attempt.verdict.points == 90


@cases(refused_programs())
def test_flink_itself_refuses(case: Case, attempt: Attempt):
    assert attempt.outcome.ending is Ending.LEARNER_ERROR
    assert attempt.outcome.error is not None
    assert case.message in attempt.outcome.error.message
    assert attempt.verdict.points == 0


def make_attempt(pool: SlotPool, case: Case) -> Attempt:
    """Run the case, and once more on each varied stream if all checks pass."""

    def build(seed: int, variation: str | None) -> LabBuild:
        if variation is None:
            return build_of(case.slug, seed)
        return code_of(case.slug).varied(seed, variation)

    program = Program(case.text, case.language, case.seed)
    return attempt_of(pool, spec_of(case.slug), program, build)


def assert_passed(case: Case, attempt: Attempt) -> None:
    """The run completed and every check passed, on the varied streams too."""
    assert solution_complaint(spec_of(case.slug), attempt) is None
    assert attempt.verdict.points == 100
