"""One try of one submission: build the lab, run it in a cell, grade, write the verdict.

Says nothing about when to try again or who is next; that is ``lifecycle``'s.
"""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol, Unpack
from uuid import UUID, uuid4

from django.conf import settings
from django.db import connection

from curriculum.catalogue import Catalogue, Lab
from curriculum.releases import catalogue_of, release_tree
from curriculum.run_request import make_request
from grading.grader import grade, leave_ungraded, own_checks_pass
from grading.report import run_report, verdict_report
from grading.verdict import Verdict
from lab_protocol.author import LabBuild, LabStream
from lab_protocol.messages import (
    Ending,
    Phase,
    RunOutcome,
    RunRequest,
)
from sandbox.author import BuildOptions
from sandbox.errors import AuthorFault
from submissions import lifecycle, spool
from submissions.alerts import OF_A_LAB, recover
from submissions.doubt import (
    as_own_fault,
    is_doubtful,
    may_be_chance,
    reference_solution,
)
from submissions.judging import judge
from submissions.lifecycle import Lease, LeaseLost
from submissions.models import Submission
from submissions.search_try import try_search
from submissions.spool import DATABASE_GONE
from submissions.verdicts import FinalWord
from submissions.watch import Watch

logger = logging.getLogger(__name__)


type RunProgram = Callable[[RunRequest], RunOutcome]


class Building(Protocol):
    """A lab in the making; ``sandbox.author.Building`` is the real one."""

    def stream(self) -> LabStream:
        """Return the stream as soon as it is known. Raises AuthorFault."""

    def whole(self) -> LabBuild:
        """Return the lab once all of it is known. Raises AuthorFault."""


class Engine(Protocol):
    """What execution needs of the sandbox; ``engine.CellEngine`` is the real one."""

    def build(
        self, *, tree: Path, lab: str, seed: int, **options: Unpack[BuildOptions]
    ) -> LabBuild:
        """Run the lab's own code in its jail. Raises AuthorFault."""

    def begin(
        self, *, tree: Path, lab: str, seed: int, **options: Unpack[BuildOptions]
    ) -> Building:
        """Begin to run the lab's own code in its jail."""

    def reserve(self, watch: Watch) -> AbstractContextManager[RunProgram]:
        """Hold a slot; what it gives runs a program there, reporting to ``watch``."""


def execute(lease: Lease, engine: Engine) -> None:
    """Do one leased try to its end. Never raises for what a student's program does."""
    watch = Watch(lease)
    with watch.keep_alive():
        try:
            _execute(lease, engine, watch)
        except LeaseLost:
            logger.warning("lease of submission %s is lost", lease.submission_id)
        except _ControlFailed as error:
            logger.error(
                "the control of submission %s failed: %s", lease.submission_id, error
            )
            _hand_back(lease, f"control-failed: {error}")
        except AuthorFault as error:
            # The lab's own code fails the same way each time: no second try.
            logger.exception("author's code failed")
            _hand_back(lease, f"author-fault: {error}", max_tries=0)
        except ValueError as error:
            logger.exception("the lab contradicts itself")
            _hand_back(lease, f"lab-fault: {error}", max_tries=0)
        except Exception as error:
            # The rim: the unexpected is the platform's fault, never the student's.
            logger.exception("submission %s failed", lease.submission_id)
            _hand_back(lease, f"{type(error).__name__}: {error}")


