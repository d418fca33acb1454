"""Finished submissions and a cohort with every state in it."""

from datetime import timedelta
from uuid import uuid4

from django.utils import timezone

from submissions.models import Run, Submission, Verdict

SUMMARY = {"passed": "all-checks-passed", "failed": "rows-differ", "none": "cancelled"}


def finish(submission: Submission, result: str, *, ending="completed", mistake=None):
    """Give a submission its run and verdict, as a worker would have left them."""
    run = Run.objects.create(
        submission=submission,
        number=1,
        token=uuid4(),
        worker="tests",
        ended_at=timezone.now(),
        ending=ending,
        report=run_report(),
    )
    Verdict.objects.create(
        submission=submission,
        generation=submission.generation,
        run=run,
        result=result,
        ending=ending,
        points=10 if result == "passed" else 0,
        max_points=10,
        report=verdict_report(result, mistake),
    )
    submission.state = "cancelled" if ending == "cancelled" else "finished"
    submission.tries = 1
    submission.finished_at = submission.created_at + timedelta(seconds=2)
    submission.save()
    return submission


def run_report():
    """Return what a worker stores of a run without rows."""
    return {
        "version": 1,
        "outputs": {},
        "stdout": "",
        "stderr": "",
        "stdout_truncated": False,
        "stderr_truncated": False,
        "error": None,
        "end_rule": "closing_rows",
        "warm": True,
        "cpu_seconds": 1.0,
        "peak_memory_bytes": 1,
        "timings": {"ended": 1.0},
    }


def verdict_report(result, mistake=None):
    """Return a verdict's report with the one check of the tests' labs."""
    passed = result == "passed"
    return {
        "version": 1,
        "summary": {
            "code": SUMMARY[result],
            "params": {"passed": int(passed), "checks": 1},
        },
        "misconception": mistake,
        "checks": [
            {
                "id": "totals-right",
                "output": "totals",
                "passed": passed,
                "points": 10 if passed else 0,
                "max_points": 10,
                "code": "rows-equal" if passed else "rows-differ",
                "params": {
                    "rows": 2,
                    "samples": [],
                    "missing": 0 if passed else 1,
                    "unexpected": 0,
                    "different": 0,
                },
                "diff": None,
            }
        ],
        "events": {},
    }
