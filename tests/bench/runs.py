"""One submit through the product, and where its time went.

Times are the database's: from just before the POST to the verdict's row. The bench
reads the database itself; nothing but the POST touches the web process.
"""

import statistics
import time
from dataclasses import dataclass

from submissions.models import Run, Submission, Verdict
from tests.bench.browser import Person

_WAIT_SECONDS = 240.0
STEPS = (
    ("POST answered by a stored row", "stored"),
    ("leased by the worker", "leased"),
    ("stream and oracle built in their jail", "built"),
    ("topics made, first stage written, program sent", "job_sent"),
    ("planned, started, first row read", "first_row"),
    ("other stages, last row read", "last_row"),
    ("end of the run decided", "decided"),
    ("box dead", "killed"),
    ("rest of the outputs read", "ended"),
    ("judged, verdict written", "verdict"),
)


@dataclass(frozen=True, slots=True)
class Timed:
    """A submit: its seconds, when (since the POST) each step was over, its run."""

    seconds: float
    ends: dict[str, float]
    warm: bool
    ending: str


def send(person: Person, lab: str, source: str) -> tuple[str, float]:
    """Post a submit; its public id and when it was sent, in seconds since 1970."""
    sent = time.time()
    return person.post_program(lab, source), sent


def await_verdict(public_id: str, seconds: float = _WAIT_SECONDS) -> Verdict:
    """Return the verdict as soon as the database has it; TimeoutError without one."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        found = Verdict.objects.filter(submission__public_id=public_id).first()
        if found is not None:
            return found
        time.sleep(0.02)
    raise TimeoutError(f"submission {public_id} has no verdict")


def submit(person: Person, lab: str, source: str) -> Timed:
    """Submit the solution and time it; RuntimeError where it did not pass."""
    public_id, sent = send(person, lab, source)
    verdict = await_verdict(public_id)
    if verdict.result != Verdict.Result.PASSED:
        raise RuntimeError(f"the solution was {verdict.result}: {verdict.report}")
    submission = Submission.objects.get(pk=verdict.submission_id)
    run = Run.objects.get(pk=verdict.run_id)
    timings = run.report["timings"]
    # The agent's clock begins when it takes the request; `running` is written when it
    # has sent the program.
    began = run.running_at.timestamp() - timings["job_sent"] - sent
    inside = ("job_sent", "first_row", "last_row", "decided", "killed", "ended")
    ends = {
        "stored": submission.created_at.timestamp() - sent,
        "leased": run.leased_at.timestamp() - sent,
        "built": began,
        **{name: began + timings[name] for name in inside},
        "verdict": verdict.created_at.timestamp() - sent,
    }
    return Timed(ends["verdict"], ends, bool(run.report.get("warm")), str(run.ending))


def breakdown(runs: list[Timed]) -> dict[str, float]:
    """Return the median seconds of each step."""
    result = {}
    before = "sent"
    for _, name in STEPS:
        result[name] = statistics.median(
            run.ends[name] - run.ends.get(before, 0.0) for run in runs
        )
        before = name
    return result
