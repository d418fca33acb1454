"""A control run on the real engine: a program ends its own box, the solution passes."""

import pytest

from curriculum.releases import activate, import_tree
from submissions.engine import CellEngine
from submissions.execution import execute
from submissions.lifecycle import claim_next
from tests.factories import make_submission
from tests.site import ROOT

pytestmark = [pytest.mark.flink, pytest.mark.django_db(transaction=True)]

# The Java machine and this program share the box: both are gone before a row is read.
ENDS_ITS_BOX = "import os\n\nos._exit(7)\n"


@pytest.fixture
def engine(tmp_path, settings):
    settings.LAB_VAR_DIR = tmp_path
    # Author's code runs as another user, who must reach the unpacked release.
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    settings.LAB_SLOTS = 1
    settings.LAB_SPARE_CELLS = 0
    engine = CellEngine()
    engine.start()
    yield engine
    engine.stop()


def test_who_ends_the_own_box_gets_a_learners_error_and_not_ours(engine):
    assert engine.is_ready, engine.detail
    activate(release=import_tree(root=ROOT))
    submission = make_submission(
        lab="cdc-source", language="pyflink", files={"job.py": ENDS_ITS_BOX}
    )
    execute(claim_next(worker="w"), engine)
    verdict = submission.verdicts.get()
    assert (verdict.result, verdict.ending) == ("failed", "learner_error")
    tried, control = submission.runs.all()
    assert tried.report["error"]["kind"] == "EnvironmentEnded"
    assert (control.kind, control.ending) == ("control", "completed")
    assert control.detail.startswith("passed")
