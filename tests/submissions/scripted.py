"""An engine that plays a given outcome, for the units of the state machine.

The real engine is used by tests/sandbox, tests/content and tests/e2e; here only the
rows in the database are the matter.
"""

from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.messages import (
    Ending,
    EndRule,
    Event,
    Phase,
    Record,
    RunOutcome,
    RunProgress,
    Stage,
)

RIGHT = b'{"status": "paid", "revenue": 10.5}'
WRONG = b'{"status": "paid", "revenue": 11}'
BUILD = LabBuild(
    stages=(Stage("live", (Event("orders", None, b"{}"),)),),
    expected={"totals": (ExpectedRow({"status": "paid", "revenue": "10.50"}),)},
)


class ScriptedEngine:
    """Answers every request with ``value`` in the output topic and with ``ending``."""

    def __init__(self, value=RIGHT, ending=Ending.COMPLETED, during=None, build=BUILD):
        self.value = value
        self.ending = ending
        self.during = during or (lambda request, watch: None)
        self.lab_build = build
        self.requests = []
        self.seeds = []

    def build(self, *, tree, lab, seed):
        self.seeds.append(seed)
        if isinstance(self.lab_build, Exception):
            raise self.lab_build
        return self.lab_build

    def run(self, request, *, watch):
        self.requests.append(request)
        watch.progress(RunProgress(request.run_id, Phase.RUNNING, 1, 0))
        self.during(request, watch)
        ending = Ending.CANCELLED if watch.cancelled.is_set() else self.ending
        return RunOutcome(
            run_id=request.run_id,
            ending=ending,
            end_rule=EndRule.QUIET,
            records={"out.totals": (Record(0, 0, 0, None, self.value, 1),)},
            detail="broker-died" if ending is Ending.PLATFORM_FAULT else "",
        )
