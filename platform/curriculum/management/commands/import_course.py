"""``manage.py import_course``: store lessons/ and labs/ as a release."""

import argparse
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DatabaseError

from curriculum.catalogue import CourseContent
from curriculum.models import Release
from curriculum.problems import ContentError
from curriculum.publishing import compare
from curriculum.releases import activate, import_tree


class Command(BaseCommand):
    help = "Import lessons/ and labs/ as a release; show it unless told otherwise."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--root",
            type=Path,
            default=Path(settings.LAB_CONTENT_ROOT),
            help="the folder that holds lessons/ and labs/",
        )
        parser.add_argument(
            "--activate",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="let the pages show the release at once (default)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            before = Release.objects.active().first()
        except DatabaseError as error:
            raise CommandError(
                "the database is not set up: start the site once with `make run`,"
                f" or run `manage.py migrate` ({error})"
            ) from error
        try:
            release = import_tree(root=options["root"])
        except ContentError as error:
            for problem in error.problems:
                self.stderr.write(
                    f"{problem.place}: {problem.severity} {problem.message}"
                    f" [{problem.rule}]\n    {problem.fix}"
                )
            raise CommandError(
                "nothing was imported, the active release stays as it is"
            ) from error
        self._print_changes(before, release)
        if options["activate"]:
            activate(release=release)
            self.stdout.write(f"Release {release} is active.")
        else:
            self.stdout.write(f"Release {release} is stored, not active.")

    def _print_changes(self, before: Release | None, release: Release) -> None:
        if before is not None and before.pk == release.pk:
            self.stdout.write("The files are those of the active release.")
            return
        changes = compare(
            CourseContent.model_validate(before.catalogue) if before else None,
            CourseContent.model_validate(release.catalogue),
        )
        for sign, names in (
            ("+", changes.added),
            ("~", changes.changed),
            ("-", changes.removed),
        ):
            for name in names:
                self.stdout.write(f"  {sign} {name}")
        if not changes:
            self.stdout.write("  no lesson and no lab differs")
