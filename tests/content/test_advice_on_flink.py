"""The plans that advice is tested with are what Flink prints, and get their advice.

``POTOK_TESTS=all`` writes them anew to tests/grading/plans.
"""

import json
import os

import pytest

from grading.advice import advice_on
from lab_protocol.messages import Ending, Language, Limits, RunRequest, Topic
from tests.content.plans import FOLDER, QUERIES, program

pytestmark = pytest.mark.flink


def test_flink_prints_the_plans_and_they_get_their_advice(pool):
    request = RunRequest(
        run_id="plans",
        language=Language.PYFLINK,
        files={"job.py": program()},
        entry="job.py",
        inputs=(),
        outputs=(Topic("out"),),
        stages=(),
        closing=(),
        limits=Limits(wall_seconds=60.0),
    )
    outcome = pool.run(
        request, on_progress=lambda progress: None, is_cancelled=lambda: False
    )
    assert outcome.ending is Ending.COMPLETED, outcome.error
    assert not outcome.stdout_truncated
    plans = json.loads(outcome.stdout)
    assert list(plans) == list(QUERIES)
    if os.environ.get("POTOK_TESTS") == "all":
        FOLDER.mkdir(exist_ok=True)
        for name, plan in plans.items():
            (FOLDER / f"{name}.txt").write_text(plan, "utf-8")
    for name, plan in plans.items():
        assert set(advice_on(plan)) == QUERIES[name][1], plan
