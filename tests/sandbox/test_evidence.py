"""What a real box tells of its jobs, by the time that a verdict leaves for it.

Plan and counts come first and are always there; watermarks, restarts and checkpoints
only where the box answers within 50 ms, which a busy machine may not.
"""

import pytest

from lab_protocol.evidence import Job, read_evidence
from lab_protocol.messages import Ending, JobSetup
from tests.sandbox.programs import PLAIN, TUMBLE

pytestmark = pytest.mark.flink
RUNS = 5


def is_whole(job: Job) -> bool:
    return (
        job.restarts is not None
        and job.checkpoints is not None
        and job.vertices[-1].watermark is not None
    )


def test_a_window_query_with_checkpoints_tells_every_part(run):
    for _ in range(RUNS):
        outcome = run(TUMBLE, setup=JobSetup(checkpoint_interval_ms=200))
        assert outcome.ending is Ending.COMPLETED, outcome
        [job] = read_evidence(outcome.evidence)
        first, *_, last = job.vertices
        assert job.state == "RUNNING"
        assert "[TUMBLE(time_col=[at], size=[1 min])]" in job.plan
        assert "Source" in first.name
        assert (first.inputs, last.inputs) == ((), ((1, "HASH"),))
        assert first.read is not None
        assert first.read > 0
        if is_whole(job):
            break
    assert is_whole(job), job
    for told in (
        "INFO  ExecutionGraph: Job",
        "INFO  CheckpointCoordinator: Completed checkpoint",
        "INFO  KafkaSourceEnumerator: Discovered new partitions",
    ):
        assert told in outcome.stderr, told
    assert job.restarts == 0
    assert job.checkpoints.completed > 0
    assert job.checkpoints.size > 0


def test_a_job_that_failed_tells_where(run):
    outcome = run(PLAIN.replace("amount FROM", "1 / (amount - amount) FROM"))
    assert outcome.ending is Ending.LEARNER_ERROR
    [job] = read_evidence(outcome.evidence)
    assert job.state in ("FAILED", "FAILING")
    assert any(vertex.state == "FAILED" for vertex in job.vertices)
