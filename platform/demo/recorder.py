"""Runs a lab's own programs on the real engine and keeps what a worker would store."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from curriculum.catalogue import Lab
from curriculum.run_request import make_request
from demo.recordings import Recording, trim_run, trim_verdict
from grading.report import run_report
from lab_protocol.author import LabBuild
from lab_protocol.messages import Ending, RunOutcome
from sandbox.author import build_lab
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings
from submissions.judging import judge

# A word misspelt, an import left out, as everybody does once: the run ends with the
# parser's or the interpreter's message.
TYPOS = {
    "sql": ("INSERT INTO", "INSERT INTTO"),
    "python": ("import json\n", ""),
}
FIRST_SEED = 20_260_001


class RecordingFault(Exception):
    """A program did not come out as the lab says, or the platform failed."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program of a lab: ``name`` says what it is, ``passes`` what must come of it."""

    name: str
    language: str
    file_name: str
    text: str
    passes: bool


def programs(lab: Lab, folder: Path) -> Iterator[Program]:
    """Yield solutions, wrong answers, starters, and solutions with a typo."""
    for starter in lab.spec.starters:
        suffix = Path(starter.name).suffix
        language = starter.language.value

        def program(
            name: str,
            text: str,
            *,
            passes: bool = False,
            language: str = language,
            file_name: str = starter.name,
        ) -> Program:
            return Program(name, language, file_name, text, passes)

        solution = (folder / "answers" / f"solution{suffix}").read_text("utf-8")
        yield program(f"solution-{language}", solution, passes=True)
        given = (folder / "given" / starter.name).read_text("utf-8")
        yield program(f"starter-{language}", given)
        for file in sorted((folder / "answers" / "wrong").glob(f"*{suffix}")):
            yield program(f"{file.stem}-{language}", file.read_text("utf-8"))
        if language in TYPOS:
            typo = solution.replace(*TYPOS[language], 1)
            yield program(f"typo-{language}", typo)


def record(
    *, lab: Lab, tree: Path, program: Program, seed: int, engine: "Recorder"
) -> Recording:
    """Run one program as a submit and return its recording; raise RecordingFault."""
    rebuild = partial(
        build_lab,
        image=engine.settings.image,
        release_files=tree,
        lab=lab.id,
        seed=seed,
    )

    def run(build: LabBuild) -> RunOutcome:
        outcome = engine.pool.run(
            make_request(
                run_id=f"recording-{program.name}",
                spec=lab.spec,
                stream=build.stream,
                language=program.language,
                files={program.file_name: program.text},
            ),
            on_progress=lambda progress: None,
            is_cancelled=lambda: False,
        )
        if outcome.ending is Ending.PLATFORM_FAULT:
            raise RecordingFault(f"{lab.id}/{program.name}: {outcome.detail}")
        return outcome

    build = rebuild(with_states=lab.spec.needs_states)
    outcome = run(build)
    verdict, report = judge(
        lab=lab.spec, build=build, outcome=outcome, rebuild=rebuild, rerun=run
    )
    if (verdict.result == "passed") is not program.passes:
        raise RecordingFault(
            f"{lab.id}/{program.name}: {verdict.result}, which is not what the lab says"
        )
    return Recording(
        name=program.name,
        language=program.language,
        files={program.file_name: program.text},
        seed=seed,
        result=verdict.result.value,
        ending=verdict.ending.value,
        points=verdict.points,
        max_points=verdict.max_points,
        rows_in=sum(len(stage.events) for stage in build.stages),
        rows_out=sum(len(records) for records in outcome.records.values()),
        seconds=round(outcome.timings.ended, 3),
        verdict=trim_verdict(report),
        run=trim_run(run_report(outcome=outcome, lab=lab.spec)),
    )


class Recorder:
    """One warm slot for the length of a ``with`` block."""

    def __init__(self, settings: SandboxSettings) -> None:
        self.settings = settings
        self.pool = SlotPool(settings)

    def __enter__(self) -> "Recorder":
        self.pool.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self.pool.stop()
