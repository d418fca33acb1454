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
                    self._record(lab, tree, engine, options["language"])

    def _record(
        self, lab: Lab, tree: Path, engine: Recorder, language: str | None
    ) -> None:
        recordings = [
            recording
            for recording in load(lab.id)
            if language is not None and recording.language != language
        ]
        for number, program in enumerate(programs(lab, tree / "labs" / lab.id)):
            if language not in (None, program.language):
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
            recordings.append(recording)
        file = save(lab.id, recordings)
        self.stdout.write(f"{file.name}: {file.stat().st_size // 1024} KiB")
