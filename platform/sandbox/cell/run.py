"""One run, from a ready box to its outcome."""

import os
import time
from collections.abc import Callable
from dataclasses import replace

from lab_protocol.box import (
    CheckpointTaken,
    Consumed,
    Evidence,
    JobsSeen,
    ProgramEnded,
    ProgramFailed,
    QuietSeen,
    RunProgram,
    TaskManagerKilled,
    TellEvidence,
)
from lab_protocol.messages import (
    Ending,
    EndRule,
    LearnerError,
    Phase,
    RunOutcome,
    RunProgress,
    RunRequest,
    Timings,
)
from sandbox.cell.box import Box
from sandbox.cell.broker import Broker
from sandbox.cell.clients import Clients
from sandbox.cell.conclusions import (
    BROKER_HELD,
    ENVIRONMENT_ENDED,
    Conclusion,
    failed,
    last_words,
)
from sandbox.cell.drill import Drill
from sandbox.cell.end_rule import CpuHistory, Observation, end_of_run
from sandbox.cell.faults import CellFault
from sandbox.cell.feeding import Feeder
from sandbox.cell.limits import Crossing, Reading, crossed, relaxed
from sandbox.cell.output_reader import OutputReader
from sandbox.cell.process_table import TreeMeter
from sandbox.cell.quiet import QuietQuestion

_TICK = 0.01
_METER_SECONDS = 0.1
_PROGRESS_SECONDS = 0.5
_DRAIN_SECONDS = 10.0
_CATCH_UP_SECONDS = 1.0
_RECOVERY_SECONDS = 5.0
# The most that the student's evidence may cost a verdict.
_EVIDENCE_SECONDS = 0.05
# A box that crossed another limit is not let live a moment longer.
_TELLING = (Ending.COMPLETED, Ending.LEARNER_ERROR, Ending.TIME_LIMIT)


