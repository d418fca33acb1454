"""Why a run stopped, and what is told of it."""

from dataclasses import dataclass

from lab_protocol.messages import (
    Ending,
    EndRule,
    LearnerError,
    RunOutcome,
    RunRequest,
)
from sandbox.cell.box import Box
from sandbox.cell.faults import CellFault

ENVIRONMENT_ENDED = LearnerError(
    "EnvironmentEnded", "the program ended its own environment"
)
BROKER_HELD = LearnerError(
    "BrokerHeld", "the program kept the run's Kafka broker from answering"
)
_MEMORY_ERRORS = ("MemoryError", "OutOfMemoryError")


@dataclass(frozen=True, slots=True)
class Conclusion:
    """Why a run stopped."""

    ending: Ending
    rule: EndRule
    detail: str = ""


def failed(error: LearnerError, box: Box) -> Conclusion:
    """Conclude from a program's own error, which may be a limit in disguise."""
    if refused := box.refused():
        return Conclusion(Ending.MEMORY_LIMIT, EndRule.STOPPED, refused)
    if error.kind in _MEMORY_ERRORS:
        return Conclusion(Ending.MEMORY_LIMIT, EndRule.STOPPED, "heap")
    if full := box.scratch.exhausted():
        return Conclusion(Ending.OUTPUT_LIMIT, EndRule.STOPPED, full)
    return Conclusion(Ending.LEARNER_ERROR, EndRule.STOPPED)


def last_words(
    error: LearnerError | None, conclusion: Conclusion
) -> LearnerError | None:
    """Return the error that is shown: none of a box that was killed for its memory.

    What it said last is then of its own killing.
    """
    over = (Ending.MEMORY_LIMIT, "memory")
    return None if (conclusion.ending, conclusion.detail) == over else error


def fault_outcome(request: RunRequest, fault: CellFault, *, ended: float) -> RunOutcome:
    """Return the outcome of a run that failed by our own fault."""
    return RunOutcome.without_rows(
        request.run_id,
        Ending.PLATFORM_FAULT,
        detail=fault.code,
        stderr=str(fault),
        ended=ended,
    )
