"""The library against a real Debezium: one live recording of the workload."""

import os
import sys
from pathlib import Path

import pytest

from recording.library import library_events
from recording.parity import compare, table
from recording.processes import postgres_binaries
from recording.session import Parts, record
from recording.settings import VARIANTS

# Not part of `make test` until the library agrees in every field.
pytestmark = [
    pytest.mark.flink,
    pytest.mark.skipif(
        os.environ.get("POTOK_TESTS") != "all", reason="runs with POTOK_TESTS=all"
    ),
]
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def recorded():
    if postgres_binaries() is None:
        reason = "no initdb under /usr/lib/postgresql/*/bin: install postgresql"
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
    return record(Parts.of(ROOT))


@pytest.fixture(scope="module")
def parities(recorded):
    return {
        variant.name: compare(
            [item for item in recorded if item.topic.startswith(f"{variant.name}.")],
            library_events(variant),
        )
        for variant in VARIANTS
    }


@pytest.mark.parametrize("name", [variant.name for variant in VARIANTS])
def test_the_library_writes_what_debezium_writes(parities, name):
    parity = parities[name]
    assert sum(parity.compared.values()) > 200
    assert parity.differences == []


def test_the_table_is_printed(parities):
    sys.stdout.write(table(parities))
