"""What author's code (stream, oracle, misconceptions) returns from its jail.

A :class:`LabBuild` is made from a seed by code of a release, so it is decoded as
strictly as anything that comes from a box. It comes in two lines of JSON: a
:class:`LabStream`, which goes on to the cell at once, and :class:`LabRows`, which are
made while the program runs and never reach the cell.

What a lab's code must have: ``stream.build_stream(seed)`` with ``.stages``,
``oracle.expected(stream)`` and, where the lab names mistakes,
``misconceptions.MISCONCEPTIONS`` (id → function of the stream). What it may have:
``stream.VARIATIONS`` (id → function of the seed: the stream varied) and
``oracle.expected_after(stream, stage)`` (the rows that stand there after a stage).
"""

from dataclasses import dataclass, field
from typing import Any

from lab_protocol.messages import Stage


@dataclass(frozen=True, slots=True)
class ExpectedRow:
    """One row of an output as the oracle computes it.

    ``values`` has JSON scalars, decimals and timestamps as text; ``aspects`` are the
    tags that checks select by; ``events`` are numbers of events (from 0, over all
    stages) that made the row what it is, most telling first.
    """

    values: dict[str, Any]
    aspects: tuple[str, ...] = ()
    events: tuple[int, ...] = ()


# No ``type`` statement: the decoder of messages reads the hints of fields.
Outputs = dict[str, tuple[ExpectedRow, ...]]


@dataclass(frozen=True, slots=True)
class Divergence:
    """Where a known mistake first leads away from the oracle.

    Had the stream ended before ``event`` (a number as in ExpectedRow), both would have
    put out the same; with it, the rows below are what each has alone.
    """

    misconception: str
    event: int
    expected: Outputs
    mistaken: Outputs


@dataclass(frozen=True, slots=True)
class LabStream:
    """What a run needs: the stream, and the partitions that topics have for it.

    ``partitions`` says how many a topic has where that is not the lab's own number.
    """

    stages: tuple[Stage, ...]
    partitions: dict[str, int] = field(default_factory=dict)
    library_version: str = ""


@dataclass(frozen=True, slots=True)
class LabRows:
    """What judging needs; the fields are those of :class:`LabBuild`."""

    expected: Outputs
    misconceptions: dict[str, Outputs] = field(default_factory=dict)
    after: dict[str, Outputs] = field(default_factory=dict)
    divergence: Divergence | None = None


@dataclass(frozen=True, slots=True)
class LabBuild:
    """One seeded instance of a lab; outputs are named as in ``lab.yaml``.

    ``partitions`` says how many a topic has where that is not the lab's own number.
    ``after`` (stage → outputs) and ``divergence`` are there when they were asked for
    and the lab's code can say them.
    """

    stages: tuple[Stage, ...]
    expected: Outputs
    misconceptions: dict[str, Outputs] = field(default_factory=dict)
    library_version: str = ""
    partitions: dict[str, int] = field(default_factory=dict)
    after: dict[str, Outputs] = field(default_factory=dict)
    divergence: Divergence | None = None

    @classmethod
    def of(cls, stream: LabStream, rows: LabRows) -> "LabBuild":
        """Put the two halves together."""
        return cls(
            stages=stream.stages,
            expected=rows.expected,
            misconceptions=rows.misconceptions,
            library_version=stream.library_version,
            partitions=stream.partitions,
            after=rows.after,
            divergence=rows.divergence,
        )

    @property
    def stream(self) -> LabStream:
        """The half that goes to the cell."""
        return LabStream(self.stages, self.partitions, self.library_version)
