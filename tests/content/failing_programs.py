"""The failing programs of ``failing/*.yaml``, as a slot takes them.

Each is a small program with one mistake that students make: ``did`` says which, ``at``
is a piece of text on the line that the explanation must name, ``code`` the explanation
that it must get. What real Flink said to each is kept in ``failing/said/*.json``, so
that explanations are tested without Flink too.
"""

import json
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from classroom.explanations import ErrorView, explain_ending, explain_error
from lab_protocol.messages import Event, Language, Limits, RunRequest, Stage, Topic

FOLDER = Path(__file__).resolve().parent / "failing"
SAID = FOLDER / "said"

_TABLES_OF_PYTHON = """\
from pyflink.table import EnvironmentSettings, TableEnvironment

tables = TableEnvironment.create(EnvironmentSettings.in_streaming_mode())
"""


@dataclass(frozen=True, slots=True)
class Failing:
    """One program; ``code`` is None where the error is meant to be unknown."""

    id: str
    family: str
    did: str
    language: Language
    text: str
    at: str | None
    code: str | None
    limits: Limits
    # The second stage repeats the first, for what goes wrong between the two.
    in_two_stages: bool = False

    @property
    def file(self) -> str:
        """The name under which the program is sent in."""
        return "job.sql" if self.language is Language.SQL else "job.py"

    @property
    def line(self) -> int | None:
        """The line (from 1) that holds ``at``; the last one where it is repeated."""
        if self.at is None:
            return None
        return self.text[: self.text.rindex(self.at)].count("\n") + 1

    def request(self) -> RunRequest:
        """Return the request that runs it on the streams of ``given.yaml``."""
        given = _given()
        events = tuple(_events(given["streams"]))
        names = ("first", "again") if self.in_two_stages else ("all",)
        return RunRequest(
            run_id=f"failing-{self.id}",
            language=self.language,
            files={self.file: self.text},
            entry=self.file,
            inputs=tuple(Topic(name) for name in given["streams"]),
            outputs=tuple(Topic(name) for name in given["outputs"]),
            stages=tuple(Stage(name, events) for name in names),
            closing=(),
            limits=self.limits,
        )


@cache
def failing_programs() -> tuple[Failing, ...]:
    """Return all programs, by family and then as they stand in the file."""
    return tuple(
        _program(item, path.stem)
        for path in sorted(FOLDER.glob("*.yaml"))
        if path.stem != "given"
        for item in yaml.safe_load(path.read_text("utf-8"))
    )


@cache
def said() -> dict[str, dict[str, Any]]:
    """Return what Flink said to each program when it was last recorded."""
    return {
        name: error
        for path in sorted(SAID.glob("*.json"))
        for name, error in json.loads(path.read_text("utf-8")).items()
    }


def view_of_run(
    program: Failing, entry: dict[str, Any], language: str
) -> ErrorView | None:
    """Return what a student is shown of a run; ``entry`` is as in ``said``."""
    files = {program.file: program.text}
    if entry["error"]:
        return explain_error(entry["error"], files=files, language=language)
    return explain_ending(
        entry["ending"], entry["detail"], files=files, language=language
    )


@cache
def _given() -> dict[str, Any]:
    given: dict[str, Any] = yaml.safe_load((FOLDER / "given.yaml").read_text("utf-8"))
    return given


def _program(item: dict[str, Any], family: str) -> Failing:
    kinds = {"sql": Language.SQL, "python": Language.PYFLINK, "plain": Language.PYTHON}
    kind = next(name for name in kinds if name in item)
    language = kinds[kind]
    names = item.get("given", [])
    if language is Language.SQL:
        front = "".join(f"{_table(name)};\n" for name in names)
    else:
        front = _python_front(names)
    text = item[kind]
    program = Failing(
        id=item["id"],
        family=family,
        did=item["did"],
        language=language,
        text=front + text,
        at=item["at"],
        code=item.get("code"),
        limits=replace(Limits(wall_seconds=20.0), **item.get("limits", {})),
        in_two_stages=item.get("in_two_stages", False),
    )
    assert program.at is None or program.at in text, program.id
    return program


def _python_front(names: list[str]) -> str:
    if not names:
        return ""
    if names == ["stream"]:
        return str(_given()["stream"])
    calls = [f'tables.execute_sql("""\n{_table(name)}\n""")\n' for name in names]
    return _TABLES_OF_PYTHON + "".join(calls)


def _table(name: str) -> str:
    return str(_given()["tables"][name]).rstrip()


def _events(streams: dict[str, list[str]]) -> list[Event]:
    return [
        Event(topic, None, value.encode())
        for topic, values in streams.items()
        for value in values
    ]
