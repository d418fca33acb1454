"""One pool of real slots for the whole session, and short ways to ask it for runs."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from lab_protocol.author import LabBuild
from lab_protocol.messages import (
    ClosingRow,
    JobSetup,
    Language,
    Limits,
    RunOutcome,
    RunRequest,
    Topic,
)
from sandbox.author import build_lab
from sandbox.image.build import build_image
from sandbox.image.manifest import runtime_dir
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings, settings_from_environment
from tests.sandbox.programs import SQL_SINK, SQL_SOURCE

ROOT = Path(__file__).resolve().parents[2]
LAB = "tiny-window"
START_SECONDS = 90.0
Runner = Callable[..., RunOutcome]


@pytest.fixture(scope="session")
def settings() -> SandboxSettings:
    """The settings of this checkout, with an image of the sources as they are now."""
    build_image(root=ROOT, runtime=runtime_dir(ROOT), report=lambda line: None)
    return settings_from_environment(ROOT)


@pytest.fixture(scope="session")
def pool(settings: SandboxSettings) -> Iterator[SlotPool]:
    with SlotPool(settings) as started:
        started.wait_ready(START_SECONDS)
        yield started


@pytest.fixture(scope="session")
def build(settings: SandboxSettings) -> LabBuild:
    """The tiny lab, built by its own code in the author jail."""
    return build_lab(
        image=settings.image, release_files=ROOT / "tests/sandbox", lab=LAB, seed=7
    )


@pytest.fixture(scope="session")
def make_request(build: LabBuild) -> Callable[..., RunRequest]:
    """Return a request for a program over the tiny lab's stream."""
    numbers = iter(range(1, 10_000))

    def make(
        program: str,
        *,
        language: Language = Language.SQL,
        limits: Limits | None = None,
        outputs: tuple[str, ...] = ("totals",),
        closing: tuple[ClosingRow, ...] | None = None,
        with_ddl: bool = True,
        setup: JobSetup | None = None,
    ) -> RunRequest:
        name = "job.sql" if language is Language.SQL else "job.py"
        if language is Language.SQL and with_ddl:
            program = f"{SQL_SOURCE}\n{SQL_SINK}\n{program}"
        if closing is None:
            closing = (ClosingRow("totals", "status", "closing"),)
        return RunRequest(
            run_id=f"run-{next(numbers)}",
            language=language,
            files={name: program},
            entry=name,
            inputs=(Topic("orders"),),
            outputs=tuple(Topic(output) for output in outputs),
            stages=build.stages,
            closing=closing,
            limits=limits or Limits(wall_seconds=25.0),
            setup=setup or JobSetup(),
        )

    return make


@pytest.fixture
def run(pool: SlotPool, make_request: Callable[..., RunRequest]) -> Runner:
    """Run a program in a slot of the shared pool."""

    def start(program: str, **options: object) -> RunOutcome:
        request = make_request(program, **options)
        return pool.run(
            request, on_progress=lambda progress: None, is_cancelled=lambda: False
        )

    return start


@pytest.fixture
def run_python(run: Runner) -> Runner:
    """Run a Python program; by default one that is only to print something."""

    def start(program: str, **options: object) -> RunOutcome:
        return run(program, language=Language.PYFLINK, **options)

    return start


@pytest.fixture
def one_slot(settings: SandboxSettings) -> SandboxSettings:
    """Settings for a pool of the test's own, whose processes it may kill."""
    return replace(settings, slots=1, first_uid=settings.first_uid + 40, warm_up=False)
