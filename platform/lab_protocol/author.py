"""What author's code (stream, oracle, misconceptions) returns from its jail.

A :class:`LabBuild` is made from a seed by code of a release, so it is decoded as
strictly as anything that comes from a box. Its ``stages`` and ``partitions`` go on to
the cell; ``expected``, ``misconceptions`` and what explains them never do.

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
