"""Submission → Run (one leased try) → Verdict, and the drafts they start from."""

import uuid
from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import User
from curriculum.models import Release
from lab_protocol.messages import Ending, Language


class SubmissionQuerySet(models.QuerySet["Submission"]):
    """Named questions about submissions."""

    def waiting(self) -> "SubmissionQuerySet":
        return self.filter(state=Submission.State.QUEUED)

    def under_way(self) -> "SubmissionQuerySet":
        """Claimed by a worker and not yet ended."""
        return self.filter(state__in=Submission.LEASED_STATES)

    def open(self) -> "SubmissionQuerySet":
        """Waiting or under way: no final verdict yet."""
        return self.exclude(state__in=Submission.FINAL_STATES)

    def attempts(self) -> "SubmissionQuerySet":
        """What the pages call an attempt: a submit, not a run."""
        return self.filter(kind=Submission.Kind.SUBMIT)


class Submission(models.Model):
    """What a person sent in, and where it is now.

    ``state`` says where it is, never how it ended; that is the verdict's. Only
    ``submissions.lifecycle`` writes the columns from ``state`` on. A regrade and a
    shrink are submissions of their own, made by the site for the same person; their
    ``original`` stays final and shows its old verdict meanwhile. ``turn`` is their
    place among people in the background lane (``submissions.turns``), 0 for others.
    After a platform fault nobody claims it before ``not_before``. ``progress`` is that
    of a shrink (``submissions.searching``), ``rows_so_far`` a try's latest rows.
    """

    class Kind(models.TextChoices):
        RUN = "run", _("run")
        SUBMIT = "submit", _("submit")
        REGRADE = "regrade", _("regrade")
        SHRINK = "shrink", _("search for the smallest failing stream")

    class State(models.TextChoices):
        QUEUED = "queued", _("queued")
        LEASED = "leased", _("taken by a worker")
        PREPARING = "preparing", _("preparing environment")
        RUNNING = "running", _("running")
        CHECKING = "checking", _("checking")
        FINISHED = "finished", _("finished")
        CANCELLED = "cancelled", _("cancelled")

    LEASED_STATES = (State.LEASED, State.PREPARING, State.RUNNING, State.CHECKING)
    FINAL_STATES = (State.FINISHED, State.CANCELLED)

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="submissions")
    lab = models.CharField(max_length=80)
    release = models.ForeignKey(Release, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=10, choices=Kind)
    language = models.CharField(
        max_length=10, choices=[(item.value, item.value) for item in Language]
    )
    # {"job.sql": "text"}: names are checked by the service, order means nothing.
    files = models.JSONField()
    seed = models.BigIntegerField()
    idempotency_key = models.UUIDField()
    is_demo = models.BooleanField(default=False)
    original = models.ForeignKey(
        "self", on_delete=models.CASCADE, null=True, blank=True, related_name="redone"
    )
    turn = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(db_default=Now())

    state = models.CharField(max_length=10, choices=State, default=State.QUEUED)
    generation = models.PositiveSmallIntegerField(default=1)
    tries = models.PositiveSmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    cancel_requested_at = models.DateTimeField(null=True, blank=True)
    lease_token = models.UUIDField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    worker = models.CharField(max_length=120, blank=True)
    rows_in = models.PositiveIntegerField(default=0)
    rows_out = models.PositiveIntegerField(default=0)
    rows_so_far = models.JSONField(default=dict, blank=True)
    progress = models.JSONField(default=dict, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = SubmissionQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["-created_at", "-pk"]
        constraints: ClassVar = [
            # The same form posted twice (double click, lost reply) is one row.
            models.UniqueConstraint(
                fields=["user", "idempotency_key"], name="submission_posted_once"
            ),
            # Two workers must not run one person's submissions side by side.
            models.UniqueConstraint(
                fields=["user"],
                condition=models.Q(
                    state__in=["leased", "preparing", "running", "checking"],
                    kind__in=["run", "submit"],
                ),
                name="submission_one_under_way_per_user",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    state__in=["leased", "preparing", "running", "checking"],
                    lease_token__isnull=False,
                    lease_until__isnull=False,
                )
                | models.Q(
                    state__in=["queued", "finished", "cancelled"],
                    lease_token__isnull=True,
                    lease_until__isnull=True,
                ),
                name="submission_lease_fits_state",
            ),
            models.CheckConstraint(
                condition=models.Q(kind__in=["run", "submit"], original__isnull=True)
                | models.Q(kind__in=["regrade", "shrink"], original__isnull=False),
                name="submission_kind_fits_original",
            ),
            # A button pressed twice must not regrade twice.
            models.UniqueConstraint(
                fields=["original", "kind"],
                condition=models.Q(
                    state__in=["queued", "leased", "preparing", "running", "checking"],
                    original__isnull=False,
                ),
                name="submission_redone_once_at_a_time",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["created_at"],
                condition=models.Q(state="queued"),
                name="submission_waiting",
            ),
            models.Index(
                fields=["user", "lab", "-created_at"], name="submission_history"
            ),
        ]
        verbose_name = _("submission")
        verbose_name_plural = _("submissions")

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"

    def get_absolute_url(self) -> str:
        return reverse("classroom:attempt", args=[self.public_id])

    @property
    def is_final(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self.state in self.FINAL_STATES


class RunQuerySet(models.QuerySet["Run"]):
    """Named questions about runs."""

    def tries(self) -> "RunQuerySet":
        """Runs of the person's own program, without the controls."""
        return self.filter(kind=Run.Kind.TRY)

    def controls(self) -> "RunQuerySet":
        """Runs of the reference solution; never shown to the student."""
        return self.filter(kind=Run.Kind.CONTROL)


class Run(models.Model):
    """One leased try of a submission. ``ending`` is empty while it is under way.

    ``report`` is what the student may see of it: stdout, stderr, error, timings,
    and the first rows of each output topic. A control is a run of the lab's reference
    solution after a doubtful ending (``submissions.doubt``), for instructors only.
    """

    class Kind(models.TextChoices):
        TRY = "try", _("try")
        CONTROL = "control", _("control run")

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="runs"
    )
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.TRY)
    number = models.PositiveSmallIntegerField()
    token = models.UUIDField(unique=True)
    worker = models.CharField(max_length=120)
    leased_at = models.DateTimeField(db_default=Now())
    preparing_at = models.DateTimeField(null=True, blank=True)
    running_at = models.DateTimeField(null=True, blank=True)
    checking_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    ending = models.CharField(
        max_length=20, blank=True, choices=[(item.value, item.value) for item in Ending]
    )
    detail = models.CharField(max_length=200, blank=True)
    report = models.JSONField(default=dict)

    objects = RunQuerySet.as_manager()

    class Meta:
        ordering: ClassVar = ["submission_id", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission", "number"], name="run_numbered_once"
            )
        ]
        verbose_name = _("run")
        verbose_name_plural = _("runs")

    def __str__(self) -> str:
        return f"{self.submission} #{self.number}"


