"""Ask real Flink again what it says to the failing programs, and keep it.

    python -m tests.content.record_said [--only TEXT]

Writes ``failing/said/<family>.json``, one entry a program: ``ending`` and ``detail`` of
its run and the ``error`` as the box told it. ``--only`` takes programs whose id or
family holds the text; the others keep what was recorded.
"""

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, replace
from typing import Any

from lab_protocol.messages import RunOutcome
from sandbox.image.build import build_image
from sandbox.image.manifest import runtime_dir
from sandbox.pool import SlotPool
from sandbox.settings import settings_from_environment
from tests.content.failing_programs import SAID, Failing, failing_programs, said
from tests.content.labs import ROOT

START_SECONDS = 120.0
UIDS_OF_OTHER_POOLS = 60


def entry_of(outcome: RunOutcome) -> dict[str, Any]:
    """Return what is kept of a run."""
    return {
        "ending": str(outcome.ending),
        "detail": outcome.detail,
        "error": asdict(outcome.error) if outcome.error else None,
    }


def ask(pool: SlotPool, program: Failing) -> RunOutcome:
    """Run ``program`` in a free slot."""
    return pool.run(
        program.request(), on_progress=lambda progress: None, is_cancelled=lambda: False
    )


def main() -> None:
    """Run the chosen programs and write their families' files."""
    parser = argparse.ArgumentParser(prog="python -m tests.content.record_said")
    parser.add_argument("--only", default="")
    only = parser.parse_args().only
    chosen = [p for p in failing_programs() if only in p.id or only in p.family]
    build_image(root=ROOT, runtime=runtime_dir(ROOT), report=lambda line: None)
    settings = settings_from_environment(ROOT)
    settings = replace(settings, first_uid=settings.first_uid + UIDS_OF_OTHER_POOLS)
    kept = dict(said())
    with SlotPool(settings) as pool, ThreadPoolExecutor(settings.slots) as threads:
        pool.wait_ready(START_SECONDS)
        runs = threads.map(lambda program: ask(pool, program), chosen)
        for program, outcome in zip(chosen, runs, strict=True):
            kept[program.id] = entry_of(outcome)
            sys.stdout.write(f"{program.id}: {outcome.ending} {outcome.detail}\n")
            sys.stdout.flush()
    SAID.mkdir(exist_ok=True)
    for family in {program.family for program in failing_programs()}:
        entries = {
            program.id: kept[program.id]
            for program in failing_programs()
            if program.family == family and program.id in kept
        }
        text = json.dumps(entries, ensure_ascii=False, indent=1) + "\n"
        (SAID / f"{family}.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
