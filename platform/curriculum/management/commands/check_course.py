"""``manage.py check_course``: all that is wrong with the content, with places."""

import dataclasses
import json
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from curriculum.loader import check_tree
from curriculum.problems import Problem, Severity, errors


class Command(BaseCommand):
    help = "Check lessons/ and labs/; say file, line, what is wrong and what to do."
    # Authors check a course before there is a database.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--root",
            type=Path,
            default=Path(settings.LAB_CONTENT_ROOT),
            help="the folder that holds lessons/ and labs/",
        )
        parser.add_argument(
            "--json", action="store_true", help="print one JSON object for tools"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        checked = check_tree(options["root"])
        wrong = len(errors(checked.problems))
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "errors": wrong,
                        "warnings": len(checked.problems) - wrong,
                        "problems": [
                            dataclasses.asdict(problem) for problem in checked.problems
                        ],
                    },
                    ensure_ascii=False,
                    indent=2,
                )
            )
        else:
            for problem in checked.problems:
                self._print(problem)
            self.stdout.write(_summary(checked.course is not None, checked.problems))
        if wrong:
            # Not CommandError: the problems are said already, and --json stays JSON.
            raise SystemExit(1)

    def _print(self, problem: Problem) -> None:
        paint = (
            self.style.ERROR
            if problem.severity is Severity.ERROR
            else self.style.WARNING
        )
        self.stdout.write(
            f"{problem.place}: {paint(problem.severity)} {problem.message}"
            f" [{problem.rule}]\n    {problem.fix}"
        )


def _summary(good: bool, problems: tuple[Problem, ...]) -> str:
    wrong = len(errors(problems))
    counts = f"{wrong} errors, {len(problems) - wrong} warnings"
    return (
        f"The course can be imported ({counts})."
        if good
        else f"The course cannot be imported ({counts})."
    )
