"""What a plan gives away: shapes that run, and are seldom what was meant.

Pure text in, codes out. The plan is told by the box, so advice is shown beside a
verdict and never counts; ``classroom.wording`` has the words. The shapes are those of
Flink 2.2's EXPLAIN, section "Optimized Physical Plan" or "Optimized Execution Plan".
"""

import re
from collections.abc import Mapping
from enum import StrEnum

# A plan of a real job is some kilobytes; what a hostile box sends is cut.
MAX_PLAN_TEXT = 256 * 1024


class Advice(StrEnum):
    """A shape worth a word; the value is its key on pages."""

    WINDOW_END_MISSING = "window-end-missing"
    WINDOW_START_MISSING = "window-start-missing"
    SESSION_NOT_PARTITIONED = "session-not-partitioned"
    REGULAR_JOIN = "regular-join"
    STATE_WITHOUT_TTL = "state-without-ttl"


# Group aggregates keep a value for each key for ever; `\\b` leaves WindowAggregate and
# the local and global halves of it out.
GROUP_AGGREGATE = re.compile(r"\b(?:Global)?GroupAggregate\((.*)")
GROUP_BY = re.compile(r"groupBy=\[([^\]]*)\]")
REGULAR_JOIN = re.compile(r"(?<![A-Za-z])Join\((.*)")
SESSION = re.compile(r"SESSION\(([^\]]*)")
# A node of the plan before it was optimised says what was written, not what runs.
LOGICAL = "Logical"
TTL_OPTION = "table.exec.state.ttl"
NO_TTL = re.compile(r"0\s*(?:ms|s|min|h|d)?")


def advice_on(plan: str, options: Mapping[str, str] | None = None) -> list[Advice]:
    """Return the advice on ``plan`` in the order of ``Advice``, each once.

    ``plan`` is the text of EXPLAIN, of one statement or a set; ``options`` the
    settings of the job, of which only the TTL of state is read.
    """
    given: set[Advice] = set()
    for line in plan[:MAX_PLAN_TEXT].splitlines():
        if LOGICAL not in line:
            given |= _of_line(line)
    ttl = (options or {}).get(TTL_OPTION, "0").strip()
    if not NO_TTL.fullmatch(ttl):
        given.discard(Advice.STATE_WITHOUT_TTL)
    return [advice for advice in Advice if advice in given]


def _of_line(line: str) -> set[Advice]:
    """Return what one node of the plan, which is one line, gives away."""
    given: set[Advice] = set()
    has_ttl = "stateTtlHints=" in line
    if aggregate := GROUP_AGGREGATE.search(line):
        keys = GROUP_BY.search(aggregate.group(1))
        named = {key.strip() for key in keys.group(1).split(",")} if keys else set()
        if "window_start" in named and "window_end" not in named:
            given.add(Advice.WINDOW_END_MISSING)
        elif "window_end" in named and "window_start" not in named:
            given.add(Advice.WINDOW_START_MISSING)
        elif "window_start" not in named and not has_ttl:
            # With both, the window itself is the trouble: see SESSION below.
            given.add(Advice.STATE_WITHOUT_TTL)
    if REGULAR_JOIN.search(line):
        given.add(Advice.REGULAR_JOIN)
        if not has_ttl:
            given.add(Advice.STATE_WITHOUT_TTL)
    if (session := SESSION.search(line)) and "partition keys" not in session.group(1):
        given.add(Advice.SESSION_NOT_PARTITIONED)
    return given
