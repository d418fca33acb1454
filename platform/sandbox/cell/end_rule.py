"""When a run is over: pure rules over what the agent has observed.

Three ends of a healthy run, in this order: the closing rows are out; nothing moves any
more; the program and its jobs are gone. The deadline stands above them in ``limits``.
"""

from collections import deque
from dataclasses import dataclass

from lab_protocol.messages import EndRule

# Measured on the slot's engine: within 0.4 s of the last row a job that swallows its
# closing events falls from over 100 % of a core to 10 % and stays there.
QUIET_CPU = 0.15
QUIET_SAMPLES = 5
SAMPLE_SECONDS = 0.2
# A job is reported at most 0.2 s after the program submitted it.
_UNREPORTED_SECONDS = 0.6


class CpuHistory:
    """Shares of one core that the box used or waited for in the last samples."""

    def __init__(self) -> None:
        self._shares: deque[float] = deque(maxlen=QUIET_SAMPLES)
        self._last: tuple[float, float] | None = None

    def is_due(self, now: float) -> bool:
        """Tell whether the next reading is wanted."""
        return self._last is None or now - self._last[0] >= SAMPLE_SECONDS

    def add(self, now: float, cpu_seconds: float) -> None:
        """Take a reading of processor time used and waited for, in seconds."""
        if self._last is None:
            self._last = (now, cpu_seconds)
            return
        passed = now - self._last[0]
        self._shares.append((cpu_seconds - self._last[1]) / passed)
        self._last = (now, cpu_seconds)

    @property
    def is_down(self) -> bool:
        """Tell whether all of the last samples were low."""
        return len(self._shares) == QUIET_SAMPLES and all(
            share <= QUIET_CPU for share in self._shares
        )


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
    cpu_is_down: bool
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
    is_still = seen.now - seen.moved_at >= seen.quiet_seconds
    if has_begun and is_still and seen.cpu_is_down:
        return EndRule.QUIET
    return None
