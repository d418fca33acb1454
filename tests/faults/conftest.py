"""The two sites that faults are done to, each started once, and the table's lines."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults.database import Database
from tests.faults.servers import Postgres, Redis, postgres_folder
from tests.faults.stage import Stage
from tests.faults.table import ALL, NOTES, write_line
from tests.site import running_site

# Short, so that a test can wait for a lease to run out.
TIMES = {
    "LAB_LEASE_SECONDS": "8",
    "LAB_HEARTBEAT_SECONDS": "1",
    "LAB_REAP_SECONDS": "1",
    "LAB_RETRY_SECONDS": "1",
}


@dataclass(frozen=True, slots=True)
class Served:
    """A site with servers of its own."""

    stage: Stage
    redis: Redis
    postgres: Postgres


@contextmanager
def site_folder() -> Iterator[Path]:
    """Give a folder with a short name (a socket's path has 107 bytes)."""
    with tempfile.TemporaryDirectory(
        prefix="potok-fault-", ignore_cleanup_errors=True
    ) as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


def without_services() -> dict[str, str]:
    """Return an environment in which a site uses SQLite and files, wherever it runs."""
    return {"DATABASE_URL": "", "CELERY_BROKER_URL": "fsqueue://", "REDIS_URL": ""}


@contextmanager
def embedded_stage(**environment: str) -> Iterator[Stage]:
    """A site of its own on SQLite and the queue of files, without a worker."""
    with (
        site_folder() as folder,
        running_site(
            folder, worker=False, **(without_services() | TIMES | environment)
        ) as site,
    ):
        yield Stage(site, Database(file=str(folder / "db.sqlite3")))


@pytest.fixture(scope="session")
def _embedded() -> Iterator[Stage]:
    with embedded_stage() as stage:
        yield stage


@pytest.fixture(scope="session")
def _served() -> Iterator[Served]:
    if not Redis.is_installed() or postgres_folder() is None:
        pytest.skip("needs redis-server and Postgres")
    with site_folder() as folder:
        redis, postgres = Redis(folder), Postgres(folder / "pg")
        try:
            redis.start()
            postgres.create()
            postgres.start()
            with running_site(
                folder,
                worker=False,
                DATABASE_URL=postgres.url,
                REDIS_URL=redis.url,
                CELERY_BROKER_URL=redis.broker_url,
                **TIMES,
            ) as site:
                yield Served(Stage(site, Database(postgres.url)), redis, postgres)
        finally:
            redis.kill()
            postgres.stop()


@pytest.fixture
def embedded(_embedded: Stage) -> Stage:
    """The site on SQLite and the queue of files; its workers stay for the next test."""
    return _embedded


@pytest.fixture
def served(_served: Served) -> Served:
    """The site on Postgres and Redis; both are up again for the next test."""
    return _served


def pytest_runtest_setup(item):
    NOTES.clear()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    fault = getattr(getattr(item, "function", None), "fault", None)
    if fault is None or call.when != "call" or not ALL:
        return report
    if report.passed:
        held = "; ".join([fault.held, *NOTES])
    elif hasattr(report, "wasxfail"):
        held = f"does not hold: {report.wasxfail}"
    else:
        return report
    write_line(fault, fault.line(seconds=report.duration, held=held))
    return report
