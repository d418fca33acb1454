"""A running site with its database beside it: send, wait, break, and ask at the end."""

import signal
import subprocess
import time
import uuid
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.faults.database import Database
from tests.faults.invariants import FROM_INSIDE, Invariants, plain
from tests.faults.processes import Process, family
from tests.faults.table import NOTES
from tests.site import ROOT, Site, wait_until

SOLUTION = ROOT / "labs" / "cdc-source" / "answers" / "solution.sql"
UNDER_WAY = frozenset({"preparing", "running", "checking"})
FINAL = frozenset({"finished", "cancelled"})
RUN_SECONDS = 90.0

SEND = """
import json, uuid
from pathlib import Path
from accounts.models import User
from submissions.services import send_in
from tests.factories import let_into
source = Path({source!r}).read_text("utf-8")
sent = []
for name in {names!r}:
    user, _ = User.objects.get_or_create(username=name)
    let_into(user, "pyflink-cdc-connector")
    sent.append(send_in(user=user, lab_id="cdc-source", kind={kind!r}, language="sql",
                        source=source, idempotency_key=uuid.uuid4()).public_id.hex)
print(json.dumps(sent))
"""
PASSWORD = "a long enough one"
PERSON = """
import json
from accounts.models import User
from tests.factories import let_into
user = User.objects.create_user({name!r}, password={password!r})
let_into(user, "pyflink-cdc-connector")
print(json.dumps(None))
"""


