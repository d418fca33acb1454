"""``manage.py check_course``: all that is wrong with the content, with places."""

import argparse
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from curriculum.loader import check_tree
from curriculum.minimum_rules import check_minimums
from curriculum.problems import Problem, Problems, Severity, errors
from rehearsal import tables
from rehearsal.course_run import LabRun, Line, run_lesson
from rehearsal.snippets import ROOT, needs_flink
from sandbox.errors import SandboxUnavailable
from sandbox.image.build import build_image
from sandbox.image.manifest import runtime_dir
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings, settings_from_environment

SEEDS = 5
START_SECONDS = 120.0
# Slots of a site that runs beside this have the ids below.
UIDS_OF_A_SITE = 40


class Command(BaseCommand):
    help = (
        "Check lessons/ and labs/; say file, line, what is wrong and what to do."
        " With --run also execute them on real Flink. Ends with 1 where anything"
        " is wrong and 2 where it could not be run."
    )
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
        parser.add_argument(
            "--minimums",
            action=argparse.BooleanOptionalAction,
            default=True,
            help="hold what is no draft to the least that a lesson and a lab offer",
        )
        parser.add_argument(
            "--run",
            nargs="?",
            const="",
            metavar="SLUG",
            help="execute the lesson or lab with this id; without SLUG all of them",
        )
        parser.add_argument(
            "--seeds",
            type=int,
            default=SEEDS,
            help=f"streams that each solution must pass (default {SEEDS})",
        )

        parser.add_argument(
            "--write",
            nargs="?",
            type=Path,
            const=ROOT / "docs/course-tables.md",
            metavar="FILE",
            help="with --run: put what was run without a fault into its tables",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        root: Path = options["root"].resolve()
        if options["seeds"] < 1:
            raise CommandError("--seeds must be at least 1", returncode=2)
        if options["run"] is not None and options["json"]:
            raise CommandError(
                "--json is for the check alone; leave out --run", returncode=2
            )
        checked = check_tree(root)
        found = checked.problems
        if checked.course is not None and options["minimums"]:
            problems = Problems()
            check_minimums(checked.course, problems)
            found = (*found, *problems.sorted())
        wrong = len(errors(found))
        if options["json"]:
            self._print_json(found, wrong)
        else:
            for problem in found:
                self._print(problem)
            self.stdout.write(_summary(checked.course is not None, found))
        if options["run"] is not None and checked.course is not None:
            wrong += self._run(
                root, options["run"], options["seeds"], write=options["write"]
            )
        if wrong:
            # Not CommandError: the problems are said already, and --json stays JSON.
            raise SystemExit(1)

    def _run(self, root: Path, slug: str, seeds: int, *, write: Path | None) -> int:
        """Execute what ``slug`` names, print the table, return the number of faults."""
        lessons, labs = _named(root, slug)
        if not lessons and not labs:
            raise CommandError(
                f"there is no lesson and no lab {slug!r} under {root}", returncode=2
            )
        faults = 0
        try:
            # Lessons of plain Python need no engine, which may not be set up yet.
            engine = _engine() if labs or any(map(needs_flink, lessons)) else None
            image = engine.image if engine else None
            for lesson in lessons:
                lines = self._table(lesson.name, run_lesson(lesson, image=image))
                faults += _faults(lines)
                if write and not _faults(lines):
                    cells = tables.lesson_cells(lesson)
                    tables.write_row(write, lesson.name, cells, is_lab=False)
            if engine is None or not labs:
                return faults
            with SlotPool(engine) as pool:
                pool.wait_ready(START_SECONDS)
                for lab in labs:
                    run = LabRun(root, lab.name, pool, engine.image)
                    lines = self._table(lab.name, run.lines(seeds=seeds))
                    faults += _faults(lines)
                    if write and not _faults(lines):
                        counts = tables.lab_cells(lines)
                        tables.write_row(write, lab.name, counts, is_lab=True)
        except SandboxUnavailable as error:
            raise CommandError(str(error), returncode=2) from error
        return faults

    def _table(self, name: str, lines: Iterator[Line]) -> list[Line]:
        """Print each line as it comes, and return them."""
        self.stdout.write(self.style.MIGRATE_HEADING(f"\n{name}"))
        done = []
        for line in lines:
            done.append(line)
            mark = self.style.ERROR("WRONG") if line.fault else "ok   "
            self.stdout.write(f"  {mark} {line.place}  {line.what}")
            if line.fault:
                self.stdout.write(f"      {line.fault}\n      {line.fix}")
            self.stdout.flush()
        self.stdout.write(f"  {len(done)} done, {_faults(done)} wrong")
        return done

    def _print_json(self, found: tuple[Problem, ...], wrong: int) -> None:
        self.stdout.write(
            json.dumps(
                {
                    "errors": wrong,
                    "warnings": len(found) - wrong,
                    "problems": [dataclasses.asdict(problem) for problem in found],
                },
                ensure_ascii=False,
                indent=2,
            )
        )

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


def _engine() -> SandboxSettings:
    """Return the settings of slots with an image of the sources as they are now."""
    build_image(root=ROOT, runtime=runtime_dir(ROOT), report=lambda line: None)
    site = settings_from_environment(ROOT)
    return replace(site, first_uid=site.first_uid + UIDS_OF_A_SITE)


def _faults(lines: list[Line]) -> int:
    return sum(bool(line.fault) for line in lines)


def _named(root: Path, slug: str) -> tuple[list[Path], list[Path]]:
    """Return the folders of the lessons and labs that ``slug`` names; "" is all."""
    lessons = sorted(path.parent for path in root.glob("lessons/[0-9]*/ru.md"))
    labs = sorted(path.parent for path in root.glob("labs/*/lab.yaml"))
    if not slug:
        return lessons, labs
    return (
        [
            path
            for path in lessons
            if slug in {path.name, path.name.split("-", 1)[1]}
            or f"\nid: {slug}\n" in (path / "ru.md").read_text("utf-8")
        ],
        [path for path in labs if path.name == slug],
    )


def _summary(good: bool, problems: tuple[Problem, ...]) -> str:
    wrong = len(errors(problems))
    counts = f"{wrong} errors, {len(problems) - wrong} warnings"
    return (
        f"The course can be imported ({counts})."
        if good
        else f"The course cannot be imported ({counts})."
    )
