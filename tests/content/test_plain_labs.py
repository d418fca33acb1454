"""Labs of plain Python without a cell: the same files, the same program, 50 seeds.

``test_labs_on_flink.py`` runs them in the cell too, on few seeds.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from curriculum.fences import Engine, find_fences
from grading.changelog import read_changelog, read_expected
from grading.compare import compare_tables
from lab_protocol.messages import Ending, EndRule, Record, RunOutcome
from sandbox.cell.plain_inputs import lay_inputs
from tests.content.labs import (
    LABS,
    PLAIN_SLUGS,
    ROOT,
    answer,
    build_of,
    changed,
    failed_checks,
    graded,
    spec_of,
)

ALL = os.environ.get("POTOK_TESTS") == "all"
SEEDS = 50 if ALL else 5
WRONG_SEEDS = SEEDS if ALL else 2
WRONG = [
    (slug, path.stem)
    for slug in PLAIN_SLUGS
    for path in sorted((LABS / slug).glob("answers/wrong/*.py"))
]
FOLD = "fold-the-topic"


def ran(slug: str, seed: int, text: str) -> RunOutcome:
    """Run a program over the lab's files, with the standard library alone."""
    spec, build = spec_of(slug), build_of(slug, seed)
    with TemporaryDirectory() as folder:
        work = Path(folder)
        (work / "out").mkdir()
        events = [event for stage in build.stages for event in stage.events]
        lay_inputs(work, [stream.topic for stream in spec.streams], events)
        (work / "job.py").write_text(text, "utf-8")
        done = subprocess.run(
            [sys.executable, "-S", "-X", "utf8", "job.py"],
            cwd=work,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return RunOutcome(
            run_id="plain",
            ending=Ending.COMPLETED,
            end_rule=EndRule.BOX_EXITED,
            records={
                output.topic: rows_of(work / "out" / f"{output.topic}.jsonl")
                for output in spec.outputs.values()
            },
            stdout=done.stdout,
        )


def rows_of(file: Path) -> tuple[Record, ...]:
    lines = file.read_bytes().splitlines() if file.exists() else []
    return tuple(
        Record(
            partition=0,
            offset=offset,
            timestamp_ms=0,
            key=None,
            value=line,
            stage=1,
        )
        for offset, line in enumerate(lines)
    )


def points_of(slug: str, seed: int, text: str) -> int:
    return graded(slug, build_of(slug, seed), ran(slug, seed, text)).points


@pytest.mark.parametrize("slug", PLAIN_SLUGS)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_solution_scores_full(slug, seed):
    outcome = ran(slug, seed, answer(slug, "solution.py"))
    verdict = graded(slug, build_of(slug, seed), outcome)
    assert not failed_checks(verdict)
    assert verdict.points == 100


@pytest.mark.parametrize("slug", PLAIN_SLUGS)
def test_the_starter_runs_and_scores_nothing(slug):
    [starter] = spec_of(slug).starters
    text = (LABS / slug / "given" / starter.name).read_text("utf-8")
    outcome = ran(slug, 1, text)
    verdict = graded(slug, build_of(slug, 1), outcome)
    assert verdict.points == 0


@pytest.mark.parametrize(("slug", "mistake"), WRONG)
def test_a_wrong_answer_does_what_its_misconception_says(slug, mistake):
    spec = spec_of(slug)
    known = next(item for item in spec.misconceptions if item.id == mistake)
    for seed in range(WRONG_SEEDS):
        build = build_of(slug, seed)
        outcome = ran(slug, seed, answer(slug, f"wrong/{mistake}.py"))
        rows = {**build.expected, **build.misconceptions[mistake]}
        for name, predicted in rows.items():
            output = spec.outputs[name]
            found = read_changelog(outcome.records[output.topic], output).fold()
            diff = compare_tables(read_expected(predicted, output), found, output)
            assert diff.is_empty, f"seed {seed}, {name}: {diff.rows[:3]}"
        verdict = graded(slug, build, outcome)
        assert known.check in failed_checks(verdict), f"seed {seed}"
        assert verdict.misconception == mistake, f"seed {seed}"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        # A tombstone deletes as well as the event before it does.
        (
            "            self.rows.pop(key, None)\n",
            "            pass\n",
        ),
        # The greatest position wins, whatever the order of reading.
        (
            "        elif position > self.truncated_at:\n",
            "        elif position > max(\n"
            "            self.truncated_at, self.rows.get(key, (0, None))[0]\n"
            "        ):\n",
        ),
    ],
)
def test_other_right_answers_to_fold_the_topic_score_full(old, new):
    text = changed(answer(FOLD, "solution.py"), old, new)
    if "pass" in new:
        text = changed(
            text,
            "        if envelope is None:\n",
            "        if envelope is None:\n"
            '            fold.rows.pop(record["key"], None)\n',
        )
    assert points_of(FOLD, 3, text) == 100


def functions_of(text: Path) -> str:
    """Return the functions and imports that a lesson defines, as one reads them off."""
    nodes = [
        node
        for fence in find_fences(text.read_text("utf-8"))
        if fence.header.engine is Engine.PYTHON
        for node in ast.parse(fence.body).body
        if isinstance(node, ast.FunctionDef | ast.Import | ast.ImportFrom)
    ]
    return "\n".join(ast.unparse(node) for node in nodes)


PASTED = """
for topic in TOPICS:
    records = [(record["key"], record["value"]) for record in read_records(topic)]
    table, operations = {}, Counter()
    for key, event in changes(records):
        event = event.get("payload", event)
        apply(table, key, event)
        operations[event["op"]] += 1
    name = topic.rsplit(".", 1)[1]
    for row in table.values():
        if "amount" in row:
            raw = base64.b64decode(row["amount"])
            row["amount"] = Decimal(int.from_bytes(raw, "big", signed=True)).scaleb(-2)
            moment = EPOCH + timedelta(microseconds=row["placed_at"])
            row["placed_at"] = str(moment)[:26]
    write_rows(name, table.values())
    for op, count in operations.items():
        counted.append({"table_name": name, "op": op, "events": count})
write_rows("operations", counted)
"""


@pytest.mark.parametrize("language", ["ru", "en"])
def test_the_lessons_own_functions_do_not_pass(language):
    """Even put together with care: the lab's order of reading is another one."""
    [lesson] = (ROOT / "lessons").glob(f"01-*/{language}.md")
    starter = (LABS / FOLD / "given" / "job.py").read_text("utf-8")
    front = starter[: starter.index("# Что есть в топиках")]
    epoch = "EPOCH = datetime(1970, 1, 1)\ncounted = []\n"
    text = "\n".join([front, functions_of(lesson), epoch, PASTED])
    for seed in range(3):
        verdict = graded(FOLD, build_of(FOLD, seed), ran(FOLD, seed, text))
        assert failed_checks(verdict) == {"reservations", "operations", "source-lag"}
        assert verdict.points == 40
