"""The search for the smallest failing stream, a run of the program at a time.

Each step builds the lab for some of the public seed's events and runs the student's
program on them in a fresh box. What is known after a step can be stored and taken up
again: the search gives its slot away between steps when somebody waits at the screen.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from curriculum.specs import LabSpec
from grading.shrink import Search, digest, read_history
from grading.smallest import (
    Mistake,
    SearchCode,
    find_mistake,
    part_report,
    search_report,
    shows_more,
    suspects,
    wrong_rows,
)
from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, RunOutcome
from sandbox.errors import AuthorFault

# A warm run takes 1.5 s and a box 5 s to be warm: most searches end long before.
MAX_RUNS = 25
MAX_SECONDS = 180.0


class Rebuild(Protocol):
    """Builds the lab of the public seed again, whole or of some events."""

    def __call__(
        self, *, explain: str | None = None, keep: list[int] | None = None
    ) -> LabBuild: ...


@dataclass(slots=True)
class Progress:
    """What is known after some runs; JSON in ``Submission.progress``.

    ``seconds`` is the time in the engine. ``left`` counts the events of ``kept``
    without closing ones, ``total`` those of the whole stream. ``check`` fails on the
    whole stream; None before the first run. ``beside`` is what closing events alone get
    wrong.
    """

    runs: int = 0
    seconds: float = 0.0
    total: int = 0
    left: int = 0
    check: str | None = None
    kept: list[int] = field(default_factory=list)
    hints: list[list[int]] = field(default_factory=list)
    refuted: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)
    part: dict[str, Any] | None = None


class _LimitReached(Exception):
    """No further run is allowed; what was found so far stands."""


def find_smallest(
    *,
    lab: LabSpec,
    mistake: Mistake,
    progress: Progress,
    rebuild: Rebuild,
    run: Callable[[LabBuild], RunOutcome],
    solution: Callable[[LabBuild], RunOutcome | None],
    step_done: Callable[[Progress], None],
) -> dict[str, Any]:
    """Return the report of the search, from where ``progress`` stands.

    ``run`` runs the program and ``solution`` the lab's own on a build, ``step_done``
    stores the progress; all three may raise to stop. Nothing is told that the lab's
    solution gets wrong too. Raises AuthorFault where the whole stream cannot be built.
    """

    def timed(work: Callable[[], RunOutcome]) -> RunOutcome:
        began = time.monotonic()
        try:
            return work()
        finally:
            progress.runs += 1
            progress.seconds += time.monotonic() - began

    whole = rebuild()
    keeps_last = any(output.closing for output in lab.outputs.values())
    history = read_history(whole.stages, keeps_last=keeps_last)
    movable = history.movable(history.whole)

    def beside() -> list[str]:
        try:
            part = rebuild(keep=sorted(history.fixed))
        except AuthorFault:
            return []
        outcome = timed(lambda: run(part))
        shown = find_mistake(wanted, lab=lab, build=part, outcome=outcome)
        return [] if shown is None else wrong_rows(shown)

    if progress.check is None:
        outcome = timed(lambda: run(whole))
        shown = find_mistake(mistake, lab=lab, build=whole, outcome=outcome)
        if shown is None:
            return search_report(
                SearchCode.NOT_SHOWN,
                mistake=mistake,
                total=len(movable),
                runs=progress.runs,
            )
        if mistake.misconception is not None:
            explained = _explained(whole, rebuild, mistake.misconception)
            shown = replace(shown, build=explained)
        progress.check = shown.check.check_id
        progress.total = progress.left = len(movable)
        progress.kept = sorted(history.events(history.whole))
        progress.hints = suspects(shown)
        progress.part = part_report(shown, lab=lab, kept=progress.kept, movable=movable)
        step_done(progress)

    wanted = Mistake((progress.check,), mistake.misconception)
    # Only closing events are no answer, whatever they show.
    nothing = digest(history.fixed)
    if nothing not in progress.refuted:
        if history.fixed:
            progress.beside = beside()
        progress.refuted.append(nothing)
        step_done(progress)

    def shows(events: frozenset[int]) -> bool:
        # One run is left for the solution.
        if progress.runs >= MAX_RUNS - 1 or progress.seconds >= MAX_SECONDS:
            raise _LimitReached
        kept = sorted(events)
        try:
            part = rebuild(keep=kept)
        except AuthorFault:
            # The oracle cannot read every part; such a part proves nothing.
            return False
        outcome = timed(lambda: run(part))
        shown = find_mistake(wanted, lab=lab, build=part, outcome=outcome)
        is_shown = shown is not None and shows_more(shown, progress.beside)
        if shown is not None and is_shown:
            progress.kept = kept
            progress.left = len(events & movable)
            progress.part = part_report(
                shown,
                lab=lab,
                kept=kept,
                movable=movable,
                beside=progress.beside,
            )
        else:
            progress.refuted.append(digest(events))
        step_done(progress)
        return is_shown

    search = Search(
        history, shows, history.cut_with(progress.kept), set(progress.refuted)
    )
    is_minimal = True
    try:
        search.run(progress.hints)
    except _LimitReached:
        is_minimal = False
    part = rebuild(keep=progress.kept)
    answer = solution(part)
    progress.runs += 1
    proof = Mistake(wanted.checks)
    is_proven = (
        answer is not None
        and answer.ending is Ending.COMPLETED
        and find_mistake(proof, lab=lab, build=part, outcome=answer) is None
    )
    return search_report(
        SearchCode.FOUND if is_proven else SearchCode.UNPROVEN,
        mistake=mistake,
        total=progress.total,
        runs=progress.runs,
        is_minimal=is_minimal,
        part=progress.part if is_proven else None,
    )


def _explained(build: LabBuild, rebuild: Rebuild, mistake: str) -> LabBuild:
    """Return the build with the event at which ``mistake`` begins, if that is known."""
    try:
        return rebuild(explain=mistake)
    except AuthorFault:
        return build
