"""What author's code (stream, oracle, misconceptions) returns from its jail.

A :class:`LabBuild` is made from a seed by code of a release, so it is decoded as
strictly as anything that comes from a box. Its ``stages`` go on to the cell;
``expected`` and ``misconceptions`` never do.
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


@dataclass(frozen=True, slots=True)
class LabBuild:
    """One seeded instance of a lab; outputs are named as in ``lab.yaml``."""

    stages: tuple[Stage, ...]
    expected: dict[str, tuple[ExpectedRow, ...]]
    misconceptions: dict[str, dict[str, tuple[ExpectedRow, ...]]] = field(
        default_factory=dict
    )
    library_version: str = ""
