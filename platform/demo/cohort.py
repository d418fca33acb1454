"""The lived-in cohort: a planned history written as rows, through services where any.

Submissions, runs and verdicts are inserted as a worker left them when they were
recorded; only times and owners are new. The ledger is written by its own services.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import uuid4

from django.db import transaction
from django.utils import timezone

from accounts.models import Cohort, Enrolment, User
from curriculum.catalogue import Catalogue
from demo.history import Answers, LessonOutline, Step, StepKind, plan
from demo.recordings import Recording, fits, load
from progress.models import Achievement
from progress.selectors import course_map
from progress.services import (
    mark_lesson_read,
    note_lesson_opened,
    record_lab_passed,
)
from submissions.models import Run, Submission, Verdict

SLUG = "demo"
LEARNERS = 30
SEED = 20_260_213
WORKER = "recording"
QUEUE_SECONDS = 0.4


def cohort_exists() -> bool:
    """Say whether the demo cohort has been made."""
    return Cohort.objects.filter(slug=SLUG).exists()


def usable_recordings(catalogue: Catalogue) -> dict[str, dict[str, Recording]]:
    """Return by lab and name the recordings that fit the lab as it is now."""
    return {
        lab.id: {
            recording.name: recording
            for recording in load(lab.id)
            if fits(recording, lab.spec)
        }
        for lab in catalogue.labs
    }


@transaction.atomic
def create_cohort(
    *,
    catalogue: Catalogue,
    recordings: Mapping[str, Mapping[str, Recording]],
    instructor: User,
    student: User,
    now: datetime | None = None,
) -> Cohort:
    """Make the cohort with its learners and their past; ``student`` has none yet.

    ``recordings`` are what the learners may send in, by lab and name.
    """
    now = now or timezone.now()
    cohort = Cohort.objects.create(
        slug=SLUG,
        title="Демонстрационная группа",
        starts_on=(now - timedelta(weeks=5)).date(),
        ends_on=(now + timedelta(weeks=5)).date(),
        is_demo=True,
    )
    learners = [_learner(number) for number in range(1, LEARNERS + 1)]
    User.objects.bulk_create(learners)
    _enrol(cohort, [student, *learners], Enrolment.Role.STUDENT)
    _enrol(cohort, [instructor], Enrolment.Role.INSTRUCTOR)
    histories = plan(
        learners=len(learners),
        lessons=_outline(catalogue),
        answers={
            lab: Answers(
                right=tuple(name for name, item in known.items() if item.is_right),
                wrong=tuple(name for name, item in known.items() if not item.is_right),
            )
            for lab, known in recordings.items()
        },
        now=now,
        seed=SEED,
    )
    for learner, steps in zip(learners, histories, strict=True):
        for step in steps:
            _write(step, learner, catalogue, recordings)
    return cohort


def _learner(number: int) -> User:
    learner = User(username=f"student-{number:02d}", is_demo=True)
    learner.set_unusable_password()
    return learner


def _enrol(cohort: Cohort, people: Iterable[User], role: Enrolment.Role) -> None:
    Enrolment.objects.bulk_create(
        Enrolment(cohort=cohort, user=user, role=role) for user in people
    )


def _outline(catalogue: Catalogue) -> list[LessonOutline]:
    return [LessonOutline(lesson.id, lesson.labs) for lesson in catalogue.lessons]


def _write(
    step: Step,
    learner: User,
    catalogue: Catalogue,
    recordings: Mapping[str, Mapping[str, Recording]],
) -> None:
    kind = Achievement.Kind
    if step.kind is StepKind.ATTEMPT:
        recording = recordings[step.item][step.answer]
        submission, ended_at = _replay(step, learner, catalogue, recording)
        if recording.is_right:
            record_lab_passed(
                user=learner,
                catalogue=catalogue,
                lab_id=step.item,
                evidence=str(submission.public_id),
                achieved_at=ended_at,
            )
    elif step.kind is StepKind.OPENED:
        note_lesson_opened(
            user=learner,
            course=course_map(user=learner, catalogue=catalogue),
            lesson_id=step.item,
        )
        _date(learner, step, [kind.LESSON_OPENED])
    else:
        mark_lesson_read(user=learner, catalogue=catalogue, lesson_id=step.item)
        _date(learner, step, [kind.LESSON_READ, kind.LESSON_COMPLETED])


def _date(learner: User, step: Step, kinds: list[Achievement.Kind]) -> None:
    """Move steps that the services have just dated today to when they were made."""
    Achievement.objects.filter(user=learner, item=step.item, kind__in=kinds).update(
        achieved_at=step.at
    )


def _replay(
    step: Step, learner: User, catalogue: Catalogue, recording: Recording
) -> tuple[Submission, datetime]:
    leased_at = step.at + timedelta(seconds=QUEUE_SECONDS)
    ended_at = leased_at + timedelta(seconds=recording.seconds)
    submission = Submission.objects.create(
        user=learner,
        lab=step.item,
        release_id=catalogue.release_id,
        kind=Submission.Kind.SUBMIT,
        language=recording.language,
        files=recording.files,
        seed=recording.seed,
        idempotency_key=uuid4(),
        is_demo=True,
        created_at=step.at,
        state=Submission.State.FINISHED,
        tries=1,
        rows_in=recording.rows_in,
        rows_out=recording.rows_out,
        finished_at=ended_at,
    )
    run = Run.objects.create(
        submission=submission,
        number=1,
        token=uuid4(),
        worker=WORKER,
        leased_at=leased_at,
        preparing_at=leased_at,
        running_at=leased_at,
        checking_at=ended_at,
        ended_at=ended_at,
        ending=recording.ending,
        report=recording.run,
    )
    Verdict.objects.create(
        submission=submission,
        generation=1,
        run=run,
        result=recording.result,
        ending=recording.ending,
        points=recording.points,
        max_points=recording.max_points,
        report=recording.verdict,
        created_at=ended_at,
    )
    return submission, ended_at
