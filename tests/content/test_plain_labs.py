"""Labs of plain Python without a cell: the same files, the same program, 50 seeds.

``test_labs_on_flink.py`` runs them in the cell too, on few seeds.
"""

import ast
import os
from pathlib import Path

import pytest

from curriculum.fences import Engine, find_fences
from lab_protocol.messages import Ending
from rehearsal.attempts import (
    solution_complaint,
    starter_complaint,
    wrong_answer_complaint,
)
from tests.content.labs import LABS, PLAIN_SLUGS, ROOT, answer, changed, spec_of
from tests.content.plain_programs import attempt

ALL = os.environ.get("POTOK_TESTS") == "all"
SEEDS = 50 if ALL else 5
WRONG_SEEDS = SEEDS if ALL else 2
WRONG = [
    (slug, path.stem)
    for slug in PLAIN_SLUGS
    for path in sorted((LABS / slug).glob("answers/wrong/*.py"))
]
FOLD = "fold-the-topic"


@pytest.mark.parametrize("slug", PLAIN_SLUGS)
@pytest.mark.parametrize("seed", range(SEEDS))
def test_the_solution_scores_full(slug, seed):
    made = attempt(slug, seed, answer(slug, "solution.py"))
    assert solution_complaint(spec_of(slug), made) is None
    assert made.verdict.points == 100


@pytest.mark.parametrize("slug", PLAIN_SLUGS)
def test_the_starter_runs_and_scores_nothing(slug):
    [starter] = spec_of(slug).starters
    text = (LABS / slug / "given" / starter.name).read_text("utf-8")
    assert starter_complaint(attempt(slug, 1, text)) is None


@pytest.mark.parametrize(("slug", "mistake"), WRONG)
def test_a_wrong_answer_does_what_its_misconception_says(slug, mistake):
    spec = spec_of(slug)
    known = next(item for item in spec.misconceptions if item.id == mistake)
    for seed in range(WRONG_SEEDS):
        made = attempt(slug, seed, answer(slug, f"wrong/{mistake}.py"))
        assert wrong_answer_complaint(spec, known, made) is None, f"seed {seed}"


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
    assert solution_complaint(spec_of(FOLD), attempt(FOLD, 3, text)) is None


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
        made = attempt(FOLD, seed, text)
        assert made.outcome.ending is Ending.COMPLETED
        assert made.failed_checks == {"reservations", "operations", "source-lag"}
        assert made.verdict.points == 40
