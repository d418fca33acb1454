"""The library against a real Debezium: what is kept of it, and one live recording.

`make record` keeps such a recording and writes docs/debezium-parity.md.
"""

import dataclasses
import json
import os
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from recording.__main__ import DOCUMENT, FOLDER, read
from recording.library import library_records
from recording.parity import compare, document, parities_of, summary, version_of
from recording.processes import RecordingError, postgres_binaries
from recording.session import Parts, record
from recording.settings import VARIANTS

ROOT = Path(__file__).resolve().parents[2]
NAMES = [variant.name for variant in VARIANTS]


def document_of(records):
    day = datetime.now(UTC).date()
    return document(parities_of(records), version=version_of(records), day=day)


def without_dates(text):
    return [line for line in text.splitlines() if not line.startswith("Written by")]


@pytest.fixture(scope="module")
def kept():
    return read(FOLDER)


@pytest.fixture(scope="module")
def parities(kept):
    return parities_of(kept)


@pytest.mark.parametrize("name", NAMES)
def test_the_library_writes_what_debezium_wrote(parities, name):
    parity = parities[name]
    assert summary(parity.differences) == ""
    assert parity.records > 40
    assert sum(parity.compared.values()) > 1000


def test_the_document_is_of_the_recording_that_is_kept(kept):
    text = DOCUMENT.read_text("utf-8")
    assert without_dates(text) == without_dates(document_of(kept))


def changed(records, topic, offset, edit):
    """Return the records with the payload of one value edited."""
    result = []
    for item in records:
        if (item.topic, item.offset) == (topic, offset):
            payload = json.loads(item.value)
            edit(payload)
            text = json.dumps(payload, ensure_ascii=False, separators=(",", ":"))
            item = dataclasses.replace(item, value=text.encode())
        result.append(item)
    return result


def swap_first_two(payload):
    items = list(payload.items())
    payload.clear()
    payload.update([items[1], items[0], *items[2:]])


@pytest.mark.parametrize(
    ("topic", "offset", "edit"),
    [
        ("customers", 0, lambda p: p["after"].update(id="1")),
        ("customers", 0, lambda p: p["after"].update(id=7)),
        ("customers", 0, swap_first_two),
        ("orders", 0, lambda p: p["after"].update(note="")),
        ("orders", 2, lambda p: p["source"].update(txId=1)),
        ("orders", 2, lambda p: p["source"].update(lsn=1)),
        ("orders", 2, lambda p: p["source"].update(lsn="26440288")),
        ("orders", 2, lambda p: p["source"].update(ts_ms=1)),
        ("orders", 2, lambda p: p["source"].update(snapshot="true")),
        ("orders", 2, lambda p: p.update(ts_ns=1)),
        ("products", 0, lambda p: p["source"].update(sequence=None)),
        ("products", 1, lambda p: p["after"].update(manual="other")),
    ],
)
def test_a_field_that_is_wrong_is_found(kept, topic, offset, edit):
    variant = VARIANTS[0]
    records = [item for item in kept if item.topic.startswith(f"{variant.name}.")]
    wrong = changed(records, f"{variant.name}.public.{topic}", offset, edit)
    assert wrong != records
    assert compare(wrong, library_records(variant)).differences


def test_a_transaction_that_is_counted_wrong_is_found(kept):
    variant = next(item for item in VARIANTS if item.transactions)
    records = [item for item in kept if item.topic.startswith(f"{variant.name}.")]

    def edit(payload):
        payload["data_collections"][0]["event_count"] += 1

    wrong = changed(records, f"{variant.name}.transaction", 1, edit)
    found = compare(wrong, library_records(variant)).differences
    assert [item.field for item in found] == [
        "transaction value data_collections[0].event_count"
    ]


@pytest.mark.parametrize("name", ["partition", "headers", "key", "value"])
def test_a_part_of_a_record_that_is_missing_is_found(kept, name):
    variant = VARIANTS[0]
    records = [item for item in kept if item.topic.startswith(f"{variant.name}.")]
    empty = {"partition": 1, "headers": (), "key": None, "value": None}[name]
    wrong = [dataclasses.replace(records[0], **{name: empty}), *records[1:]]
    assert compare(wrong, library_records(variant)).differences


def live(test):
    """Mark a test of the live recording: several waits, of up to two minutes each."""
    return pytest.mark.flink(pytest.mark.timeout(900)(test))


@pytest.fixture(scope="module")
def parent():
    # Not pytest's own folder: Postgres, which runs as its own user, may not enter it.
    with tempfile.TemporaryDirectory(prefix="potok-test-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture(scope="module")
def recorded(parent):
    try:
        parts = Parts.of(ROOT)
        if postgres_binaries() is None:
            raise RecordingError("no initdb: install the package postgresql")
    except RecordingError as error:
        if os.environ.get("CI") == "true":
            pytest.fail(str(error))
        pytest.skip(str(error))
    try:
        return record(parts, parent=parent)
    except RecordingError as error:
        pytest.fail(str(error), pytrace=False)


@pytest.fixture(scope="module")
def parities_now(recorded):
    return parities_of(recorded)


@live
@pytest.mark.parametrize("name", NAMES)
def test_the_library_writes_what_debezium_writes_now(parities_now, name):
    assert summary(parities_now[name].differences) == ""


@live
def test_the_table_of_it_is_the_committed_one(recorded):
    text = document_of(recorded)
    sys.stdout.write(text)
    assert without_dates(DOCUMENT.read_text("utf-8")) == without_dates(text)


@live
def test_nothing_that_was_started_is_left(recorded, parent):
    assert recorded
    assert list(parent.iterdir()) == []
    left = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes()
        except OSError:
            continue
        if str(parent).encode() in words:
            left.append(words)
    assert left == []
