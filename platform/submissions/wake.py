"""Wake a worker. The message carries nothing: workers choose the next row by SQL."""

from celery import current_app

WAKE = "submissions.tasks.wake"


def wake_workers() -> None:
    """Send one wake-up. A lost message costs no more than the reaper's interval."""
    current_app.send_task(WAKE)