class Verdict(models.Model):
    """The one final word on a submission's generation. Written once, never changed.

    ``report`` is the verdict as :mod:`grading.verdict` serialises it.
    """

    class Result(models.TextChoices):
        PASSED = "passed", _("passed")
        FAILED = "failed", _("not passed yet")
        NONE = "none", _("no verdict")

    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, related_name="verdicts"
    )
    generation = models.PositiveSmallIntegerField()
    run = models.ForeignKey(
        Run, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    result = models.CharField(max_length=10, choices=Result)
    ending = models.CharField(
        max_length=20, choices=[(item.value, item.value) for item in Ending]
    )
    points = models.PositiveSmallIntegerField(default=0)
    max_points = models.PositiveSmallIntegerField(default=0)
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering: ClassVar = ["submission_id", "generation"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["submission", "generation"], name="verdict_once_per_generation"
            ),
            models.CheckConstraint(
                condition=models.Q(result__in=["passed", "failed", "none"]),
                name="verdict_result_known",
            ),
        ]
        verbose_name = _("verdict")
        verbose_name_plural = _("verdicts")

    def __str__(self) -> str:
        return f"{self.submission}: {self.result}"


class Draft(models.Model):
    """A person's unsent text for a lab in one language; saved while typing.

    ``before_reset`` is the text that the last reset to the starter replaced.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="drafts")
    lab = models.CharField(max_length=80)
    language = models.CharField(
        max_length=10, choices=[(item.value, item.value) for item in Language]
    )
    text = models.TextField(blank=True)
    before_reset = models.TextField(blank=True, default="")
    revision = models.PositiveIntegerField(default=1)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "lab", "language"], name="draft_once_per_lab_language"
            )
        ]

    def __str__(self) -> str:
        return f"{self.user} · {self.lab} · {self.language}"


class WorkerSign(models.Model):
    """A worker's sign of life, by which the pages know that somebody will answer.

    ``ready`` is false where the jail did not prove itself or the worker is ending;
    ``detail`` says why. ``warm_slots`` counts slots with a box that has run its
    warm-up job. ``host``, ``pid`` and ``process_started`` say which process it is
    (``submissions.incarnation``). ``pool`` is how its slots are, ``current`` what
    runs now ([{"submission": public id, "kind": …}]), ``memory`` bytes of the process
    and of its host, ``durations`` how long runs take (``submissions.waiting``).
    """

    name = models.CharField(max_length=120, unique=True)
    version = models.CharField(max_length=40, blank=True)
    host = models.CharField(max_length=120, blank=True)
    pid = models.PositiveIntegerField(default=0)
    process_started = models.PositiveBigIntegerField(default=0)
    started_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField()
    slots = models.PositiveSmallIntegerField(default=0)
    warm_slots = models.PositiveSmallIntegerField(default=0)
    ready = models.BooleanField(default=False)
    draining = models.BooleanField(default=False)
    detail = models.CharField(max_length=300, blank=True)
    pool = models.JSONField(default=dict, blank=True)
    current = models.JSONField(default=list, blank=True)
    memory = models.JSONField(default=dict, blank=True)
    durations = models.JSONField(default=dict, blank=True)

    def __str__(self) -> str:
        return self.name


class Alert(models.Model):
    """Something that staff should look at; standing until it is cleared.

    One standing row for a ``code`` and ``subject`` (a lab's id, a worker's name, a
    submission's public id): what happens again is counted. Written by
    ``submissions.alerts`` only.
    """

    code = models.CharField(max_length=40)
    subject = models.CharField(max_length=120, blank=True)
    first_seen = models.DateTimeField(db_default=Now())
    last_seen = models.DateTimeField(db_default=Now())
    count = models.PositiveIntegerField(default=1)
    submission = models.ForeignKey(
        Submission, on_delete=models.CASCADE, null=True, blank=True, related_name="+"
    )
    detail = models.CharField(max_length=300, blank=True)
    cleared_at = models.DateTimeField(null=True, blank=True)
    # Empty where the fault went away by itself.
    cleared_by = models.ForeignKey(
        User, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering: ClassVar = ["-last_seen", "-pk"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["code", "subject"],
                condition=models.Q(cleared_at__isnull=True),
                name="alert_stands_once",
            )
        ]
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")

    def __str__(self) -> str:
        return f"{self.code} {self.subject}".strip()


class DutyLease(models.Model):
    """Who does a duty that one worker at a time must do, such as reaping."""

    duty = models.CharField(max_length=40, unique=True)
    holder = models.CharField(max_length=120)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.duty}: {self.holder}"


class StreamSample(models.Model):
    """The first events of a lab's public stream, made once a release by a worker.

    ``events`` are those of ``grading.report.event_report``; none where the lab's own
    code failed.
    """

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="+")
    lab = models.CharField(max_length=80)
    events = models.JSONField(default=list)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["release", "lab"], name="stream_sample_once_per_lab"
            )
        ]

    def __str__(self) -> str:
        return f"{self.release} · {self.lab}"
