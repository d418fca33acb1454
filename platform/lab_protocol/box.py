"""What the trusted agent of a cell and the runner in the box say to each other.

The agent writes :data:`TO_RUNNER` messages to the box's stdin, the runner answers with
:data:`FROM_RUNNER` messages on a descriptor of its own. The student's program lives in
the same process as the runner, so everything that comes back is a hint: it may choose
the words of an ending and when to stop waiting, never a verdict.
"""

from dataclasses import dataclass, field

from lab_protocol.messages import JobSetup, Language, LearnerError


@dataclass(frozen=True, slots=True)
class WarmUp:
    """Run one small job over the warm-up topics, so that its classes are loaded."""


@dataclass(frozen=True, slots=True)
class RunProgram:
    """Write ``files`` to the working folder and execute ``entry``."""

    language: Language
    files: dict[str, str]
    entry: str
    setup: JobSetup = field(default_factory=JobSetup)


@dataclass(frozen=True, slots=True)
class AwaitConsumption:
    """Answer ``Consumed`` once every source has read up to ``offsets``.

    ``offsets`` maps ``topic:partition`` to the offset of the last record produced.
    """

    number: int
    offsets: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TakeCheckpoint:
    """Complete a checkpoint of every running job, then answer ``CheckpointTaken``."""

    number: int


@dataclass(frozen=True, slots=True)
class KillTaskManager:
    """Kill the task manager, start a new one, then answer ``TaskManagerKilled``."""

    number: int


@dataclass(frozen=True, slots=True)
class ConfirmQuiet:
    """Answer ``QuietSeen``: nothing moves, and the agent would end the run."""

    number: int


@dataclass(frozen=True, slots=True)
class TellEvidence:
    """Answer with ``Evidence``, at once; the box is killed in a moment."""


@dataclass(frozen=True, slots=True)
class DumpClasses:
    """End the Java machine in order, so that it writes its class archive."""


@dataclass(frozen=True, slots=True)
class BoxReady:
    """The Flink cluster in the box takes jobs."""


@dataclass(frozen=True, slots=True)
class BoxWarm:
    """The warm-up job has run and is gone."""


@dataclass(frozen=True, slots=True)
class JobsSeen:
    """How many jobs of the program run and how many have finished in order."""

    running: int
    finished: int


@dataclass(frozen=True, slots=True)
class Consumed:
    """The answer to ``AwaitConsumption``; ``seen`` False when it gave up waiting."""

    number: int
    seen: bool


@dataclass(frozen=True, slots=True)
class QuietSeen:
    """The answer to ``ConfirmQuiet``; not ``is_quiet`` asks the agent to wait on."""

    number: int
    is_quiet: bool


@dataclass(frozen=True, slots=True)
class CheckpointTaken:
    """The answer to ``TakeCheckpoint``; ``completed`` counts the jobs that have one."""

    number: int
    completed: int


@dataclass(frozen=True, slots=True)
class TaskManagerKilled:
    """The answer to ``KillTaskManager``, when jobs run again or have given up."""

    number: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the cluster tells of the program's jobs; ``lab_protocol.evidence`` reads it.

    Sent in parts, each of which replaces the one before; the last one ``is_whole``.
    """

    text: str
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ProgramEnded:
    """The program's own text came to its end; its jobs may still run."""


@dataclass(frozen=True, slots=True)
class ProgramFailed:
    """The program or one of its jobs failed."""

    error: LearnerError


TO_RUNNER = (
    WarmUp,
    RunProgram,
    AwaitConsumption,
    TakeCheckpoint,
    KillTaskManager,
    ConfirmQuiet,
    TellEvidence,
    DumpClasses,
)
FROM_RUNNER = (
    BoxReady,
    BoxWarm,
    JobsSeen,
    Consumed,
    QuietSeen,
    CheckpointTaken,
    TaskManagerKilled,
    Evidence,
    ProgramEnded,
    ProgramFailed,
)