def _execute(lease: Lease, engine: Engine, watch: Watch) -> None:
    submission = Submission.objects.get(pk=lease.submission_id)
    lifecycle.advance(lease, phase=Phase.PREPARING)
    catalogue = catalogue_of(submission.release_id)
    lab = catalogue.lab(submission.lab)
    rebuild = partial(
        engine.build,
        tree=release_tree(submission.release),
        lab=lab.id,
        seed=submission.seed,
    )

    def request_for(stream: LabStream, run_id: UUID) -> RunRequest:
        return make_request(
            run_id=str(run_id),
            spec=lab.spec,
            stream=stream,
            language=submission.language,
            files=submission.files,
        )

    if submission.kind == Submission.Kind.SHRINK:
        with engine.reserve(watch) as run:
            try_search(
                lease,
                submission,
                catalogue,
                watch=watch,
                rebuild=partial(rebuild, with_states=lab.spec.needs_states),
                run_on=lambda build, **program: run(
                    replace(request_for(build.stream, uuid4()), **program)
                ),
            )
        return
    building = engine.begin(
        tree=release_tree(submission.release),
        lab=lab.id,
        seed=submission.seed,
        with_states=lab.spec.needs_states,
    )
    stream = building.stream()
    watch.show_rows_of(lab.spec)
    with engine.reserve(watch) as run:
        request = request_for(stream, lease.token)
        outcome = run(request)
        if watch.lost.is_set():
            raise LeaseLost
        watch.show_checking(
            rows_in=sum(len(stage.events) for stage in stream.stages),
            rows_out=sum(len(records) for records in outcome.records.values()),
        )
        build = building.whole()
        outcome = _settled(lease, submission, lab, build, run, request, outcome)
        if outcome.ending is Ending.PLATFORM_FAULT:
            lifecycle.hand_back(lease, detail=outcome.detail or "platform-fault")
            return

        def rerun(varied: LabBuild) -> RunOutcome:
            request = request_for(varied.stream, uuid4())
            outcome = run(request)
            if watch.lost.is_set():
                raise LeaseLost
            return _settled(lease, submission, lab, varied, run, request, outcome)

        if submission.kind == Submission.Kind.RUN:
            verdict = leave_ungraded(lab=lab.spec, outcome=outcome)
            report = verdict_report(verdict=verdict, lab=lab.spec, build=build)
        else:
            verdict, report = judge(
                lab=lab.spec,
                build=build,
                outcome=outcome,
                rebuild=rebuild,
                rerun=rerun,
            )
        if verdict.ending is Ending.PLATFORM_FAULT:
            lifecycle.hand_back(lease, detail="platform-fault on a varied stream")
            return
        is_written = _conclude(
            lease, catalogue, verdict, report, run_report(outcome=outcome, lab=lab.spec)
        )
    if is_written and outcome.ending is Ending.COMPLETED:
        recover(OF_A_LAB, subject=lab.id)


def _settled(
    lease: Lease,
    submission: Submission,
    lab: Lab,
    build: LabBuild,
    run: RunProgram,
    request: RunRequest,
    outcome: RunOutcome,
) -> RunOutcome:
    """Return ``outcome`` with whose fault it was settled; raise _ControlFailed.

    ``request`` is what it was the outcome of: an ending that may be chance is judged by
    a second run.
    """
    is_last_try = submission.tries >= settings.LAB_MAX_TRIES
    if not is_doubtful(outcome, is_last_try=is_last_try):
        return outcome
    if not _control_passes(lease, submission, lab, build, run):
        return outcome
    if may_be_chance(outcome):
        logger.warning(
            "submission %s is run again after %s",
            lease.submission_id,
            outcome.error.kind if outcome.error else outcome.ending,
        )
        return run(replace(request, run_id=str(uuid4())))
    return as_own_fault(outcome)


class _ControlFailed(Exception):
    """The reference solution failed too: nothing can be said of the program."""


def _control_passes(
    lease: Lease, submission: Submission, lab: Lab, build: LabBuild, run: RunProgram
) -> bool:
    """Run the lab's solution in a fresh box of the slot; raise if it does not pass.

    False where there was no answer: the run was stopped, or there is no solution.
    """
    tree = release_tree(submission.release)
    solution = reference_solution(tree, lab, submission.language)
    if solution is None:
        logger.error("lab %s has no solution to run as a control", lab.id)
        return False
    language, files = solution
    token = uuid4()
    outcome = run(
        make_request(
            run_id=str(token),
            spec=lab.spec,
            stream=build.stream,
            language=language,
            files=files,
        )
    )
    if outcome.ending is Ending.CANCELLED:
        return False
    verdict = grade(lab=lab.spec, build=build, outcome=outcome)
    lifecycle.record_control(
        lease,
        token=token,
        ending=outcome.ending,
        detail=f"{verdict.result}: {outcome.detail}".rstrip(": "),
        report=run_report(outcome=outcome, lab=lab.spec),
    )
    if not own_checks_pass(lab.spec, verdict):
        raise _ControlFailed(f"{outcome.ending} {outcome.detail}".strip())
    return True


def _conclude(
    lease: Lease,
    catalogue: Catalogue,
    verdict: Verdict,
    report: dict[str, Any],
    run_report: dict[str, Any],
) -> bool:
    """Write the verdict; False where it waits in the spool."""
    word = FinalWord(
        result=verdict.result.value,
        ending=verdict.ending,
        points=verdict.points,
        max_points=verdict.max_points,
        report=report,
    )
    try:
        lifecycle.finish(lease, word=word, run_report=run_report, catalogue=catalogue)
    except DATABASE_GONE:
        logger.exception("no verdict on submission %s yet", lease.submission_id)
        connection.close()
        spool.keep(lease, word=word, run_report=run_report)
        return False
    return True


def _hand_back(lease: Lease, detail: str, *, max_tries: int | None = None) -> None:
    try:
        lifecycle.hand_back(lease, detail=detail, max_tries=max_tries)
    except LeaseLost:
        logger.warning("lease of submission %s is lost", lease.submission_id)
    except DATABASE_GONE:
        # The lease runs out by itself, and the reaper does the same.
        logger.exception("submission %s is left to the reaper", lease.submission_id)
        connection.close()
