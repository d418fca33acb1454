"""Recordings of real runs: one JSON file a lab, written by ``record_demo``.

A recording holds the program, its seed, and the verdict and run as the worker would
have stored them.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from curriculum.specs import LabSpec

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


def fits(recording: Recording, spec: LabSpec) -> bool:
    """Say whether the lab still has the checks and mistakes that a recording names.

    Pages take their titles from the lab, so a verdict on checks that are gone cannot
    be shown.
    """
    checks = {check.id for check in spec.checks}
    named = {check["id"] for check in recording.verdict["checks"]}
    mistakes = {mistake.id for mistake in spec.misconceptions} | {None}
    return (
        named <= checks
        and recording.verdict["misconception"] in mistakes
        and recording.language in spec.languages
    )
