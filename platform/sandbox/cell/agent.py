"""The cell agent: keeps a broker and a fresh box ready and serves one run at a time."""

import time
from collections.abc import Callable

from lab_protocol.box import BoxReady, BoxWarm, WarmUp
from lab_protocol.messages import (
    CellPhase,
    CellState,
    Ending,
    Language,
    Phase,
    RunOutcome,
    RunProgress,
    RunRequest,
)
from sandbox.cell.box import Box
from sandbox.cell.broker import Broker
from sandbox.cell.clients import Clients
from sandbox.cell.conclusions import BROKER_HELD, fault_outcome
from sandbox.cell.faults import CellFault
from sandbox.cell.host import Host
from sandbox.cell.plain import PlainRun
from sandbox.cell.run import Run
from sandbox.settings import CellSettings

_TICK = 0.02
_BROKER_BYTES = 64 * 1024 * 1024
# A broker that served these endings has seen nothing unusual and may serve on.
_HEALTHY = (Ending.COMPLETED, Ending.LEARNER_ERROR)


class Agent:
    """One slot's loop. All processes are started from the thread that runs it."""

    def __init__(self, settings: CellSettings, host: Host) -> None:
        self._settings = settings
        self._host = host
        self._phase: CellPhase | None = None
        self._broker = self._new_broker()
        self._clients: Clients | None = None
        self._box = Box(settings)
        self._broker_is_ready = False
        self._box_failures = 0

    def serve(self) -> None:
        """Serve for ever; CellFault when the cell cannot go on."""
        while True:
            self._tend()
            if waiting := self._host.next_request(_TICK):
                self._serve_one(*waiting)

    def _serve_one(self, request: RunRequest, received: float) -> None:
        self._enter(CellPhase.BUSY)
        if request.language is Language.PYTHON:
            self._serve_plain(request, received)
        else:
            self._serve_flink(request, received)

    def _serve_plain(self, request: RunRequest, received: float) -> None:
        """Run plain Python beside the box that waits, which stays as it is."""
        run = PlainRun(
            request,
            self._settings,
            received=received,
            is_cancelled=lambda: self._host.is_cancelled(request.run_id),
            tell=self._host.tell,
        )
        try:
            outcome = run.execute()
        except CellFault as fault:
            outcome = fault_outcome(request, fault, ended=time.monotonic() - received)
        self._host.tell(outcome)

    def _serve_flink(self, request: RunRequest, received: float) -> None:
        opened = False
        outcome: RunOutcome | None = None
        run: Run | None = None
        try:
            self._host.tell(RunProgress(request.run_id, Phase.PREPARING))
            if not self._wait(lambda: self._broker_is_ready, request):
                outcome = _cancelled(request)
            else:
                self._broker.open_run(request.inputs, request.outputs)
                opened = True
                if not self._wait(self._box_takes_programs, request):
                    outcome = _cancelled(request)
            if outcome is None:
                run = Run(
                    request,
                    box=self._box,
                    broker=self._broker,
                    clients=self._prepared_clients(),
                    received=received,
                    is_cancelled=lambda: self._host.is_cancelled(request.run_id),
                    tell=self._host.tell,
                    linger_seconds=self._settings.linger_seconds,
                )
                outcome = run.execute()
        except CellFault as fault:
            outcome = fault_outcome(request, fault, ended=time.monotonic() - received)
        self._host.tell(outcome)
        if run is not None:
            self._replace_box()
        self._drop_clients()
        topics = [topic.name for topic in (*request.inputs, *request.outputs)]
        self._renew_broker(outcome, topics if opened else [])

    def _tend(self, *, warm_up: bool = True) -> None:
        """Move broker and box on towards readiness; replace what has died."""
        if not self._broker.is_alive():
            if not self._broker_is_ready:
                raise CellFault("broker_start", "the broker did not start")
            self._replace_broker()
        if not self._broker_is_ready and self._broker.is_listening():
            self._broker.wait_ready(self._settings.start_seconds)
            self._broker_is_ready = True
        if self._broker_is_ready:
            self._prepared_clients()
        if not self._box.is_alive():
            self._note_box_failure()
        for message in self._box.listen(0.0):
            if isinstance(message, BoxReady):
                self._box.stage.ready = True
                self._box_failures = 0
            elif isinstance(message, BoxWarm):
                self._box.stage.warming = False
                self._box.stage.warm = True
        stage = self._box.stage
        if time.monotonic() - self._box.started > self._settings.start_seconds and (
            not stage.ready or stage.warming
        ):
            self._note_box_failure()
        if (
            warm_up
            and self._host.warm_up
            and stage.ready
            and self._broker_is_ready
            and not stage.warming
            and not stage.warm
        ):
            self._box.send(WarmUp())
            stage.warming = True
        if warm_up:
            self._enter(self._idle_phase())

    def _wait(self, condition: Callable[[], bool], request: RunRequest) -> bool:
        """Tend until ``condition``; False when the run is cancelled meanwhile.

        A box that is only just ready is not warmed up while somebody waits: the first
        job costs what the warm-up would.
        """
        deadline = time.monotonic() + self._settings.start_seconds
        while not condition():
            if self._host.is_cancelled(request.run_id):
                return False
            if time.monotonic() > deadline:
                raise CellFault("box_start", "no box became ready")
            self._tend(warm_up=False)
            time.sleep(0.005)
        return True

    def _box_takes_programs(self) -> bool:
        return self._box.stage.ready and not self._box.stage.warming

    def _idle_phase(self) -> CellPhase:
        stage = self._box.stage
        if not (stage.ready and self._broker_is_ready):
            return CellPhase.STARTING
        return CellPhase.WARM if stage.warm else CellPhase.READY

    def _enter(self, phase: CellPhase) -> None:
        if phase is self._phase:
            return
        self._phase = phase
        memory = 0 if phase is CellPhase.STARTING else self._box.measure().memory_bytes
        self._host.tell(CellState(phase, self._broker.runs, memory))

    def _note_box_failure(self) -> None:
        self._box_failures += 1
        said = self._box.speech.stderr.text()[-2000:]
        if self._box_failures >= 3:
            raise CellFault("box_start", f"three boxes in a row did not start: {said}")
        self._replace_box()

    def _replace_box(self) -> None:
        self._box.kill()
        self._box.remove()
        self._box = Box(self._settings)

    def _renew_broker(self, outcome: RunOutcome, topics: list[str]) -> None:
        worn = (
            self._broker.runs >= self._settings.broker_runs
            # Deleted topics leave the disk a minute later; the next run needs room.
            or self._broker.stored_bytes() > _BROKER_BYTES
        )
        is_healthy = outcome.ending in _HEALTHY and outcome.error != BROKER_HELD
        if not is_healthy or worn or not self._broker_is_ready:
            self._replace_broker()
            return
        try:
            self._broker.close_run(topics)
        except CellFault:
            self._replace_broker()

    def _prepared_clients(self) -> Clients:
        if self._clients is None:
            self._clients = Clients(self._broker.client)
        return self._clients

    def _drop_clients(self) -> None:
        if self._clients is not None:
            self._clients.close()
            self._clients = None

    def _replace_broker(self) -> None:
        self._drop_clients()
        self._broker.kill()
        self._broker = self._new_broker()
        self._broker_is_ready = False
        # A box in the middle of its warm-up has lost the broker it reads from.
        if self._box.stage.warming:
            self._replace_box()

    def _new_broker(self) -> Broker:
        return Broker(
            self._settings.image,
            flags=(),
            archives=self._settings.archives,
            without=frozenset(self._settings.without),
        )


def _cancelled(request: RunRequest) -> RunOutcome:
    return RunOutcome.without_rows(request.run_id, Ending.CANCELLED)
