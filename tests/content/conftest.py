"""Slots for the labs' own programs, apart from those of the sandbox's tests."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from sandbox.image.build import build_image
from sandbox.image.manifest import runtime_dir
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings, settings_from_environment
from tests.content.labs import ROOT

START_SECONDS = 120.0
UIDS_OF_OTHER_POOLS = 20


@pytest.fixture(scope="session")
def settings() -> SandboxSettings:
    """The settings of this checkout, with an image of the sources as they are now."""
    build_image(root=ROOT, runtime=runtime_dir(ROOT), report=lambda line: None)
    found = settings_from_environment(ROOT)
    return replace(found, first_uid=found.first_uid + UIDS_OF_OTHER_POOLS)


@pytest.fixture(scope="module")
def pool(settings: SandboxSettings) -> Iterator[SlotPool]:
    """Two slots for one module of tests; their memory is free again after it."""
    with SlotPool(settings) as started:
        started.wait_ready(START_SECONDS)
        yield started
