"""When a run is over: pure rules over what the agent has observed.

Three ends of a healthy run, in this order: the closing rows are out; nothing moves any
more; the program and its jobs are gone. Above them stand the limits (``limits``).
"""

from collections import deque
from dataclasses import dataclass
from enum import IntEnum

from lab_protocol.messages import EndRule

# Measured: within 0.4 s of the last row a job that swallows its closing events falls
# from over 100 % of a core to 10 %, or to 20 % while a SELECT polls for rows.
QUIET_CPU = 0.30
# Used and waited for together. On a loaded machine a busy box can get as little of a
# core as an idle one, but then its threads stand in line.
QUIET_DEMAND = 0.60
QUIET_SAMPLES = 5
SAMPLE_SECONDS = 0.2
# How many times longer a box must be still that is starved, or cannot be told from one.
STARVED_PATIENCE = 8
# A job is reported at most 0.2 s after the program submitted it.
_UNREPORTED_SECONDS = 0.6


class Stillness(IntEnum):
    """What the processor says about a box that writes no rows."""

    BUSY = 0
    PERHAPS = 1
    CERTAIN = 2


class CpuHistory:
    """Shares of one core that the box used, and waited for, in the last samples."""

    def __init__(self) -> None:
        self._shares: deque[tuple[float, float]] = deque(maxlen=QUIET_SAMPLES)
        self._last: tuple[float, float, float] | None = None

    def is_due(self, now: float) -> bool:
        """Tell whether the next reading is wanted."""
        return self._last is None or now - self._last[0] >= SAMPLE_SECONDS

    def add(self, now: float, used: float, waited: float) -> None:
        """Take a reading: seconds of processor time used and waited for so far."""
        if self._last is not None:
            passed = now - self._last[0]
            share = (used - self._last[1]) / passed
            # The waits of threads that have ended leave the sum.
            in_line = max(0.0, waited - self._last[2]) / passed
            self._shares.append((share, share + in_line))
        self._last = (now, used, waited)

    @property
    def stillness(self) -> Stillness:
        """Judge all of the last samples together."""
        if len(self._shares) < QUIET_SAMPLES:
            return Stillness.BUSY
        if any(share > QUIET_CPU for share, _ in self._shares):
            return Stillness.BUSY
        if any(demand > QUIET_DEMAND for _, demand in self._shares):
            return Stillness.PERHAPS
        return Stillness.CERTAIN


@dataclass(slots=True)
class Observation:
    """What is known about a run at one moment. Times are of one monotonic clock.

    ``moved_at`` is the last time that anything of the stream moved: a stage was fed, a
    row came, a job appeared. ``program_ended_at`` is None while its text still runs.
    """

    now: float
    moved_at: float
    quiet_seconds: float
    stream_is_fed: bool
    closing_rows_seen: bool
    all_topics_close: bool
    stillness: Stillness
    jobs_running: int
    jobs_finished: int
    program_ended_at: float | None
    box_is_alive: bool


def end_of_run(seen: Observation) -> EndRule | None:
    """Return the rule that ends the run now, None to go on."""
    if not seen.box_is_alive:
        return EndRule.BOX_EXITED
    if (
        seen.program_ended_at is not None
        and seen.jobs_running == 0
        and seen.now - seen.program_ended_at >= _UNREPORTED_SECONDS
    ):
        return EndRule.BOX_EXITED
    if not seen.stream_is_fed:
        return None
    if seen.closing_rows_seen and seen.all_topics_close:
        return EndRule.CLOSING_ROWS
    has_begun = seen.jobs_running + seen.jobs_finished > 0
    if not has_begun or seen.stillness is Stillness.BUSY:
        return None
    patience = 1 if seen.stillness is Stillness.CERTAIN else STARVED_PATIENCE
    if seen.now - seen.moved_at >= patience * seen.quiet_seconds:
        return EndRule.QUIET
    return None
