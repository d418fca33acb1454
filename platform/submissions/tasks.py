"""The Celery door: a wake-up means that a row may be waiting."""

from celery import shared_task

from submissions import worker
from submissions.wake import WAKE


@shared_task(name=WAKE)
def wake() -> None:
    """Run waiting submissions while this worker has a free slot."""
    worker.serve()
