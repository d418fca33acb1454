"""Run a file against a lab of the working tree, without the site: for authors."""

import json
import time
from argparse import ArgumentParser
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from curriculum.catalogue import Lab
from curriculum.loader import load_tree
from curriculum.problems import ContentError
from curriculum.publishing import publish
from curriculum.run_request import make_request
from grading.report import run_report
from lab_protocol.author import LabBuild
from lab_protocol.messages import RunOutcome
from sandbox.author import build_lab
from sandbox.errors import AuthorFault, SandboxUnavailable
from sandbox.image.manifest import load_image, runtime_dir
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings
from submissions.judging import Rebuild, judge

START_SECONDS = 90.0


class Command(BaseCommand):
    help = (
        "Runs FILE as a submit of LAB on the real engine and prints the verdict, "
        "the report and the timings as JSON, one object a run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("lab")
        parser.add_argument("file", type=Path)
        parser.add_argument("--seed", type=int, default=1)
        parser.add_argument("--repeat", type=int, default=1)
        parser.add_argument(
            "--cold", action="store_true", help="do not wait for a warm box"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        root = Path(settings.LAB_CONTENT_ROOT)
        lab = _lab(root, options["lab"])
        try:
            image = load_image(runtime_dir(root))
            rebuild = partial(
                build_lab,
                image=image,
                release_files=root,
                lab=lab.id,
                seed=options["seed"],
            )
            with SlotPool(SandboxSettings(image=image, slots=1)) as pool:
                for _ in range(options["repeat"]):
                    if not options["cold"]:
                        pool.wait_ready(START_SECONDS, warm=True)
                    self._run(pool, lab, rebuild, options["file"])
        except (AuthorFault, SandboxUnavailable) as error:
            raise CommandError(f"{error}\n{getattr(error, 'trace', '')}") from error

    def _run(self, pool: SlotPool, lab: Lab, rebuild: Rebuild, file: Path) -> None:
        starter = next(
            (s for s in lab.spec.starters if Path(s.name).suffix == file.suffix), None
        )
        if starter is None:
            raise CommandError(f"{file}: the lab takes no {file.suffix} files")
        files = {starter.name: file.read_text(encoding="utf-8")}

        def run(build: LabBuild) -> RunOutcome:
            return pool.run(
                make_request(
                    run_id=str(uuid4()),
                    spec=lab.spec,
                    stream=build.stream,
                    language=starter.language,
                    files=files,
                ),
                on_progress=lambda progress: None,
                is_cancelled=lambda: False,
            )

        build = rebuild(with_states=lab.spec.needs_states)
        began = time.monotonic()
        outcome = run(build)
        verdict, report = judge(
            lab=lab.spec, build=build, outcome=outcome, rebuild=rebuild, rerun=run
        )
        answer = {
            "seconds": round(time.monotonic() - began, 3),
            "result": verdict.result,
            "ending": verdict.ending,
            "detail": outcome.detail,
            "points": verdict.points,
            "verdict": report,
            "run": run_report(outcome=outcome, lab=lab.spec),
        }
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))


def _lab(root: Path, name: str) -> Lab:
    try:
        content = publish(load_tree(root))
        return next(lab for lab in content.labs if lab.id == name)
    except ContentError as error:
        raise CommandError(f"{error}; run check_course") from error
    except StopIteration:
        raise CommandError(f"there is no lab {name!r}") from None
