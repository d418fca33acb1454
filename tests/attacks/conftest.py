"""Slots of the attacks' own, with canaries around them."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from lab_protocol.author import LabBuild
from lab_protocol.messages import RunRequest
from sandbox.pool import SlotPool
from sandbox.protections import Protection
from sandbox.settings import SandboxSettings
from tests.attacks import report
from tests.attacks.corpus import RUNS_ALL
from tests.attacks.harness import Canaries, Scene
from tests.sandbox.conftest import START_SECONDS, build, make_request, settings

__all__ = ["build", "make_request", "settings"]
_UIDS_ABOVE = 80


@pytest.fixture(scope="module")
def canaries(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Canaries]:
    folder = tmp_path_factory.mktemp("canaries")
    made = Canaries(folder)
    yield made
    made.close()


@pytest.fixture(scope="module")
def open_scene(
    settings: SandboxSettings,
    canaries: Canaries,
    build: LabBuild,
    make_request: Callable[..., RunRequest],
) -> Callable[..., object]:
    """Return a context with a pool, of which protections may be left out."""

    @contextmanager
    def opened(*without: Protection, slots: int = 1) -> Iterator[Scene]:
        first_uid = settings.first_uid + _UIDS_ABOVE
        chosen = replace(
            settings,
            slots=slots,
            first_uid=first_uid,
            warm_up=False,
            without=frozenset(without),
        )
        with SlotPool(chosen) as pool:
            pool.wait_ready(START_SECONDS)
            yield Scene(
                pool=pool,
                canaries=canaries,
                build=build,
                make_request=make_request,
                first_uid=first_uid,
            )

    return opened


@pytest.fixture(scope="module")
def scene(open_scene: Callable[..., object]) -> Iterator[Scene]:
    """Two slots with every protection."""
    with open_scene(slots=2) as opened:
        yield opened


@pytest.fixture(scope="module")
def threads() -> Iterator[ThreadPoolExecutor]:
    """Two threads that live as long as the slots do: a box dies with its starter."""
    with ThreadPoolExecutor(2) as executor:
        yield executor


@pytest.fixture(scope="session", autouse=True)
def _table() -> Iterator[None]:
    yield
    if RUNS_ALL:
        report.write(Path(__file__).resolve().parents[2])
