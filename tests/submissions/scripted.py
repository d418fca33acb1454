"""An engine that plays a given outcome, for the units of the state machine.

The real engine is used by tests/sandbox, tests/content and tests/e2e; here only the
rows in the database are the matter.
"""

from contextlib import contextmanager
from dataclasses import replace

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
SOLUTION = "-- the reference solution\n"
WRONG = b'{"status": "paid", "revenue": 11}'
BUILD = LabBuild(
    stages=(Stage("live", (Event("orders", None, b"{}"),)),),
    expected={"totals": (ExpectedRow({"status": "paid", "revenue": "10.50"}),)},
)


def outcome(ending=Ending.COMPLETED, *, value=RIGHT, run_id="", **fields):
    """Return what a cell answers; ``value`` None writes nothing."""
    records = () if value is None else (Record(0, 0, 0, None, value, 1),)
    return RunOutcome(
        run_id=run_id,
        ending=ending,
        end_rule=EndRule.QUIET,
        records={"out.totals": records},
        **fields,
    )


class Built:
    """A lab whose code takes no time."""

    def __init__(self, build):
        self.whole = lambda: build
        self.stream = lambda: build.stream


class ScriptedEngine:
    """Answers every request with ``value`` in the output topic and with ``ending``.

    ``answer``, where it is set, is the whole outcome instead; ``control`` is the one
    of the reference solution.
    """

    def __init__(
        self,
        value=RIGHT,
        ending=Ending.COMPLETED,
        during=None,
        build=BUILD,
        control=None,
    ):
        self.value = value
        self.ending = ending
        self.during = during or (lambda request, watch: None)
        self.lab_build = build
        self.control = control or outcome()
        self.answer = None
        self.requests = []
        self.seeds = []

    def build(self, *, tree, lab, seed, **_options):
        self.seeds.append(seed)
        if isinstance(self.lab_build, Exception):
            raise self.lab_build
        return self.lab_build

    def begin(self, **asked):
        return Built(self.build(**asked))

    @contextmanager
    def reserve(self, watch):
        yield lambda request: self.run(request, watch)

    def run(self, request, watch):
        self.requests.append(request)
        watch.progress(RunProgress(request.run_id, Phase.RUNNING, 1, 0))
        self.during(request, watch)
        if SOLUTION in request.files.values():
            return replace(self.control, run_id=request.run_id)
        if self.answer is not None:
            return replace(self.answer, run_id=request.run_id)
        ending = Ending.CANCELLED if watch.cancelled.is_set() else self.ending
        return outcome(
            ending,
            value=self.value,
            run_id=request.run_id,
            detail="broker_died" if ending is Ending.PLATFORM_FAULT else "",
        )
