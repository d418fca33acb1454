"""When a run's jobs are interrupted: the order of things around a stage.

… stage before read → checkpoint completed → stage fed → read → task manager killed
→ job back → next stage fed …
"""

from collections.abc import Sequence

from lab_protocol.box import (
    CheckpointTaken,
    KillTaskManager,
    TakeCheckpoint,
    TaskManagerKilled,
)
from lab_protocol.messages import JobSetup, Stage


class Drill:
    """Says what to order before the next stage may be fed; None when nothing is left.

    Each order is given once and waits for its answer, which the box always sends: it
    gives up by itself on jobs that cannot do what was ordered.
    """

    def __init__(self, stages: Sequence[Stage], setup: JobSetup) -> None:
        """Take the stages of a request; only those in the middle can be interrupted."""
        self._killed = {
            number
            for number, stage in enumerate(stages[:-1])
            if number and stage.name in setup.kill_during
        }
        self._given: set[object] = set()
        self._answered: set[object] = set()

    def order(self, fed: int) -> TakeCheckpoint | KillTaskManager | None:
        """Return the order to give now; ``fed`` stages have been fed and read."""
        for order in self._due(fed):
            if order not in self._given:
                self._given.add(order)
                return order
            if order not in self._answered:
                return None
        return None

    def is_done(self, fed: int) -> bool:
        """Tell whether everything due before the next stage has been answered."""
        return all(order in self._answered for order in self._due(fed))

    def hear(self, answer: CheckpointTaken | TaskManagerKilled) -> None:
        """Note an answer; one that nothing was ordered for changes nothing."""
        kind = (
            TakeCheckpoint if isinstance(answer, CheckpointTaken) else KillTaskManager
        )
        order = kind(answer.number)
        if order in self._given:
            self._answered.add(order)

    def _due(self, fed: int) -> list[TakeCheckpoint | KillTaskManager]:
        # The stage with index fed - 1 was fed last, the one with index fed is next.
        due: list[TakeCheckpoint | KillTaskManager] = []
        if fed - 1 in self._killed:
            due.append(KillTaskManager(fed))
        if fed in self._killed:
            due.append(TakeCheckpoint(fed))
        return due
