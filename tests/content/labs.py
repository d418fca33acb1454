"""The labs of this course as tests need them: code, specification, records.

A lab's modules are called ``stream``, ``oracle`` and ``misconceptions`` in every lab,
so they are loaded under the names they use among themselves and then forgotten.
"""

import importlib.util
import json
import os
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import yaml

from curriculum.specs import LabSpec, Output
from grading.grader import grade
from grading.variations import VariedRun
from grading.verdict import Verdict
from lab_protocol.author import ExpectedRow, LabBuild
from lab_protocol.messages import Ending, EndRule, Record, RunOutcome
from potok_cdc.stream import Stream
from rehearsal.snippets import lessons_under
from runner.author import build_lab

ROOT = Path(__file__).resolve().parents[2]
LABS = ROOT / "labs"
LESSONS = lessons_under(ROOT)
SLUGS = sorted(
    path.parent.name
    for path in LABS.glob("*/lab.yaml")
    if "draft: true" not in path.read_text("utf-8").splitlines()
)
# Programs of plain Python need no Flink; see docs/lab-kinds.md.
PLAIN_SLUGS = [
    slug
    for slug in SLUGS
    if "language: python" in (LABS / slug / "lab.yaml").read_text("utf-8")
]
FLINK_SLUGS = [slug for slug in SLUGS if slug not in PLAIN_SLUGS]
MODULES = ("stream", "oracle", "misconceptions")
# Cases are made by two threads, and every lab's modules have the same names.
_LOADING = threading.RLock()


@dataclass(frozen=True, slots=True)
class LabCode:
    """The three modules of a lab."""

    stream: ModuleType
    oracle: ModuleType
    misconceptions: ModuleType

    def build(self, seed: int) -> LabBuild:
        """Return the lab of ``seed`` as the author jail would."""
        return self.build_of(self.stream.build_stream(seed))

    def varied(self, seed: int, variation: str) -> LabBuild:
        """Return the lab of ``seed`` with its stream in another form."""
        return self.build_of(self.stream.VARIATIONS[variation](seed))

    def build_of(self, stream: Stream) -> LabBuild:
        """Return what the lab's code says of ``stream``."""
        known = self.misconceptions.MISCONCEPTIONS
        return LabBuild(
            stages=stream.stages,
            expected=_frozen(self.oracle.expected(stream)),
            misconceptions={
                name: _frozen(make(stream)) for name, make in known.items()
            },
            partitions=stream.partitions,
            after={
                stage.name: _frozen(self.oracle.expected_after(stream, stage.name))
                for stage in stream.stages
            },
        )


@cache
def spec_of(slug: str) -> LabSpec:
    """Return the specification of the lab."""
    text = (LABS / slug / "lab.yaml").read_text("utf-8")
    return LabSpec.model_validate(yaml.safe_load(text))


@cache
def code_of(slug: str) -> LabCode:
    """Load the lab's modules afresh and leave no trace of their names."""
    folder = LABS / slug
    with _LOADING, _own_modules():
        loaded = [
            _load("stream", folder / "stream.py"),
            _load("oracle", folder / "answers/oracle.py"),
            _load("misconceptions", folder / "answers/misconceptions.py"),
        ]
    return LabCode(*loaded)


@cache
def build_of(slug: str, seed: int) -> LabBuild:
    """Return the lab of ``seed``, made once in a test process."""
    with _LOADING:
        return code_of(slug).build(seed)


def built(folder: Path, seed: int, **options: Any) -> LabBuild:
    """Return what the author's program makes of a lab; no module stays behind."""
    path = list(sys.path)
    with _LOADING, _own_modules():
        try:
            return build_lab(folder, seed, **options)
        finally:
            sys.path[:] = path


@contextmanager
def _own_modules() -> Iterator[None]:
    """Forget, after the block, the modules of a lab that were loaded in it."""
    kept = {name: sys.modules.pop(name, None) for name in MODULES}
    try:
        yield
    finally:
        for name, module in kept.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


def outcome_of(spec: LabSpec, rows: dict[str, Iterable[ExpectedRow]]) -> RunOutcome:
    """Return a completed run whose topics hold ``rows``, by output name."""
    return RunOutcome(
        run_id="content",
        ending=Ending.COMPLETED,
        end_rule=EndRule.CLOSING_ROWS,
        records={
            output.topic: tuple(
                _record(output, number, row.values)
                for number, row in enumerate(rows.get(name, ()))
            )
            for name, output in spec.outputs.items()
        },
    )


def graded(
    slug: str,
    build: LabBuild,
    outcome: RunOutcome,
    varied: dict[str, VariedRun] | None = None,
) -> Verdict:
    """Return the verdict on ``outcome``."""
    return grade(lab=spec_of(slug), build=build, outcome=outcome, varied=varied)


@cache
def varied_right(slug: str, seed: int) -> dict[str, VariedRun]:
    """Return completed runs on every varied stream with exactly the right rows."""
    spec, code = spec_of(slug), code_of(slug)
    runs = {}
    for variation in spec.variations:
        build = code.varied(seed, variation.id)
        runs[variation.id] = VariedRun(build, outcome_of(spec, build.expected))
    return runs


def failed_checks(verdict: Verdict) -> set[str]:
    """Return the ids of the checks that did not pass."""
    return {check.check_id for check in verdict.checks if not check.passed}


def comparable(rows: Iterable[ExpectedRow]) -> list[str]:
    """Return the values of ``rows`` in an order of their own."""
    return sorted(json.dumps(row.values, sort_keys=True) for row in rows)


def some_of[T](family: Sequence[T]) -> Sequence[T]:
    """Return every third of a long family; all with POTOK_TESTS=all."""
    return family if os.environ.get("POTOK_TESTS") == "all" else family[::3]


def _frozen(
    outputs: dict[str, list[ExpectedRow]],
) -> dict[str, tuple[ExpectedRow, ...]]:
    return {name: tuple(rows) for name, rows in outputs.items()}


def _load(name: str, path: Path) -> ModuleType:
    loading = importlib.util.spec_from_file_location(name, path)
    assert loading is not None
    assert loading.loader is not None
    module = importlib.util.module_from_spec(loading)
    sys.modules[name] = module
    loading.loader.exec_module(module)
    return module


def _record(output: Output, number: int, values: dict[str, Any]) -> Record:
    key = None
    if output.mode == "upsert":
        key = json.dumps({name: values[name] for name in output.key}).encode()
    return Record(
        partition=0,
        offset=number,
        timestamp_ms=0,
        key=key,
        value=json.dumps(values).encode(),
        stage=1,
    )


def answer(slug: str, name: str) -> str:
    """Return the text of one of the lab's answers."""
    return (LABS / slug / "answers" / name).read_text("utf-8")


def changed(text: str, old: str, new: str) -> str:
    """Return ``text`` with ``old`` replaced; it must be there."""
    assert old in text
    return text.replace(old, new)
