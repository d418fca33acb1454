"""``manage.py new_lesson``: a lesson folder that can be checked and read at once."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from curriculum.skeleton import SkeletonError, write_lesson


class Command(BaseCommand):
    help = "Write a new lesson in both languages, a draft that check_course accepts."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its id: lower-case words with hyphens")
        parser.add_argument("--title", required=True)
        parser.add_argument(
            "--requires", default="", help="ids of lessons before it, with commas"
        )
        parser.add_argument(
            "--root",
            type=Path,
            default=Path(settings.LAB_CONTENT_ROOT),
            help="the folder that holds lessons/ and labs/",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        root: Path = options["root"].resolve()
        try:
            files = write_lesson(
                root=root,
                slug=options["slug"],
                title=options["title"],
                requires=tuple(
                    name.strip() for name in options["requires"].split(",") if name
                ),
            )
        except SkeletonError as error:
            raise CommandError(str(error)) from error
        for path in files:
            self.stdout.write(f"  + {path.relative_to(root)}")
        self.stdout.write(
            "A draft. Write it, then: manage.py check_course --run"
            f" {options['slug']}; remove `draft: true` to release it."
        )
