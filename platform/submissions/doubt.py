"""Whose fault was it? Endings that the platform could have caused, and the answer.

What the box says of itself decides only whether to ask. The answer is a control: the
lab's reference solution on the same stream, in a fresh box of the same slot. Where it
fails too, the platform is at fault: the try is not counted, and is repeated. Where it
passes, the ending is the program's own; an environment that ended is believed only if
it ends once more, because on a starved machine a box can die of what passes.
"""

import re
from dataclasses import replace
from pathlib import Path

from curriculum.catalogue import Lab
from lab_protocol.messages import Ending, LearnerError, RunOutcome

# The box or its Java machine ended by itself, or the broker answered again only after
# the box was killed: a crash of ours, or the program's doing.
ENDED_KINDS = frozenset({"EnvironmentEnded", "MachineEnded", "BrokerHeld"})
# The program could not talk to the broker: a broker in trouble, or a wrong topic.
CLIENT_TROUBLE = re.compile(
    r"AuthorizationException|AuthenticationException|TimeoutException"
    r"|DisconnectException|NetworkException|BrokerNotAvailable|NotLeader"
    r"|Timed out waiting for a node|Failed to get metadata|not authorized",
    re.IGNORECASE,
)
CELL_ENDED = "CellEnded"


def is_doubtful(outcome: RunOutcome, *, is_last_try: bool = False) -> bool:
    """Say whether the platform may be behind an ending.

    A fault of the cell (broker or agent ended) is the platform's until it has met
    every try of one program; then that program may be what brings the cell down.
    """
    match outcome.ending:
        case Ending.LEARNER_ERROR:
            error = outcome.error
            return error is not None and (
                error.kind in ENDED_KINDS
                or CLIENT_TROUBLE.search(f"{error.kind} {error.message} {error.trace}")
                is not None
            )
        case Ending.TIME_LIMIT:
            return outcome.jobs_seen == 0 and not any(outcome.records.values())
        case Ending.PLATFORM_FAULT:
            return is_last_try
        case _:
            return False


def may_be_chance(outcome: RunOutcome) -> bool:
    """Say whether a doubtful ending has to come twice before it counts.

    Only an environment that ended: what a program cannot reach takes up to a minute to
    fail, and fails the same way again.
    """
    return (
        outcome.ending is Ending.LEARNER_ERROR
        and outcome.error is not None
        and outcome.error.kind in ENDED_KINDS
    )


def as_own_fault(outcome: RunOutcome) -> RunOutcome:
    """Return ``outcome`` as it stands once the control has passed."""
    if outcome.ending is not Ending.PLATFORM_FAULT:
        return outcome
    return replace(
        outcome,
        ending=Ending.LEARNER_ERROR,
        error=LearnerError(
            CELL_ENDED,
            "the lab's environment ended in every try of this program; with the"
            " reference solution it works",
        ),
        # What the cell said is about its own inside.
        stderr="",
    )


def reference_solution(
    tree: Path, lab: Lab, language: str
) -> tuple[str, dict[str, str]] | None:
    """Return language and files of the lab's solution, in ``language`` if it has it."""
    starters = sorted(lab.spec.starters, key=lambda item: item.language != language)
    for starter in starters:
        suffix = Path(starter.name).suffix
        path = tree / "labs" / lab.id / "answers" / f"solution{suffix}"
        if path.is_file():
            return starter.language, {starter.name: path.read_text("utf-8")}
    return None
