"""The worker process: one engine, its free slots, and the duties between runs.

Connected to Celery's worker signals; in the web process nothing of this starts. With
the thread pool a SIGTERM lets running tries end and leaves the rest in the database.
"""

import logging
import os
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from celery.signals import (
    worker_init,
    worker_ready,
    worker_shutdown,
    worker_shutting_down,
)
from django.conf import settings
from django.db import close_old_connections, connection
from django.db.models.functions import Now

from submissions import execution, lifecycle, samples, spool, sweep
from submissions.alerts import AlertCode, raise_alert, recover
from submissions.duties import hold_duty
from submissions.engine import CellEngine
from submissions.incarnation import this_process
from submissions.lifecycle import Lease
from submissions.memory import memory_now
from submissions.models import Submission, WorkerSign
from submissions.turns import SlotShares
from submissions.version import code_version
from submissions.waiting import measured_durations
from submissions.wake import wake_workers

logger = logging.getLogger(__name__)

REAPING = "reap"
SAMPLES = "samples"
# A state that lasts is told again so often.
ALERT_SECONDS = 60.0


class Worker:
    """The state of one worker process. ``start`` is called once, by a signal."""

    def __init__(self) -> None:
        self._process = this_process()
        self._host = socket.gethostname()
        # The pid alone would name two processes: in a container it is always 1.
        self.name = f"{self._host}-{self._process.pid}-{secrets.token_hex(2)}"
        self.engine = CellEngine()
        self._shares = SlotShares(settings.LAB_SLOTS)
        self._current: dict[int, Lease] = {}
        self._claiming = threading.Lock()
        self._stopping = threading.Event()
        self._reap_after = 0.0
        self._alert_after = 0.0
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

        After a slot is given back the queue is looked at once more: a message that met
        the last busy moment found no slot and has gone.
        """
        while True:
            with self._claim() as lease:
                if lease is None:
                    return
                execution.execute(lease, self.engine)

    @contextmanager
    def _claim(self) -> Iterator[Lease | None]:
        """Lease the next submission for as long as the block; None when none may be.

        One claim at a time, so that the lanes' shares of the slots are kept.
        """
        with self._claiming:
            lease = None
            if self.engine.is_ready and not self._stopping.is_set():
                lanes = self._shares.open_lanes()
                if lanes:
                    lease = lifecycle.claim_next(worker=self.name, lanes=lanes)
            if lease is not None:
                self._shares.take(lease.lane)
                self._current[lease.run_id] = lease
        try:
            yield lease
        finally:
            if lease is not None:
                with self._claiming:
                    self._shares.give_back(lease.lane)
                    del self._current[lease.run_id]

    def _do_duties(self) -> None:
        self._tidy()
        self.engine.start()
        while True:
            try:
                self._do_round()
            except Exception:
                # A database restart must not end the duties of this worker. Others
                # could not renew their leases either: they get one lease's time.
                logger.exception("duties failed; next try in a moment")
                self._reap_after = time.monotonic() + settings.LAB_LEASE_SECONDS
                connection.close()
            if self._stopping.wait(settings.LAB_REAP_SECONDS):
                break
            close_old_connections()
        self._sign_draining()
        connection.close()

    def _tidy(self) -> None:
        try:
            sweep.sweep_folders()
            # Before leases are taken back: a spooled verdict needs its own.
            spool.replay()
            self._take_back_from_the_dead()
        except Exception:
            logger.exception("the sweep at start failed; leases run out by themselves")
            connection.close()

    def _take_back_from_the_dead(self) -> None:
        for submission_id in sweep.sweep_workers():
            logger.warning("took back submission %s of a dead worker", submission_id)

    def _do_round(self) -> None:
        self._sign()
        # Before leases are taken back: a spooled verdict needs its own.
        spool.replay()
        self._take_back_from_the_dead()
        if time.monotonic() >= self._reap_after and hold_duty(
            REAPING, holder=self.name
        ):
            for submission_id in lifecycle.reap():
                logger.warning("took back submission %s", submission_id)
        self._tell_of_the_engine()
        self.engine.renew()
        waiting = Submission.objects.waiting().count()
        self.engine.expect(waiting)
        if waiting:
            wake_workers()
        elif self.engine.is_ready and hold_duty(SAMPLES, holder=self.name):
            samples.make_missing_sample(self.engine)

    def _tell_of_the_engine(self) -> None:
        if self.engine.is_ready:
            recover((AlertCode.ENGINE_CLOSED,), subject=self._host)
            self._alert_after = 0.0
        elif self.engine.is_closed and time.monotonic() >= self._alert_after:
            self._alert_after = time.monotonic() + ALERT_SECONDS
            raise_alert(
                AlertCode.ENGINE_CLOSED, subject=self._host, detail=self.engine.detail
            )

    def _sign(self) -> None:
        with self._claiming:
            runs = list(self._current.values())
        rows = Submission.objects.defer("files").in_bulk(
            [lease.submission_id for lease in runs]
        )
        WorkerSign.objects.update_or_create(
            name=self.name,
            defaults={
                "version": code_version(),
                "host": self._process.host,
                "pid": self._process.pid,
                "process_started": self._process.started,
                "seen_at": Now(),
                "slots": settings.LAB_SLOTS,
                "warm_slots": self.engine.warm_slots,
                "ready": self.engine.is_ready and not self._stopping.is_set(),
                "draining": self._stopping.is_set(),
                "detail": self.engine.detail[:300],
                "pool": self.engine.health,
                "current": [
                    {"submission": str(row.public_id), "kind": row.kind, "lab": row.lab}
                    for lease in runs
                    if (row := rows.get(lease.submission_id))
                ],
                "memory": memory_now(),
                "durations": measured_durations(),
            },
        )
        WorkerSign.objects.filter(seen_at__lt=Now() - timedelta(days=1)).delete()

    def _sign_draining(self) -> None:
        """Say at once that nothing new is taken: the pages count ready workers."""
        try:
            self._sign()
        except Exception:
            logger.exception("could not sign as draining")


_worker: Worker | None = None


def serve() -> None:
    """Serve the queue if this process is a worker."""
    if _worker is not None:
        _worker.serve()


@worker_init.connect
def _let_others_first(**kwargs: Any) -> None:
    """Lower the priority of this thread, which all others and each box come from.

    With two boxes on two cores, pages of a web process of the same priority took
    1.5 s at p95.
    """
    os.nice(settings.LAB_NICENESS)


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