class Stage:
    """One site under fault. Public ids are 32 hex digits."""

    def __init__(self, site: Site, database: Database) -> None:
        self.site = site
        self.database = database
        self.invariants = Invariants(database)
        self._cells: dict[int, set[Process]] = {}
        self._workers: list[subprocess.Popen[bytes]] = []

    # People and programs

    def send(self, count: int = 1, *, kind: str = "submit") -> list[str]:
        """Send the lab's solution in for as many new students; return public ids."""
        names = [f"student-{uuid.uuid4().hex[:8]}" for _ in range(count)]
        code = SEND.format(source=str(SOLUTION), names=names, kind=kind)
        sent = [str(one) for one in self.site.python(code)]
        self.accept(*sent)
        return sent

    def accept(self, *public_ids: str) -> None:
        """Note that the site has taken these: it owes each of them a verdict."""
        self.invariants.accepted.update(plain(one) for one in public_ids)

    def new_person(self) -> str:
        """Make an account; return its name."""
        name = f"student-{uuid.uuid4().hex[:8]}"
        self.site.python(PERSON.format(name=name, password=PASSWORD))
        return name

    def column(self, public_id: str, column: str) -> Any:
        """Return one column of a submission's row."""
        return self.database.value(
            f"SELECT {column} FROM submissions_submission"  # noqa: S608
            f" WHERE public_id = '{public_id}'"
        )

    def tries(self, public_id: str) -> list[tuple[str, str]]:
        """Return ending and detail of each try, in order."""
        return self._of("submissions_run", "x.ending, x.detail", public_id, "x.number")

    def runs(self, public_id: str) -> list[Any]:
        """Return kind and report of each run, controls too, in order."""
        return self._of("submissions_run", "x.kind, x.report", public_id, "x.id")

    def verdicts(self, public_id: str) -> list[tuple[str, str]]:
        """Return result and ending of each verdict, by generation."""
        return self._of(
            "submissions_verdict", "x.result, x.ending", public_id, "x.generation"
        )

    def alerts(self, code: str) -> int:
        """Return how many alerts of a kind stand."""
        return int(
            self.database.value(
                "SELECT COUNT(*) FROM submissions_alert"  # noqa: S608
                f" WHERE code = '{code}' AND cleared_at IS NULL"
            )
        )

    def wait_state(self, public_id: str, states: frozenset[str] = UNDER_WAY) -> None:
        """Wait until a submission is in one of ``states``; looks 50 times a second."""
        end = time.monotonic() + RUN_SECONDS
        while (state := self.column(public_id, "state")) not in states:
            if state in FINAL or time.monotonic() > end:
                raise TimeoutError(f"{public_id} is {state}, not {sorted(states)}")
            time.sleep(0.02)

    def wait_final(self, *public_ids: str, seconds: float = RUN_SECONDS) -> None:
        """Wait until all are final."""
        wait_until(
            lambda: not self.count_open(list(public_ids)),
            what="verdicts",
            seconds=seconds,
        )

    def count_open(self, public_ids: list[str]) -> int:
        """Return how many of these are not final yet."""
        wanted = ", ".join(f"'{one}'" for one in public_ids)
        return int(
            self.database.value(
                "SELECT COUNT(*) FROM submissions_submission"  # noqa: S608
                f" WHERE public_id IN ({wanted})"
                " AND state NOT IN ('finished', 'cancelled')"
            )
        )

    # Workers

    def worker(self) -> subprocess.Popen[bytes]:
        """Return a worker that is ready and idle; start one if none lives."""
        for process in self._workers:
            if process.poll() is None:
                self.wait_ready(process)
                return process
        return self.new_worker()

    def new_worker(
        self, *, wait: bool = True, launcher: Sequence[str] = (), **environment: str
    ) -> subprocess.Popen[bytes]:
        """Start one more worker and wait until it takes work."""
        self.site.start_worker(wait=False, launcher=launcher, **environment)
        process = self.site.worker
        if process is None:
            raise RuntimeError("no worker was started")
        self._workers.append(process)
        if wait:
            self.wait_ready(process)
        return process

    def living_workers(self) -> list[subprocess.Popen[bytes]]:
        """Return the workers that have not ended."""
        return [process for process in self._workers if process.poll() is None]

    def wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until a worker signs as ready; its log says why it does not."""

        def is_ready() -> bool:
            if process.poll() is not None:
                raise RuntimeError(self.site.log("worker")[-2000:])
            return bool(self.sign(process, "ready"))

        wait_until(is_ready, what="the worker", seconds=RUN_SECONDS)

    def sign(self, process: subprocess.Popen[bytes], column: str) -> Any:
        """Return one column of a worker's sign of life."""
        return self.database.value(
            f"SELECT {column} FROM submissions_workersign"  # noqa: S608
            f" WHERE pid = {process.pid}"
        )

    def name_of(self, process: subprocess.Popen[bytes]) -> str:
        """Return the name by which a worker holds leases."""
        return str(self.sign(process, "name"))

    def cells(self, process: subprocess.Popen[bytes]) -> list[Process]:
        """Return all processes of a worker's cells; remembered for I5."""
        found = family(process.pid)
        self._cells.setdefault(process.pid, set()).update(found)
        return found

    def end_worker(
        self,
        process: subprocess.Popen[bytes],
        with_signal: signal.Signals = signal.SIGKILL,
    ) -> float:
        """End a worker; return the seconds until all of its cells were gone."""
        cells = self.cells(process)
        process.send_signal(with_signal)
        process.wait(timeout=60)
        ended = time.monotonic()
        wait_until(
            lambda: not any(cell.is_alive() for cell in cells),
            what="the end of its cells",
            seconds=20,
        )
        return time.monotonic() - ended

    def end_workers(self) -> None:
        """End every worker gently; the next test begins with its own."""
        for process in self.living_workers():
            process.send_signal(signal.SIGCONT)
            self.end_worker(process, signal.SIGTERM)

    # The end

    def check(self, *still_open: str) -> None:
        """Assert I1 to I6 over the whole database."""
        of_the_dead = [
            cell
            for worker in self._workers
            if worker.poll() is not None
            for cell in self._cells.get(worker.pid, ())
        ]
        broken = self.invariants.broken(
            still_open=frozenset(still_open), cells=of_the_dead
        )
        assert not broken, "\n".join(broken)
        inside = self.site.python(FROM_INSIDE)
        wrong = [
            *self.invariants.wrong_counts(inside["used"]),
            *self.invariants.broken_pages(self.site.url, inside["sessions"]),
        ]
        assert not wrong, "\n".join(wrong)

    def note(self, text: str) -> None:
        """Add what was measured or seen to the table's line."""
        NOTES.append(text)

    def _of(
        self, table: str, columns: str, public_id: str, order: str
    ) -> list[tuple[str, str]]:
        return [
            (str(row[0]), str(row[1]))
            for row in self.database.rows(
                f"SELECT {columns} FROM {table} x"  # noqa: S608
                " JOIN submissions_submission s ON s.id = x.submission_id"
                f" WHERE s.public_id = '{public_id}' ORDER BY {order}"
            )
        ]


def spooled(folder: Path) -> list[Path]:
    """Return the verdicts that wait in a site's spool."""
    return sorted((folder / "spool").glob("*.json"))
