"""One leased try of a search for the smallest failing stream.

It ends with a report, or hands the search back with what it has found: because
somebody waits at the screen, the platform failed, or the person takes it back.
"""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, Protocol

from curriculum.catalogue import Catalogue
from curriculum.releases import release_tree
from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, Language, RunOutcome
from submissions import lifecycle
from submissions.doubt import is_doubtful, reference_solution
from submissions.lifecycle import Lease, LeaseLost
from submissions.models import Submission
from submissions.searching import Progress, find_smallest
from submissions.smallest import mistake_of
from submissions.turns import is_somebody_waiting
from submissions.verdicts import FinalWord, cancelled
from submissions.watch import Watch


class RunOn(Protocol):
    """Runs the program on a build in a fresh box; fields of the request may differ."""

    def __call__(self, build: LabBuild, **program: Any) -> RunOutcome: ...


class _GivesWay(Exception):
    """Somebody waits at the screen for a slot."""


class _Stopped(Exception):
    """The try ends without a report; the message says why."""


def try_search(
    lease: Lease,
    submission: Submission,
    catalogue: Catalogue,
    *,
    watch: Watch,
    rebuild: Callable[..., LabBuild],
    run_on: RunOn,
) -> None:
    """Search to the end or hand back. Raises LeaseLost and AuthorFault."""
    lab = catalogue.lab(submission.lab)
    mistake = mistake_of(submission.original, lab.spec)
    if mistake is None:
        # Judged again meanwhile: another verdict stands, and with it another question.
        lifecycle.finish(lease, word=cancelled(), run_report={}, catalogue=catalogue)
        return
    progress = Progress(**submission.progress)
    solution = reference_solution(
        release_tree(submission.release), lab, submission.language
    )
    watch.show_searching()

    def checked(outcome: RunOutcome) -> RunOutcome:
        if watch.lost.is_set():
            raise LeaseLost
        if outcome.ending is Ending.CANCELLED:
            raise _Stopped("cancelled")
        if outcome.ending is Ending.PLATFORM_FAULT:
            raise _Stopped(outcome.detail or "platform-fault")
        return outcome

    def run(build: LabBuild) -> RunOutcome:
        outcome = checked(run_on(build))
        # The attempt has completed once, so its program is not the first suspect.
        if progress.check is None and is_doubtful(outcome):
            raise _Stopped(f"doubtful ending: {outcome.ending}")
        return outcome

    def run_solution(build: LabBuild) -> RunOutcome | None:
        if solution is None:
            return None
        language, files = solution
        return checked(
            run_on(
                build,
                language=Language(language),
                files=files,
                entry=next(iter(files)),
            )
        )

    def step_done(progress: Progress) -> None:
        lifecycle.save_progress(lease, progress=asdict(progress))
        if watch.cancelled.is_set():
            raise _Stopped("cancelled")
        if is_somebody_waiting():
            raise _GivesWay

    try:
        report = find_smallest(
            lab=lab.spec,
            mistake=mistake,
            progress=progress,
            rebuild=rebuild,
            run=run,
            solution=run_solution,
            step_done=step_done,
        )
    except _GivesWay:
        lifecycle.give_way(lease)
    except _Stopped as stopped:
        lifecycle.hand_back(lease, detail=str(stopped))
    else:
        word = FinalWord("none", Ending.COMPLETED, 0, 0, report)
        lifecycle.finish(lease, word=word, run_report={}, catalogue=catalogue)
