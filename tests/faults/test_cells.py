"""Faults inside a cell: its broker ends while a program runs."""

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
    assert embedded.verdicts(sent) == [("passed", "completed")]
    embedded.check()


def is_broker(process):
    words = process.command.split(" ")
    return words[0].endswith("/java") and "kafka" in process.command
