"""What goes on beside a leased try: its lease is kept alive, its progress written."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

from curriculum.specs import LabSpec
from grading.report import rows_so_far
from lab_protocol.messages import Phase, Record, RunProgress
from submissions import lifecycle
from submissions.lifecycle import Lease, LeaseLost
from submissions.spool import DATABASE_GONE

logger = logging.getLogger(__name__)

PROGRESS_INTERVAL_SECONDS = 0.5
# Of each output, under the line that says where the run is.
LATEST_ROWS = 8


class Watch:
    """Keeps a lease alive, writes progress, and carries the wish to cancel.

    ``stopped`` becomes true when the student cancels or the lease is lost. Once the
    program's own run is being checked, later runs of the same try show no progress.
    """

    def __init__(self, lease: Lease) -> None:
        self.lease = lease
        self.cancelled = threading.Event()
        self.lost = threading.Event()
        self._done = threading.Event()
        self._phase = Phase.PREPARING
        self._written = 0.0
        self._is_checking = False
        self._lab: LabSpec | None = None
        self._records: dict[str, list[Record]] = {}

    def show_rows_of(self, lab: LabSpec) -> None:
        """Write from now on also the latest rows, as ``lab`` says how to read them."""
        self._lab = lab

    def stopped(self) -> bool:
        """Whether the run should end now."""
        return self.cancelled.is_set() or self.lost.is_set()

    def progress(self, progress: RunProgress) -> None:
        """Write a phase at once and row counts at most twice a second."""
        if self._is_checking:
            return
        for topic, records in progress.records.items():
            self._records.setdefault(topic, []).extend(records)
        now = time.monotonic()
        if (
            progress.phase is self._phase
            and now - self._written < PROGRESS_INTERVAL_SECONDS
        ):
            return
        self._phase = progress.phase
        self._written = now
        self._advance(progress.phase, progress.rows_in, progress.rows_out)

    def show_checking(self, *, rows_in: int, rows_out: int) -> None:
        """Write that the program's own run is over; raise LeaseLost."""
        self._is_checking = True
        self._advance(Phase.CHECKING, rows_in, rows_out)
        if self.lost.is_set():
            raise LeaseLost

    def show_searching(self) -> None:
        """Write that many runs begin, none of which shows a progress of its own."""
        self._is_checking = True
        self._advance(Phase.RUNNING, 0, 0)
        if self.lost.is_set():
            raise LeaseLost

    def _advance(self, phase: Phase, rows_in: int, rows_out: int) -> None:
        rows = None
        if self._lab is not None and self._records:
            rows = rows_so_far(self._records, self._lab, latest=LATEST_ROWS)
        try:
            lifecycle.advance(
                self.lease,
                phase=phase,
                rows_in=rows_in,
                rows_out=rows_out,
                rows_so_far=rows,
            )
        except LeaseLost:
            self.lost.set()
        except DATABASE_GONE as error:
            # The run goes on: its verdict is what counts, and can wait in the spool.
            logger.warning("progress of %s not written: %s", self.lease.token, error)
            connection.close()

    @contextmanager
    def keep_alive(self) -> Iterator[None]:
        """Renew the lease from a thread of its own until the block ends."""
        thread = threading.Thread(target=self._beat, name="lease", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._done.set()
            thread.join()

    def _beat(self) -> None:
        try:
            while not self._done.wait(settings.LAB_HEARTBEAT_SECONDS):
                try:
                    if lifecycle.renew(self.lease):
                        self.cancelled.set()
                except LeaseLost:
                    self.lost.set()
                    return
                except DATABASE_GONE as error:
                    # One failed UPDATE must not end a lease that has seconds left,
                    # and a broken connection would fail every later one too.
                    logger.warning("heartbeat of %s: %s", self.lease.token, error)
                    connection.close()
                except Exception:
                    logger.exception("heartbeat of %s failed", self.lease.token)
                    connection.close()
        finally:
            connection.close()
