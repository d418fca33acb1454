"""Recordings of real runs: one JSON file a lab, written by ``record_demo``.

A recording holds the program, its seed, and the verdict and run as the worker would
have stored them, with fewer of their rows.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curriculum.specs import LabSpec

# A page shows that there were more rows; thirty programs with all of theirs are 4 MB.
KEPT_OUTPUT_ROWS = 12
KEPT_DIFF_ROWS = 4
KEPT_EVENTS = 1
FOLDER = Path(__file__).resolve().parent / "recordings"


@dataclass(frozen=True, slots=True)
class Recording:
    """One program of a lab and what came of it. ``seconds`` is the run's wall time."""

    name: str
    language: str
    files: dict[str, str]
    seed: int
    result: str
    ending: str
    points: int
    max_points: int
    rows_in: int
    rows_out: int
    seconds: float
    verdict: dict[str, Any]
    run: dict[str, Any]

    @property
    def is_right(self) -> bool:
        """Whether the program passed."""
        return self.result == "passed"


def load(lab: str, folder: Path = FOLDER) -> tuple[Recording, ...]:
    """Return the recordings of a lab; none where it was never recorded."""
    file = folder / f"{lab}.json"
    if not file.exists():
        return ()
    return tuple(Recording(**item) for item in json.loads(file.read_text("utf-8")))


def save(lab: str, recordings: list[Recording], folder: Path = FOLDER) -> Path:
    """Write the recordings of a lab, one to a line, and return the file."""
    file = folder / f"{lab}.json"
    lines = ",\n".join(
        json.dumps(asdict(item), ensure_ascii=False, separators=(",", ":"))
        for item in recordings
    )
    file.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    return file


def trim_verdict(report: dict[str, Any]) -> dict[str, Any]:
    """Return a verdict's report with the first differing rows and their events.

    Counts stay those of the run.
    """
    checks: list[dict[str, Any]] = []
    cited: set[int] = set()
    for check in report["checks"]:
        diff = check["diff"]
        if diff is not None:
            rows = [
                row | {"events": row["events"][:KEPT_EVENTS]}
                for row in diff["rows"][:KEPT_DIFF_ROWS]
            ]
            cited.update(number for row in rows for number in row["events"])
            diff = diff | {"rows": rows}
        checks.append(check | {"diff": diff})
    events = {
        number: event
        for number, event in report["events"].items()
        if int(number) in cited
    }
    return report | {"checks": checks, "events": events}


def trim_run(report: dict[str, Any]) -> dict[str, Any]:
    """Return a run's report with the first rows of each output; counts stay."""
    outputs = {
        name: output
        | {
            part: output[part][:KEPT_OUTPUT_ROWS]
            for part in ("rows", "table")
            if part in output
        }
        for name, output in report["outputs"].items()
    }
    return report | {"outputs": outputs}


def fits(recording: Recording, spec: LabSpec) -> bool:
    """Say whether the lab still has the checks and mistakes that a recording names.

    Pages take their titles from the lab, so a verdict on checks that are gone cannot
    be shown.
    """
    checks = {item.id for item in spec.judged}
    named = {check["id"] for check in recording.verdict["checks"]}
    mistakes = {mistake.id for mistake in spec.misconceptions} | {None}
    return (
        named <= checks
        and recording.verdict["misconception"] in mistakes
        and recording.language in spec.languages
    )
