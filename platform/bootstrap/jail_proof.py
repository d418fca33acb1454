"""The jail's proof: made by the sandbox room, asked for and told by this one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.programs import child_environment

# A box is up after some 5 s, its probes take 3; a busy machine gets ten times that.
PROOF_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Leak:
    """An attempt from inside a box that was not refused."""

    name: str
    seen: str
    meaning: str
    repair: str


@dataclass(frozen=True, slots=True)
class Proof:
    """How many attempts were made, and those that were not refused."""

    attempts: int
    leaks: Sequence[Leak]


def prove(layout: Layout) -> Proof:
    """Makes one box and tries to get out. Raises SetupError where none can be made."""
    try:
        tried = subprocess.run(
            [sys.executable, "-m", "sandbox", "prove", "--root", str(layout.root)],
            cwd=layout.root,
            env=child_environment({"PYTHONPATH": str(layout.rooms)}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROOF_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise SetupError(
            f"no box was ready within {PROOF_SECONDS} s.",
            repair="free some memory or processor time, then: make doctor",
        ) from error
    if tried.returncode != 0:
        lines = tried.stderr.strip().splitlines() or [f"code {tried.returncode}"]
        problem, _, repair = lines[-1].partition(". Repair: ")
        raise SetupError(problem, repair=repair or "make clean && make run")
    answer = json.loads(tried.stdout)
    leaks = [Leak(**leak) for leak in answer["leaks"]]
    return Proof(int(answer["attempts"]), leaks)
