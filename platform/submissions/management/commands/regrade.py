"""Judge submits again by the active release, in the lane that nobody waits for."""

from argparse import ArgumentParser
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Exists, OuterRef, QuerySet

from accounts.models import Cohort, Enrolment
from submissions.models import Submission, Verdict
from submissions.regrade import regrade_all


class Command(BaseCommand):
    help = (
        "Queues finished submits to be judged again with their own seed and the active "
        "release's oracle. Old verdicts stay until the new ones are there; a lower "
        "one waits for confirmation."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        which = parser.add_mutually_exclusive_group(required=True)
        which.add_argument("--submission", metavar="ID", help="one submit")
        which.add_argument("--lab", help="every submit of a lab")
        parser.add_argument("--cohort", metavar="SLUG", help="only its students")
        parser.add_argument(
            "--platform-faults",
            action="store_true",
            help="only those that ended by the platform's fault",
        )
        parser.add_argument(
            "--dry-run", action="store_true", help="count them and queue none"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        rows = _chosen(options)
        if options["dry_run"]:
            self.stdout.write(f"{rows.count()} submits would be judged again")
            return
        done = regrade_all(submissions=rows.order_by("pk").iterator(chunk_size=100))
        self.stdout.write(f"queued: {len(done.submissions)}")
        for submission, code in done.refused:
            self.stdout.write(f"left out: {submission.public_id} ({code})")


def _chosen(options: dict[str, Any]) -> QuerySet[Submission]:
    rows = Submission.objects.attempts().filter(
        state=Submission.State.FINISHED, is_demo=False
    )
    if options["submission"]:
        try:
            rows = rows.filter(public_id=options["submission"])
            found = rows.exists()
        except (ValueError, ValidationError):
            found = False
        if not found:
            raise CommandError(
                f"no finished submit has the id {options['submission']!r}"
            )
    if options["lab"]:
        rows = rows.filter(lab=options["lab"])
    if slug := options["cohort"]:
        cohort = Cohort.objects.filter(slug=slug).first()
        if cohort is None:
            raise CommandError(f"there is no cohort {slug!r}")
        students = Enrolment.objects.students().filter(cohort=cohort)
        rows = rows.filter(Exists(students.filter(user=OuterRef("user"))))
    if options["platform_faults"]:
        faults = Verdict.objects.filter(
            submission=OuterRef("pk"),
            generation=OuterRef("generation"),
            ending="platform_fault",
        )
        rows = rows.filter(Exists(faults))
    return rows