class Run:
    """Drives one request through a box that is ready; used once."""

    def __init__(
        self,
        request: RunRequest,
        *,
        box: Box,
        broker: Broker,
        clients: Clients,
        received: float,
        is_cancelled: Callable[[], bool],
        tell: Callable[[RunProgress], None],
        linger_seconds: float = 0.0,
    ) -> None:
        """``received`` is when the agent took the request, on the monotonic clock."""
        self._limits = request.limits
        self._request = replace(request, limits=relaxed(request.limits, box.without))
        self._box = box
        self._broker = broker
        self._received = received
        self._is_cancelled = is_cancelled
        self._tell = tell
        self._linger_seconds = linger_seconds
        # Rows go through box, broker and agent: each can be the one that lags.
        cell = TreeMeter(os.getpid(), precise_above=0)
        self._feeder = Feeder(
            clients.producer,
            request.stages,
            standing=lambda: cell.standing(with_root=True),
        )
        self._drill = Drill(request.stages, request.setup)
        self._reader = OutputReader(
            clients,
            request.outputs,
            request.closing,
            kept_bytes=self._request.limits.output_bytes,
        )
        self._cpu = CpuHistory()
        self._quiet = QuietQuestion()
        self._jobs = JobsSeen(0, 0)
        self._evidence = Evidence("", is_whole=False)
        self._error: LearnerError | None = None
        self._program_ended_at: float | None = None
        self._sent_at = 0.0
        self._moved_at = 0.0
        self._metered_at = 0.0
        self._told_at = 0.0
        self._cpu_before = 0.0
        self._usage = box.measure()
        self._peak = 0
        self._stored_before = broker.stored_bytes()

    def execute(self) -> RunOutcome:
        """Run to the end, kill the box, read the rows; CellFault is the caller's."""
        limits = self._request.limits
        box_ready = time.monotonic()
        if self._request.stages:
            self._feeder.feed()
        self._cpu_before = self._box.measure().cpu_seconds
        self._box.hold_to(self._limits)
        # What the warm-up still said lies in the pipes and is none of the program's.
        self._box.hear_last_words()
        self._box.speech.begin(limits.stdout_bytes)
        self._sent_at = self._moved_at = time.monotonic()
        self._box.send(
            RunProgram(
                self._request.language,
                self._request.files,
                self._request.entry,
                self._request.setup,
            )
        )
        if self._request.stages and not self._feeder.is_done:
            self._box.send(self._feeder.question())
        self._progress(Phase.RUNNING)
        try:
            conclusion = self._watch()
        except CellFault as fault:
            conclusion = self._blame(fault)
        decided = time.monotonic()
        if conclusion.ending in _TELLING:
            self._ask_for_evidence()
        if self._linger_seconds:
            self._linger()
        self._box.kill()
        killed = time.monotonic()
        self._progress(Phase.CHECKING)
        self._reader.drain(
            stage=self._feeder.fed,
            seconds=_DRAIN_SECONDS,
            max_rows=limits.output_rows,
            max_bytes=limits.output_bytes,
        )
        conclusion = self._judge_flood(conclusion)
        timings = Timings(
            box_ready=box_ready - self._received,
            job_sent=self._sent_at - self._received,
            first_row=self._since(self._reader.first_row),
            last_row=self._since(self._reader.last_row),
            decided=decided - self._received,
            killed=killed - self._received,
            ended=time.monotonic() - self._received,
        )
        return self._outcome(conclusion, timings)

    def _ask_for_evidence(self) -> None:
        """Hear of the jobs what can be heard in a moment; hearing changes no ending."""
        if not self._box.is_alive():
            return
        self._box.send(TellEvidence())
        deadline = time.monotonic() + _EVIDENCE_SECONDS
        while not self._evidence.is_whole:
            left = deadline - time.monotonic()
            if left <= 0 or not self._box.is_alive():
                return
            for message in self._box.listen(min(left, _TICK)):
                if isinstance(message, Evidence):
                    self._evidence = message

    def _linger(self) -> None:
        """Read on as if nothing had been decided; what comes late shows by its stage.

        What lay in the topics already is read first: a real end would have it too.
        """
        limits = self._request.limits
        self._reader.drain(
            stage=self._feeder.fed,
            seconds=_DRAIN_SECONDS,
            max_rows=limits.output_rows,
            max_bytes=limits.output_bytes,
        )
        deadline = time.monotonic() + self._linger_seconds
        while time.monotonic() < deadline:
            self._reader.read(0.1, stage=self._feeder.fed + 1)
            self._box.listen(0.0)

    def _watch(self) -> Conclusion:
        while True:
            for message in self._box.listen(0.0):
                self._hear(message)
            if self._is_cancelled():
                return Conclusion(Ending.CANCELLED, EndRule.STOPPED)
            if not self._broker.is_alive():
                raise CellFault("broker_died", "the broker ended during a run")
            if self._reader.read(_TICK, stage=self._feeder.fed):
                self._moved_at = time.monotonic()
            self._feed()
            if crossing := self._meter():
                return Conclusion(crossing.ending, EndRule.STOPPED, crossing.detail)
            if self._error is not None:
                return failed(self._error, self._box)
            rule = end_of_run(self._observe())
            if rule is not EndRule.QUIET:
                self._quiet.forget()
            elif not self._quiet.is_confirmed(self._box.send):
                rule = None
            if rule is not None:
                return self._ended(rule)
            if time.monotonic() - self._told_at > _PROGRESS_SECONDS:
                self._progress(Phase.RUNNING)

    def _blame(self, fault: CellFault) -> Conclusion:
        """Conclude from a broker that did not answer; raise ``fault`` if it is broken.

        A box can open connections and announce requests until the broker serves nobody
        (measured: 200 announced requests of 1.2 MB). Such a broker answers again once
        the box is gone.
        """
        self._box.kill()
        if not self._broker.answers(_RECOVERY_SECONDS):
            raise fault
        self._error = self._error or BROKER_HELD
        return failed(self._error, self._box)

    def _hear(self, message: object) -> None:
        if isinstance(message, JobsSeen):
            if message.running > self._jobs.running:
                self._moved_at = time.monotonic()
            self._jobs = message
        elif isinstance(message, Consumed):
            self._feeder.hear_consumed(message.number)
        elif isinstance(message, QuietSeen):
            if self._quiet.hear(message) is False:
                self._moved_at = time.monotonic()
        elif isinstance(message, CheckpointTaken | TaskManagerKilled):
            self._drill.hear(message)
        elif isinstance(message, ProgramEnded):
            self._program_ended_at = self._program_ended_at or time.monotonic()
        elif isinstance(message, ProgramFailed):
            self._error = self._error or message.error

    def _feed(self) -> None:
        if not self._feeder.is_due():
            return
        if order := self._drill.order(self._feeder.fed):
            self._box.send(order)
        if not self._drill.is_done(self._feeder.fed):
            return
        # Rows that lie in the topics by now are of this stage. It takes 1-4 ms to ask;
        # at a load of 7 the reader lagged behind by up to 0.55 s, with no sign of it.
        self._reader.catch_up(stage=self._feeder.fed, seconds=_CATCH_UP_SECONDS)
        self._feeder.feed()
        self._moved_at = time.monotonic()
        if not self._feeder.is_done:
            self._box.send(self._feeder.question())

    def _meter(self) -> Crossing | None:
        now = time.monotonic()
        if now - self._metered_at >= _METER_SECONDS:
            self._metered_at = now
            self._usage = self._box.measure()
            self._peak = max(self._peak, self._usage.memory_bytes)
            # The quiet rule asks only once the whole stream is out.
            if self._feeder.is_done and self._cpu.is_due(now):
                waited = self._box.standing().waited
                self._cpu.add(now, self._usage.cpu_seconds, waited)
        reading = Reading(
            wall_seconds=now - self._sent_at,
            cpu_seconds=self._usage.cpu_seconds - self._cpu_before,
            memory_bytes=self._usage.memory_bytes,
            tasks=self._usage.tasks,
            said_bytes=self._box.speech.total,
            rows=self._reader.rows,
            row_bytes=self._reader.bytes,
            stored_bytes=self._broker.stored_bytes() - self._stored_before,
            refused=self._usage.refused,
        )
        return crossed(self._request.limits, reading)

    def _observe(self) -> Observation:
        return Observation(
            now=time.monotonic(),
            moved_at=self._moved_at,
            quiet_seconds=self._quiet_seconds,
            stream_is_fed=self._feeder.is_done,
            closing_rows_seen=self._reader.closing_rows_seen,
            all_topics_close=self._reader.all_topics_close,
            stillness=self._cpu.stillness,
            jobs_running=self._jobs.running,
            jobs_finished=self._jobs.finished,
            program_ended_at=self._program_ended_at,
            box_is_alive=self._box.is_alive(),
        )

    @property
    def _quiet_seconds(self) -> float:
        """How long nothing may move; a transactional sink moves with checkpoints."""
        between = self._request.setup.checkpoint_interval_ms / 1000
        return self._request.limits.quiet_seconds + 2 * between

    def _ended(self, rule: EndRule) -> Conclusion:
        if rule is EndRule.BOX_EXITED and not self._box.is_alive():
            # The program's last words may still lie in the pipe.
            for message in self._box.hear_last_words():
                self._hear(message)
            self._error = self._error or ENVIRONMENT_ENDED
            return failed(self._error, self._box)
        detail = ""
        if rule is EndRule.BOX_EXITED and self._jobs.finished == 0:
            detail = "no_job"
        return Conclusion(Ending.COMPLETED, rule, detail)

    def _judge_flood(self, conclusion: Conclusion) -> Conclusion:
        """Turn a healthy end into an output limit when the last rows crossed it."""
        limits = self._request.limits
        if conclusion.ending is not Ending.COMPLETED:
            return conclusion
        if self._reader.rows > limits.output_rows:
            return Conclusion(Ending.OUTPUT_LIMIT, conclusion.rule, "rows")
        if self._reader.bytes > limits.output_bytes:
            return Conclusion(Ending.OUTPUT_LIMIT, conclusion.rule, "row_bytes")
        return conclusion

    def _outcome(self, conclusion: Conclusion, timings: Timings) -> RunOutcome:
        speech = self._box.speech
        limit = self._request.limits.output_rows
        return RunOutcome(
            run_id=self._request.run_id,
            ending=conclusion.ending,
            end_rule=conclusion.rule,
            records={
                topic: tuple(rows[:limit])
                for topic, rows in self._reader.records.items()
            },
            stdout=speech.stdout.text(),
            stderr=speech.stderr.text(),
            stdout_truncated=speech.stdout.is_truncated,
            stderr_truncated=speech.stderr.is_truncated,
            error=last_words(self._error, conclusion),
            detail=conclusion.detail,
            jobs_seen=self._jobs.running + self._jobs.finished,
            evidence=self._evidence.text,
            warm=self._box.stage.warm,
            cpu_seconds=max(0.0, self._usage.cpu_seconds - self._cpu_before),
            peak_memory_bytes=self._peak,
            timings=timings,
        )

    def _progress(self, phase: Phase) -> None:
        self._told_at = time.monotonic()
        self._tell(
            RunProgress(
                self._request.run_id,
                phase,
                rows_in=self._feeder.rows,
                rows_out=self._reader.rows,
                records=self._reader.since_last(),
            )
        )

    def _since(self, moment: float | None) -> float | None:
        return None if moment is None else moment - self._received
