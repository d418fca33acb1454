"""The messages of one run, from the worker to the cell agent and back.

Journey: the worker sends one :class:`RunRequest`; the agent answers with any number
of :class:`RunProgress` and exactly one :class:`RunOutcome`. A :class:`CancelRun` may
be sent in between. What the box says of itself (``stdout``, ``stderr``, ``error``,
``plan``) is carried to be shown; the verdict is made from ``records`` only.
"""

from dataclasses import dataclass, field
from enum import StrEnum


class Language(StrEnum):
    """What the student's file is written in; the page's word for each is a title."""

    SQL = "sql"
    PYFLINK = "pyflink"
    PYTHON = "python"


class Ending(StrEnum):
    """How a run ended. Only a platform fault is not the learner's own."""

    COMPLETED = "completed"
    LEARNER_ERROR = "learner_error"
    TIME_LIMIT = "time_limit"
    MEMORY_LIMIT = "memory_limit"
    OUTPUT_LIMIT = "output_limit"
    CANCELLED = "cancelled"
    PLATFORM_FAULT = "platform_fault"


class EndRule(StrEnum):
    """What told the agent that a run was over."""

    CLOSING_ROWS = "closing_rows"
    QUIET = "quiet"
    BOX_EXITED = "box_exited"
    STOPPED = "stopped"


class Phase(StrEnum):
    """Where a run is, as the student sees it."""

    PREPARING = "preparing"
    RUNNING = "running"
    CHECKING = "checking"


@dataclass(frozen=True, slots=True)
class Event:
    """One Kafka record to produce; ``value`` None is a tombstone."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int = 0


@dataclass(frozen=True, slots=True)
class Stage:
    """Events that are produced together; the next stage waits for ``settle_ms``."""

    name: str
    events: tuple[Event, ...]
    settle_ms: int = 0


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic that the agent makes for the run."""

    name: str
    partitions: int = 1


@dataclass(frozen=True, slots=True)
class ClosingRow:
    """The end of ``topic``: a row whose JSON key or value has ``field`` = ``value``."""

    topic: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits of one run. Bytes are bytes, times are seconds of a monotonic clock."""

    wall_seconds: float = 30.0
    cpu_seconds: float = 60.0
    memory_bytes: int = 1200 * 1024 * 1024
    processes: int = 500
    scratch_bytes: int = 256 * 1024 * 1024
    stdout_bytes: int = 64 * 1024
    stdout_total_bytes: int = 4 * 1024 * 1024
    output_rows: int = 20_000
    output_bytes: int = 16 * 1024 * 1024
    quiet_seconds: float = 1.0


class StateBackend(StrEnum):
    """Where Flink's tasks keep their state while they run."""

    HASHMAP = "hashmap"
    ROCKSDB = "rocksdb"


@dataclass(frozen=True, slots=True)
class JobSetup:
    """What the platform sets for the jobs of a run before the program's own settings.

    ``checkpoint_interval_ms`` 0 leaves checkpoints off. ``kill_during`` names stages,
    neither the first nor the last: a checkpoint is completed before such a stage is
    fed, and once it has been read the task manager is killed and a new one started.
    The job then resumes as its own checkpoints allow.
    """

    state_backend: StateBackend = StateBackend.HASHMAP
    checkpoint_interval_ms: int = 0
    kill_during: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRequest:
    """All that may be known inside a cell: no expected row, seed, user or secret.

    ``files`` maps a plain file name to text; ``entry`` is the one that is executed.
    ``inputs`` may be read by the box and ``outputs`` written, nothing else. A program
    in plain Python gets the inputs as files and writes the outputs as files.
    """

    run_id: str
    language: Language
    files: dict[str, str]
    entry: str
    inputs: tuple[Topic, ...]
    outputs: tuple[Topic, ...]
    stages: tuple[Stage, ...]
    closing: tuple[ClosingRow, ...]
    limits: Limits = field(default_factory=Limits)
    setup: JobSetup = field(default_factory=JobSetup)


@dataclass(frozen=True, slots=True)
class CancelRun:
    """Stop the run at once; its outcome has the ending ``cancelled``."""

    run_id: str


@dataclass(frozen=True, slots=True)
class SetWarmUp:
    """Whether boxes that are ready from now on run a warm-up job."""

    wanted: bool


@dataclass(frozen=True, slots=True)
class Record:
    """One record as it was read from an output topic; ``value`` None is a tombstone.

    ``stage`` is the number of stages that had been produced when it was read.
    """

    partition: int
    offset: int
    timestamp_ms: int
    key: bytes | None
    value: bytes | None
    stage: int


@dataclass(frozen=True, slots=True)
class RunProgress:
    """Where the run is; counts are rows produced into and read from the broker.

    ``records`` maps an output topic to what was read from it since the message before,
    within a bound for the whole run: they are shown, never scored.
    """

    run_id: str
    phase: Phase
    rows_in: int = 0
    rows_out: int = 0
    records: dict[str, tuple[Record, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LearnerError:
    """What the student's program said when it failed, as told by the box.

    ``line`` and ``file`` point into the student's own files where that is known;
    ``statement`` is the number (from 1) of the failing SQL statement.
    """

    kind: str
    message: str
    trace: str = ""
    file: str | None = None
    line: int | None = None
    statement: int | None = None


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds since the agent took the request; None where it never came to that.

    ``decided`` is when the end rule spoke, ``killed`` when nothing of the box was
    left, ``ended`` when the last rows were read.
    """

    box_ready: float | None = None
    job_sent: float | None = None
    first_row: float | None = None
    last_row: float | None = None
    ended: float = 0.0
    decided: float | None = None
    killed: float | None = None


@dataclass(frozen=True, slots=True)
class RunOutcome:
    """The one answer to a RunRequest; ``records`` maps an output topic to its rows.

    ``jobs_seen`` is how many Flink jobs the box told of at most, ``evidence`` the JSON
    text in which it told of them (``lab_protocol.evidence``): shown, never scored.
    """

    run_id: str
    ending: Ending
    end_rule: EndRule
    records: dict[str, tuple[Record, ...]]
    stdout: str = ""
    stderr: str = ""
    stdout_truncated: bool = False
    stderr_truncated: bool = False
    error: LearnerError | None = None
    detail: str = ""
    jobs_seen: int = 0
    evidence: str = ""
    warm: bool = False
    cpu_seconds: float = 0.0
    peak_memory_bytes: int = 0
    timings: Timings = field(default_factory=Timings)

    @classmethod
    def without_rows(
        cls,
        run_id: str,
        ending: Ending,
        *,
        detail: str = "",
        stderr: str = "",
        ended: float = 0.0,
    ) -> "RunOutcome":
        """Return the answer to a run that was stopped before it could write a row."""
        return cls(
            run_id=run_id,
            ending=ending,
            end_rule=EndRule.STOPPED,
            records={},
            detail=detail,
            stderr=stderr,
            timings=Timings(ended=ended),
        )


class CellPhase(StrEnum):
    """What a cell could do for the next request."""

    STARTING = "starting"
    READY = "ready"
    WARM = "warm"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class CellState:
    """Sent by the agent when its phase changes; for the pool and its health page."""

    phase: CellPhase
    broker_runs: int = 0
    box_memory_bytes: int = 0


@dataclass(frozen=True, slots=True)
class CellFailure:
    """The agent cannot go on and ends; a stable ``code`` and what was seen."""

    code: str
    message: str
