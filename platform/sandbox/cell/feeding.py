"""Produces the stream stage by stage."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from lab_protocol.box import AwaitConsumption
from lab_protocol.messages import Stage
from sandbox.cell.faults import CellFault
from sandbox.cell.process_table import Standing

# After the sources have read a stage, the watermark that it allows must have gone out
# before the next stage: it is emitted every 20 ms. 60 ms cost 0.08 s in five stages.
_WATERMARK_SECONDS = 0.04
# Nor may rows of a stage still be on their way when the next one begins. A cell whose
# threads stood in line for a core for half of the last moment, taken together, waits
# one more, so many times. At 60 ms without this a loaded machine read rows of a stage
# in the next; a moment of 60 ms, too, made a quiet machine wait 0.2 s for each stage.
# A moment counts by what the cell got of it, whole from half of what it asked for on:
# beside two busy loops of other sessions 18 moments were a tenth as much as alone.
_STARVED_SHARE = 0.5
_MOMENT_SECONDS = 0.02
_EXTENSIONS = 18
_LONGEST_SECONDS = 4.0


class Feeder:
    """Writes stages and says when the next one is due.

    The first stage is written before the program starts, as a snapshot lies there
    before a connector reads it. Each later one waits until the sources have read all
    of the stage before it (told by the box, or given up on) and then for the settling
    time of that stage.
    """

    def __init__(
        self,
        producer: Any,
        stages: Sequence[Stage],
        *,
        standing: Callable[[], Standing],
    ) -> None:
        """``standing`` returns how long the cell's threads ran and stood in line."""
        self._producer = producer
        self._standing = standing
        self._before = Standing(0.0, 0.0)
        self._moment_began = 0.0
        self._extensions = 0.0
        self._stages = stages
        self._ends: dict[str, int] = {}
        self._failure: Any = None
        self._settled_at: float | None = None
        self.fed = 0
        self.rows = 0
        self.last_fed: float | None = None

    @property
    def is_done(self) -> bool:
        """Tell whether the whole stream has been written."""
        return self.fed == len(self._stages)

    def feed(self) -> None:
        """Write the next stage; returns when the broker has all of it."""
        stage = self._stages[self.fed]
        for event in stage.events:
            self._produce(event)
        if self._producer.flush(15) or self._failure is not None:
            raise CellFault("feed", f"stage {stage.name}: {self._failure}")
        self.rows += len(stage.events)
        self.fed += 1
        self.last_fed = time.monotonic()
        self._settled_at = None

    def question(self) -> AwaitConsumption:
        """Return the question whether the stages so far have been read."""
        return AwaitConsumption(number=self.fed, offsets=dict(self._ends))

    def hear_consumed(self, number: int) -> None:
        """Note that the stages up to ``number`` were read."""
        if number == self.fed and self._settled_at is None:
            self._settle()

    def is_due(self) -> bool:
        """Tell whether the next stage may be written now."""
        if self.is_done or self._settled_at is None:
            return False
        now = time.monotonic()
        if now < self._settled_at - _MOMENT_SECONDS:
            return False
        if not self._moment_began:
            self._begin_moment(now)
        if now < max(self._settled_at, self._moment_began + _MOMENT_SECONDS):
            return False
        after = self._standing()
        ran = max(0.0, after.ran - self._before.ran)
        waited = after.waited - self._before.waited
        starved = waited > _STARVED_SHARE * (now - self._moment_began)
        is_allowed = now < self._settled_at + _LONGEST_SECONDS
        if starved and is_allowed and self._extensions < _EXTENSIONS:
            self._extensions += min(1.0, 2 * ran / (ran + waited))
            self._begin_moment(now)
            return False
        return True

    def _settle(self) -> None:
        settle = self._stages[self.fed - 1].settle_ms / 1000
        self._settled_at = time.monotonic() + max(settle, _WATERMARK_SECONDS)
        self._extensions = 0.0
        self._moment_began = 0.0

    def _begin_moment(self, now: float) -> None:
        self._moment_began = now
        self._before = self._standing()

    def _produce(self, event: Any) -> None:
        while True:
            try:
                self._producer.produce(
                    event.topic,
                    key=event.key,
                    value=event.value,
                    partition=event.partition,
                    on_delivery=self._delivered,
                )
            except BufferError:
                self._producer.poll(0.05)
            else:
                return

    def _delivered(self, error: Any, message: Any) -> None:
        if error is not None:
            self._failure = error
            return
        self._ends[f"{message.topic()}:{message.partition()}"] = message.offset()
