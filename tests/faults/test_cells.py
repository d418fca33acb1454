"""Faults inside a cell: its broker ends while a program runs."""

import time

import pytest

from tests.faults.table import fault

pytestmark = [pytest.mark.flink, pytest.mark.process]


@fault(
    16,
    "The broker of a cell dies in the middle of a run",
    done="SIGKILL to the broker's Java process while the row says running",
    held="no error of the student's: tried again, passed",
    always=True,
)
def test_16_broker_dies(embedded):
    """The try ends as the platform's fault and is repeated on a new broker."""
    worker = embedded.worker()
    [sent] = embedded.send()
    embedded.wait_state(sent, frozenset({"running"}))
    brokers = [cell for cell in embedded.cells(worker) if is_broker(cell)]
    assert brokers, [cell.command for cell in embedded.cells(worker)]
    for broker in brokers:
        broker.kill()
    embedded.wait_final(sent)
    assert embedded.tries(sent)[0][0] == "platform_fault"
    assert embedded.verdicts(sent) == [("passed", "completed")], embedded.runs(sent)
    embedded.check()


@fault(
    16,
    "The broker of a cell never gets ready",
    done="SIGKILL to each broker's Java process as soon as it is there, from the"
    " beginning of a try to its end",
    held="no error of the student's: tried again once brokers live, passed",
)
def test_16_broker_never_ready(embedded):
    """Spare cells lose theirs too, so that no other slot can step in."""
    worker = embedded.worker()
    [sent] = embedded.send()
    killed = set()
    end = time.monotonic() + 60
    while embedded.column(sent, "tries") < 2:
        assert time.monotonic() < end, embedded.tries(sent)
        for cell in embedded.cells(worker):
            if is_broker(cell):
                cell.kill()
                killed.add(cell)
        time.sleep(0.02)
    embedded.wait_final(sent)
    assert embedded.tries(sent)[0][0] == "platform_fault"
    assert embedded.tries(sent)[-1] == ("completed", "")
    assert embedded.verdicts(sent) == [("passed", "completed")]
    embedded.note(f"{len(killed)} brokers killed")
    embedded.check()


def is_broker(process):
    words = process.command.split(" ")
    return words[0].endswith("/java") and "kafka" in process.command
