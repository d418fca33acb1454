"""One lesson or lab run for real: a table of what was done, a line for each fault."""

import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

import yaml

from curriculum.fences import FenceKind
from curriculum.specs import LabSpec
from lab_protocol.author import LabBuild
from lab_protocol.messages import Language
from rehearsal import python_blocks
from rehearsal.attempts import (
    SUFFIXES,
    Attempt,
    Program,
    attempt,
    solution_complaint,
    starter_complaint,
    wrong_answer_complaint,
)
from rehearsal.snippets import SessionEndedError, complaint, count_kinds, needs_flink
from rehearsal.snippets import execute as execute_on_flink
from sandbox.author import build_lab
from sandbox.errors import AuthorFault
from sandbox.image.manifest import Image
from sandbox.pool import SlotPool

# A wrong answer is held to its check on fewer streams than the solution: its rows are
# predicted for each, and the tests look at all seeds without Flink.
WRONG_SEEDS = 1


class Role(StrEnum):
    """What a line of the table is about."""

    BLOCK = "block"
    STARTER = "starter"
    SOLUTION = "solution"
    WRONG_ANSWER = "wrong answer"


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table; ``fault`` is empty where all is as it must be.

    ``place`` is ``file:line`` or a file below the course's root.
    """

    place: str
    what: str
    fault: str = ""
    fix: str = ""
    role: Role = Role.BLOCK


def run_lesson(folder: Path, *, image: Image | None) -> Iterator[Line]:
    """Execute the blocks of a lesson in order, one line for each.

    A lesson with blocks on Flink needs the ``image``.
    """
    place = f"lessons/{folder.name}"
    kinds = count_kinds(folder)
    if image is not None and needs_flink(folder):
        with tempfile.TemporaryDirectory() as work:
            try:
                done = execute_on_flink(folder, Path(work), image=image)
            except SessionEndedError as error:
                yield Line(f"{place}/ru.md", "the session", str(error), "Run it again.")
                return
        for block, executed in done:
            yield Line(
                f"{place}/ru.md:{block.fence.line}",
                f"{_kind(block.fails)} {executed.seconds:.1f} s {block.name}",
                complaint(block, executed) or "",
                "Mend the block, or show what it really says.",
            )
    else:
        for text in sorted(folder.glob("*.md")):
            for one in python_blocks.execute(text):
                fails = one.fence.header.kind is FenceKind.FAILS
                yield Line(
                    f"{place}/{text.name}:{one.fence.line}",
                    f"{_kind(fails)} {one.fence.header.title or 'untitled'}",
                    one.complaint,
                    "Mend the block, or show what it really says.",
                )
    if kinds[FenceKind.NORUN]:
        yield Line(place, f"{kinds[FenceKind.NORUN]} marked as not runnable")


def _kind(fails: bool) -> str:
    return "fails " if fails else "runs  "


@dataclass(frozen=True, slots=True)
class LabRun:
    """A lab below the course ``root``, to be run in the slots of ``pool``."""

    root: Path
    slug: str
    pool: SlotPool
    image: Image

    @property
    def folder(self) -> Path:
        return self.root / "labs" / self.slug

    def lines(self, *, seeds: int) -> Iterator[Line]:
        """Run starter, solutions (over ``seeds``) and wrong answers, two at a time."""
        text = (self.folder / "lab.yaml").read_text("utf-8")
        spec = LabSpec.model_validate(yaml.safe_load(text))
        with ThreadPoolExecutor(2, thread_name_prefix="rehearsal") as threads:
            waiting = [
                threads.submit(self._line, spec, *case)
                for case in self._cases(spec, seeds)
            ]
            for one in waiting:
                yield one.result()

    def _cases(self, spec: LabSpec, seeds: int) -> Iterator["Case"]:
        for starter in spec.starters:
            path = self.folder / "given" / starter.name
            yield path, starter.language, 1, Role.STARTER, "", starter_complaint
        for starter in spec.starters:
            path = self.folder / f"answers/solution{SUFFIXES[starter.language]}"
            for seed in range(1, seeds + 1):
                yield (
                    path,
                    starter.language,
                    seed,
                    Role.SOLUTION,
                    "",
                    partial(solution_complaint, spec),
                )
        languages = {SUFFIXES[item.language]: item.language for item in spec.starters}
        mistakes = {item.id: item for item in spec.misconceptions}
        for number, path in enumerate(sorted(self.folder.glob("answers/wrong/*"))):
            known = mistakes[path.stem]
            for seed in range(WRONG_SEEDS):
                yield (
                    path,
                    languages.get(path.suffix),
                    101 + number + 100 * seed,
                    Role.WRONG_ANSWER,
                    f" for {known.check}",
                    partial(wrong_answer_complaint, spec, known),
                )

    def _line(
        self,
        spec: LabSpec,
        path: Path,
        language: Language | None,
        seed: int,
        role: Role,
        aim: str,
        complain: "Complain",
    ) -> Line:
        place = path.relative_to(self.root).as_posix()
        what = f"{role}{aim}, seed {seed}"
        if not path.is_file():
            return Line(place, what, "there is no such file", "Write it.", role)
        if language is None:
            fault = f"no starter of the lab has a file {path.suffix}"
            return Line(place, what, fault, "Write it in a language of the lab.", role)
        try:
            made = attempt(
                self.pool,
                spec,
                Program(path.read_text("utf-8"), language, seed),
                self._build,
            )
        except AuthorFault as error:
            return Line(
                f"labs/{self.slug}", what, str(error), "Mend stream.py or answers/*.py."
            )
        points = f"{what}: {made.verdict.points} of {spec.points} points"
        return Line(
            place,
            points,
            complain(made) or "",
            "Mend the program, or what answers/ says of it.",
            role,
        )

    def _build(self, seed: int, variation: str | None) -> LabBuild:
        return build_lab(
            image=self.image,
            release_files=self.root,
            lab=self.slug,
            seed=seed,
            variation=variation,
        )


type Complain = Callable[[Attempt], str | None]
type Case = tuple[Path, Language | None, int, Role, str, Complain]
