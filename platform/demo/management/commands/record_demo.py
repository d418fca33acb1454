"""``manage.py record_demo``: run the labs' answers for real and keep what came out."""

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from curriculum.catalogue import Lab
from curriculum.models import Release
from curriculum.releases import NoActiveRelease, active_catalogue, release_tree
from demo.recorder import FIRST_SEED, Recorder, RecordingFault, programs, record
from demo.recordings import load, save
from sandbox.errors import SandboxUnavailable
from sandbox.settings import settings_from_environment


class Command(BaseCommand):
    help = (
        "Run every answer of the active release's labs on the real engine and store"
        " the verdicts that the demo cohort replays."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--lab", help="only this lab")
        parser.add_argument(
            "--language", help="only programs in it; those in others stay as they are"
        )
        parser.add_argument(
            "--program",
            nargs="+",
            metavar="NAME",
            help="only these, such as starter-sql; the others stay as they are",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            catalogue = active_catalogue()
            sandbox = settings_from_environment(Path(settings.LAB_CONTENT_ROOT))
        except (NoActiveRelease, SandboxUnavailable) as error:
            raise CommandError(str(error)) from None
        tree = release_tree(Release.objects.get(pk=catalogue.release_id))
        with Recorder(replace(sandbox, slots=1)) as engine:
            for lab in catalogue.labs:
                if options["lab"] in (None, lab.id):
                    self._record(lab, tree, engine, options)

    def _record(
        self, lab: Lab, tree: Path, engine: Recorder, options: dict[str, Any]
    ) -> None:
        """Record what was asked for of a lab; each program is stored when it is done.

        Thirty programs take minutes: one that is stopped keeps what it has.
        """
        known = list(programs(lab, tree / "labs" / lab.id))
        kept = {recording.name: recording for recording in load(lab.id)}
        for number, program in enumerate(known):
            if options["language"] not in (None, program.language):
                continue
            if options["program"] and program.name not in options["program"]:
                continue
            try:
                recording = record(
                    lab=lab,
                    tree=tree,
                    program=program,
                    seed=FIRST_SEED + number,
                    engine=engine,
                )
            except RecordingFault as error:
                raise CommandError(str(error)) from None
            self.stdout.write(
                f"{lab.id} {program.name}: {recording.result},"
                f" {recording.points}/{recording.max_points},"
                f" {recording.ending}, {recording.seconds:.1f} s"
            )
            kept[program.name] = recording
            save(lab.id, [kept[item.name] for item in known if item.name in kept])
