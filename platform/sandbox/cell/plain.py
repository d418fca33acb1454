"""A run of plain Python: captured bytes as files, a program, rows as files.

Neither broker nor Java take part, so it ends in a fraction of a second. The program's
rows are read from its folder after the box is dead.
"""

import time
from collections.abc import Callable

from lab_protocol.box import ProgramEnded, ProgramFailed, RunProgram
from lab_protocol.messages import (
    Ending,
    EndRule,
    LearnerError,
    Phase,
    Record,
    RunOutcome,
    RunProgress,
    RunRequest,
    Timings,
)
from sandbox.cell.box import Box
from sandbox.cell.collect import Refusal, collect
from sandbox.cell.conclusions import ENVIRONMENT_ENDED, Conclusion, failed, last_words
from sandbox.cell.limits import Reading, crossed, relaxed
from sandbox.cell.plain_inputs import lay_inputs
from sandbox.cell.plain_outputs import OUTPUTS, output_file, records_of
from sandbox.settings import CellSettings

_TICK = 0.01
_METER_SECONDS = 0.05

# What is said of an output file that was refused, after its name.
_REFUSALS = {
    Refusal.NOT_A_REGULAR_FILE: "is not a regular file",
    Refusal.LINKED: "is not a regular file of its own: another name leads to it",
    Refusal.UNREADABLE: "cannot be read",
}


class PlainRun:
    """Drives one request through a box without Java; used once."""

    def __init__(
        self,
        request: RunRequest,
        settings: CellSettings,
        *,
        received: float,
        is_cancelled: Callable[[], bool],
        tell: Callable[[RunProgress], None],
    ) -> None:
        """Start the box; ``received`` is of the monotonic clock."""
        self._request = request
        self._received = received
        self._is_cancelled = is_cancelled
        self._tell = tell
        self._box = Box(settings, is_plain=True)
        self._limits = relaxed(request.limits, self._box.without)
        self._usage = self._box.measure()
        self._peak = 0
        self._error: LearnerError | None = None
        self._has_ended = False

    def execute(self) -> RunOutcome:
        """Run to the end, kill the box, take the rows; CellFault is the caller's."""
        try:
            return self._execute()
        finally:
            self._box.kill()
            self._box.remove()

    def _execute(self) -> RunOutcome:
        request = self._request
        events = [event for stage in request.stages for event in stage.events]
        work = self._box.scratch.work
        (work / OUTPUTS).mkdir()
        lay_inputs(work, [topic.name for topic in request.inputs], events)
        self._box.hold_to(request.limits)
        self._box.speech.begin(self._limits.stdout_bytes)
        sent = time.monotonic()
        self._box.send(RunProgram(request.language, request.files, request.entry))
        self._tell(RunProgress(request.run_id, Phase.RUNNING, rows_in=len(events)))
        conclusion = self._watch(sent)
        decided = time.monotonic()
        self._box.kill()
        killed = time.monotonic()
        self._tell(RunProgress(request.run_id, Phase.CHECKING, rows_in=len(events)))
        records, conclusion = self._collect(conclusion)
        speech = self._box.speech
        return RunOutcome(
            run_id=request.run_id,
            ending=conclusion.ending,
            end_rule=conclusion.rule,
            records=records,
            stdout=speech.stdout.text(),
            stderr=speech.stderr.text(),
            stdout_truncated=speech.stdout.is_truncated,
            stderr_truncated=speech.stderr.is_truncated,
            error=last_words(self._error, conclusion),
            detail=conclusion.detail,
            cpu_seconds=self._usage.cpu_seconds,
            peak_memory_bytes=self._peak,
            # The program itself is the one job that there can be.
            jobs_seen=1,
            timings=Timings(
                job_sent=sent - self._received,
                decided=decided - self._received,
                killed=killed - self._received,
                ended=time.monotonic() - self._received,
            ),
        )

    def _watch(self, sent: float) -> Conclusion:
        metered = 0.0
        while True:
            for message in self._box.listen(_TICK):
                self._hear(message)
            if self._is_cancelled():
                return Conclusion(Ending.CANCELLED, EndRule.STOPPED)
            if not self._has_ended and not self._box.is_alive():
                # The program's last words may still lie in the pipe.
                for message in self._box.hear_last_words():
                    self._hear(message)
                if not self._has_ended:
                    self._has_ended = True
                    self._error = ENVIRONMENT_ENDED
            if self._has_ended:
                return self._ended()
            if time.monotonic() - metered >= _METER_SECONDS:
                metered = time.monotonic()
                self._usage = self._box.measure()
                self._peak = max(self._peak, self._usage.memory_bytes)
            if crossing := crossed(self._limits, self._reading(metered - sent)):
                return Conclusion(crossing.ending, EndRule.STOPPED, crossing.detail)

    def _hear(self, message: object) -> None:
        if isinstance(message, ProgramEnded | ProgramFailed):
            self._has_ended = True
        if isinstance(message, ProgramFailed):
            self._error = self._error or message.error

    def _ended(self) -> Conclusion:
        if self._error is not None:
            return failed(self._error, self._box)
        return Conclusion(Ending.COMPLETED, EndRule.BOX_EXITED)

    def _reading(self, seconds: float, rows: int = 0, size: int = 0) -> Reading:
        return Reading(
            wall_seconds=seconds,
            cpu_seconds=self._usage.cpu_seconds,
            memory_bytes=self._usage.memory_bytes,
            tasks=self._usage.tasks,
            said_bytes=self._box.speech.total,
            rows=rows,
            row_bytes=size,
            refused=self._usage.refused,
        )

    def _collect(
        self, conclusion: Conclusion
    ) -> tuple[dict[str, tuple[Record, ...]], Conclusion]:
        topics = [topic.name for topic in self._request.outputs]
        files = collect(
            self._box.scratch.work,
            [output_file(topic) for topic in topics],
            max_bytes=self._limits.output_bytes,
            without=self._box.without,
        )
        records = {}
        for topic in topics:
            found = files[output_file(topic)]
            records[topic] = (
                ()
                if isinstance(found, Refusal)
                else records_of(found, stage=len(self._request.stages))
            )
            if conclusion.ending is Ending.COMPLETED:
                conclusion = self._judge(topic, found, conclusion)
        rows = sum(len(lines) for lines in records.values())
        limit = self._limits.output_rows
        if conclusion.ending is Ending.COMPLETED and rows > limit:
            conclusion = Conclusion(Ending.OUTPUT_LIMIT, conclusion.rule, "rows")
        return {topic: lines[:limit] for topic, lines in records.items()}, conclusion

    def _judge(
        self, topic: str, found: bytes | Refusal, conclusion: Conclusion
    ) -> Conclusion:
        if found is Refusal.TOO_LARGE:
            return Conclusion(Ending.OUTPUT_LIMIT, conclusion.rule, "row_bytes")
        if isinstance(found, Refusal) and found in _REFUSALS:
            self._error = LearnerError(
                "OutputFile", f"/work/{output_file(topic)} {_REFUSALS[found]}"
            )
            return Conclusion(Ending.LEARNER_ERROR, conclusion.rule)
        return conclusion
