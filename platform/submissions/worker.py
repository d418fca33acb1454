"""The worker process: one engine, its free slots, and the duties between runs.

Connected to Celery's worker signals; in the web process nothing of this starts. With
the thread pool a SIGTERM lets running tries end and leaves the rest in the database.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery.signals import worker_ready, worker_shutdown, worker_shutting_down
from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models.functions import Now

from submissions import execution, lifecycle
from submissions.duties import hold_duty
from submissions.engine import CellEngine
from submissions.models import Submission, WorkerSign
from submissions.wake import wake_workers

logger = logging.getLogger(__name__)

REAPING = "reap"


class Worker:
    """The state of one worker process. ``start`` is called once, by a signal."""

    def __init__(self) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self.engine = CellEngine()
        self._slots = threading.Semaphore(settings.LAB_SLOTS)
        self._stopping = threading.Event()
        self._duties: threading.Thread | None = None

    def start(self) -> None:
        """Begin the duties, of which the first is to start the engine.

        In a thread of its own: proving the jail takes seconds, and meanwhile the
        worker must answer a signal.
        """
        self._duties = threading.Thread(
            target=self._do_duties, name="duties", daemon=True
        )
        self._duties.start()

    def stop_claiming(self) -> None:
        """Take nothing new; what runs may end."""
        self._stopping.set()

    def stop(self) -> None:
        """End the slots and sign off."""
        self._stopping.set()
        if self._duties is not None:
            self._duties.join(timeout=10)
        self.engine.stop()
        WorkerSign.objects.filter(name=self.name).delete()

    def serve(self) -> None:
        """Run waiting submissions while a slot is free; return when there is none.

        After the slot is given back the queue is looked at once more: a message that
        met the last busy moment found no slot and has gone.
        """
        while self.engine.is_ready and not self._stopping.is_set():
            with self._slot() as free:
                if not free:
                    return
                lease = lifecycle.claim_next(worker=self.name)
                if lease is not None:
                    execution.execute(lease, self.engine)
                    continue
            if not lifecycle.in_turn().exists():
                return

    @contextmanager
    def _slot(self) -> Iterator[bool]:
        free = self._slots.acquire(blocking=False)
        try:
            yield free
        finally:
            if free:
                self._slots.release()

    def _do_duties(self) -> None:
        self.engine.start()
        while True:
            try:
                self._sign()
                if hold_duty(REAPING, holder=self.name):
                    for submission_id in lifecycle.reap():
                        logger.warning("took back submission %s", submission_id)
                if Submission.objects.waiting().exists():
                    wake_workers()
            except Exception:
                # A database restart must not end the duties of this worker.
                logger.exception("duties failed; next try in a moment")
                connection.close()
            if self._stopping.wait(settings.LAB_REAP_SECONDS):
                break
            close_old_connections()
        connection.close()

    def _sign(self) -> None:
        WorkerSign.objects.update_or_create(
            name=self.name,
            defaults={
                "seen_at": Now(),
                "slots": settings.LAB_SLOTS,
                "warm_slots": self.engine.warm_slots,
                "ready": self.engine.is_ready,
                "detail": self.engine.detail[:300],
            },
        )
        WorkerSign.objects.filter(seen_at__lt=Now() - timedelta(days=1)).delete()


_worker: Worker | None = None


def serve() -> None:
    """Serve the queue if this process is a worker."""
    if _worker is not None:
        _worker.serve()


@worker_ready.connect
def _start(**kwargs: Any) -> None:
    global _worker
    _worker = Worker()
    _worker.start()


@worker_shutting_down.connect
def _stop_claiming(**kwargs: Any) -> None:
    if _worker is not None:
        _worker.stop_claiming()


@worker_shutdown.connect
def _stop(**kwargs: Any) -> None:
    if _worker is not None:
        _worker.stop()
