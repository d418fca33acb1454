"""Every lab on real Kafka and real Flink, in the cell that students use.

Right answers score full on many seeds (POTOK_SEEDS, 5 by default), also when they are
written otherwise than the solution; the starter scores nothing; each wrong answer puts
out exactly the rows that its misconception predicts; what Flink refuses, it refuses.
"""

import os
from pathlib import Path

import pytest

from grading.changelog import read_changelog, read_expected
from grading.compare import compare_tables
from grading.verdict import Result, Verdict
from lab_protocol.author import LabBuild
from lab_protocol.messages import (
    ClosingRow,
    Ending,
    EndRule,
    Language,
    RunOutcome,
    RunRequest,
    Topic,
)
from sandbox.author import build_lab
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings
from tests.content.labs import (
    LABS,
    ROOT,
    SLUGS,
    build_of,
    failed_checks,
    graded,
    spec_of,
)

pytestmark = pytest.mark.flink

SEEDS = range(1, int(os.environ.get("POTOK_SEEDS", "5")) + 1)
WRONG = [
    (slug, path, seed)
    for slug in SLUGS
    for seed, path in enumerate(sorted((LABS / slug).glob("answers/wrong/*")), 101)
]
STARTERS = [(slug, path) for slug in SLUGS for path in (LABS / slug).glob("given/*")]

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


@pytest.mark.parametrize("slug", SLUGS)
def test_the_jail_builds_what_the_code_says(slug, settings: SandboxSettings):
    built = build_lab(image=settings.image, release_files=ROOT, lab=slug, seed=3)
    plain = build_of(slug, 3)
    assert built.stages == plain.stages
    assert built.expected == plain.expected
    assert built.misconceptions == plain.misconceptions
    assert built.library_version


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("slug", SLUGS)
def test_the_solution_scores_full(slug, seed, pool: SlotPool):
    text = answer(slug, "solution.sql")
    outcome, verdict = submit(pool, slug, build_of(slug, seed), text)
    assert_passed(outcome, verdict)
    assert outcome.end_rule is EndRule.CLOSING_ROWS


@pytest.mark.parametrize("seed", SEEDS[:2])
@pytest.mark.parametrize("slug", SLUGS)
def test_the_python_solution_scores_full(slug, seed, pool: SlotPool):
    text = answer(slug, "solution.py")
    build = build_of(slug, seed)
    assert_passed(*submit(pool, slug, build, text, Language.PYFLINK))


@pytest.mark.parametrize(
    ("slug", "name", "old", "new"), OTHERWISE, ids=[case[1] for case in OTHERWISE]
)
def test_another_right_answer_scores_full(slug, name, old, new, pool: SlotPool):
    text = changed(answer(slug, "solution.sql"), old, new)
    if name == "four jobs":
        text = changed(text, "END;\n", "")
    assert_passed(*submit(pool, slug, build_of(slug, 7), text))


@pytest.mark.parametrize(("slug", "path"), STARTERS, ids=lambda value: str(value)[-30:])
def test_the_starter_scores_nothing(slug, path: Path, pool: SlotPool):
    language = Language.SQL if path.suffix == ".sql" else Language.PYFLINK
    build = build_of(slug, 1)
    outcome, verdict = submit(pool, slug, build, path.read_text("utf-8"), language)
    assert outcome.ending is Ending.COMPLETED, outcome.error
    assert verdict.points == 0


@pytest.mark.parametrize(
    ("slug", "path", "seed"), WRONG, ids=[path.stem for _, path, _ in WRONG]
)
def test_a_wrong_answer_does_what_its_misconception_says(
    slug, path: Path, seed, pool: SlotPool
):
    spec = spec_of(slug)
    known = next(item for item in spec.misconceptions if item.id == path.stem)
    build = build_of(slug, seed)
    outcome, verdict = submit(pool, slug, build, path.read_text("utf-8"))
    assert outcome.ending is Ending.COMPLETED, outcome.error
    for name, predicted in build.misconceptions[known.id].items():
        output = spec.outputs[name]
        rows = read_changelog(outcome.records[output.topic], output).fold()
        diff = compare_tables(read_expected(predicted, output), rows, output)
        assert diff.is_empty, f"{name}: {diff.rows[:3]}"
    assert known.check in failed_checks(verdict)
    assert verdict.misconception == known.id
    assert verdict.result is Result.FAILED


@pytest.mark.parametrize(
    ("slug", "name", "old", "new", "message"),
    REFUSED,
    ids=[case[1] for case in REFUSED],
)
def test_flink_itself_refuses(slug, name, old, new, message, pool: SlotPool):
    text = changed(answer(slug, "solution.sql"), old, new)
    outcome, verdict = submit(pool, slug, build_of(slug, 7), text)
    assert outcome.ending is Ending.LEARNER_ERROR
    assert outcome.error is not None
    assert message in outcome.error.message
    assert verdict.points == 0


def submit(
    pool: SlotPool,
    slug: str,
    build: LabBuild,
    text: str,
    language: Language = Language.SQL,
) -> tuple[RunOutcome, Verdict]:
    """Run ``text`` on the lab's stream and grade what reached the topics."""
    spec = spec_of(slug)
    name = "job.sql" if language is Language.SQL else "job.py"
    request = RunRequest(
        run_id="content",
        language=language,
        files={name: text},
        entry=name,
        inputs=tuple(Topic(item.topic, item.partitions) for item in spec.streams),
        outputs=tuple(Topic(item.topic) for item in spec.outputs.values()),
        stages=build.stages,
        closing=tuple(
            ClosingRow(item.topic, item.closing.column, item.closing.value)
            for item in spec.outputs.values()
            if item.closing is not None
        ),
        limits=spec.limits.as_limits(),
    )
    outcome = pool.run(
        request, on_progress=lambda progress: None, is_cancelled=lambda: False
    )
    return outcome, graded(slug, build, outcome)


def assert_passed(outcome: RunOutcome, verdict: Verdict) -> None:
    """The run completed and every check passed."""
    assert outcome.ending is Ending.COMPLETED, outcome.error
    wrong = {
        check.check_id: check.diff.rows[:3] if check.diff else check.code
        for check in verdict.checks
        if not check.passed
    }
    assert not wrong
    assert verdict.result is Result.PASSED
    assert verdict.points == 100


def answer(slug: str, name: str) -> str:
    """Return the text of one of the lab's answers."""
    return (LABS / slug / "answers" / name).read_text("utf-8")


def changed(text: str, old: str, new: str) -> str:
    """Return ``text`` with ``old`` replaced; it must be there."""
    assert old in text
    return text.replace(old, new)
