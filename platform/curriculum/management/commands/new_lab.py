"""``manage.py new_lab``: a small lab that runs, to be edited into another one."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from curriculum.skeleton import Kind, SkeletonError, write_lab


class Command(BaseCommand):
    help = "Write a new lab: task, starter, solution, oracle, one wrong answer, hints."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="its id: lower-case words with hyphens")
        parser.add_argument("--title", required=True)
        parser.add_argument(
            "--requires", required=True, help="the id of the lesson it belongs to"
        )
        parser.add_argument("--kind", choices=[*Kind], default=Kind.SQL)
        parser.add_argument(
            "--root",
            type=Path,
            default=Path(settings.LAB_CONTENT_ROOT),
            help="the folder that holds lessons/ and labs/",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        root: Path = options["root"].resolve()
        try:
            files = write_lab(
                root=root,
                slug=options["slug"],
                title=options["title"],
                lesson=options["requires"],
                kind=Kind(options["kind"]),
            )
        except SkeletonError as error:
            raise CommandError(str(error)) from error
        for path in files:
            self.stdout.write(f"  + {path.relative_to(root)}")
        self.stdout.write(
            "A draft that runs. Edit it, then: manage.py check_course --run"
            f" {options['slug']}; list it under `labs` of its lesson and remove"
            " `draft: true` to release it."
        )
