"""Run a file against a lab by hand: ``python -m sandbox.try_lab --lab L --file F``.

Builds the lab in the author jail, runs the file in one slot and prints ending, timings
and rows as JSON, one object a run. Exit status 0 when every run completed.
"""

import argparse
import json
import sys
import time
import uuid
from dataclasses import replace
from pathlib import Path
from typing import Any

from lab_protocol.author import LabBuild
from lab_protocol.messages import (
    ClosingRow,
    Ending,
    Language,
    Limits,
    Record,
    RunOutcome,
    RunRequest,
    Topic,
)
from sandbox.author import build_lab
from sandbox.errors import AuthorFault, SandboxUnavailable
from sandbox.pool import SlotPool
from sandbox.settings import SandboxSettings, settings_from_environment

_START_SECONDS = 60.0


def main() -> int:
    """Parse the arguments, run, print."""
    parser = argparse.ArgumentParser(prog="python -m sandbox.try_lab")
    parser.add_argument("--root", type=Path, default=Path.cwd())
    parser.add_argument("--lab", required=True)
    parser.add_argument("--file", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--rows", type=int, default=5, help="rows shown per topic")
    parser.add_argument("--output", action="append", default=[], metavar="TOPIC")
    parser.add_argument("--close", action="append", default=[], metavar="TOPIC:COL=VAL")
    parser.add_argument("--wall", type=float, default=30.0)
    parser.add_argument("--cold", action="store_true", help="do not wait for warm-up")
    chosen = parser.parse_args()
    try:
        settings = settings_from_environment(chosen.root)
        build = build_lab(
            image=settings.image,
            release_files=chosen.root,
            lab=chosen.lab,
            seed=chosen.seed,
        )
    except (SandboxUnavailable, AuthorFault) as error:
        print(error, file=sys.stderr)
        print(getattr(error, "trace", ""), file=sys.stderr)
        return 1
    request = _request(chosen, build)
    outcomes = _run(settings, request, repeat=chosen.repeat, warm=not chosen.cold)
    for outcome in outcomes:
        print(json.dumps(_summary(outcome, chosen.rows), ensure_ascii=False, indent=1))
    return 0 if all(one.ending is Ending.COMPLETED for one in outcomes) else 2


def _request(chosen: argparse.Namespace, build: LabBuild) -> RunRequest:
    """Make the request from the build and, where there is one, from lab.yaml."""
    inputs = _topics(build)
    outputs = [Topic(name) for name in chosen.output]
    closing = [_closing(text) for text in chosen.close]
    limits = Limits(wall_seconds=chosen.wall)
    path = chosen.root / "labs" / chosen.lab / "lab.yaml"
    if path.exists() and not outputs:
        # Only where the web environment is: the engine itself needs neither.
        import yaml

        from curriculum.specs import LabSpec

        spec = LabSpec.model_validate(yaml.safe_load(path.read_text("utf-8")))
        inputs = [Topic(one.topic, one.partitions) for one in spec.streams]
        outputs = [Topic(one.topic) for one in spec.outputs.values()]
        closing = [
            ClosingRow(one.topic, one.closing.column, one.closing.value)
            for one in spec.outputs.values()
            if one.closing is not None
        ]
        limits = spec.limits.as_limits()
    language = Language.SQL if chosen.file.suffix == ".sql" else Language.PYFLINK
    return RunRequest(
        run_id="",
        language=language,
        files={chosen.file.name: chosen.file.read_text("utf-8")},
        entry=chosen.file.name,
        inputs=tuple(inputs),
        outputs=tuple(outputs),
        stages=build.stages,
        closing=tuple(closing),
        limits=limits,
    )


def _topics(build: LabBuild) -> list[Topic]:
    partitions: dict[str, int] = {}
    for stage in build.stages:
        for event in stage.events:
            seen = partitions.get(event.topic, 1)
            partitions[event.topic] = max(seen, event.partition + 1)
    return [Topic(name, count) for name, count in partitions.items()]


def _closing(text: str) -> ClosingRow:
    topic, _, condition = text.partition(":")
    column, _, value = condition.partition("=")
    return ClosingRow(topic, column, value)


def _run(
    settings: SandboxSettings, request: RunRequest, *, repeat: int, warm: bool
) -> list[RunOutcome]:
    outcomes = []
    with SlotPool(replace(settings, slots=1)) as pool:
        for _ in range(repeat):
            if warm:
                pool.wait_ready(_START_SECONDS, warm=settings.warm_up)
                time.sleep(0.3)
            started = time.monotonic()
            outcome = pool.run(
                replace(request, run_id=str(uuid.uuid4())),
                on_progress=lambda progress: None,
                is_cancelled=lambda: False,
            )
            outcomes.append(outcome)
            print(f"{time.monotonic() - started:.2f} s", file=sys.stderr)
    return outcomes


def _summary(outcome: RunOutcome, rows: int) -> dict[str, Any]:
    timings = outcome.timings
    return {
        "ending": outcome.ending,
        "end_rule": outcome.end_rule,
        "detail": outcome.detail,
        "warm": outcome.warm,
        "cpu_seconds": round(outcome.cpu_seconds, 2),
        "peak_memory_mib": outcome.peak_memory_bytes // 1024 // 1024,
        "timings": {
            name: getattr(timings, name) and round(getattr(timings, name), 3)
            for name in ("box_ready", "job_sent", "first_row", "last_row", "ended")
        },
        "error": None
        if outcome.error is None
        else {
            "kind": outcome.error.kind,
            "message": outcome.error.message,
            "file": outcome.error.file,
            "line": outcome.error.line,
            "statement": outcome.error.statement,
            "trace": outcome.error.trace,
        },
        "stdout": outcome.stdout,
        "stderr": outcome.stderr,
        "records": {
            topic: {"count": len(found), "shown": [_shown(row) for row in found[:rows]]}
            for topic, found in outcome.records.items()
        },
    }


def _shown(row: Record) -> dict[str, Any]:
    return {
        "stage": row.stage,
        "key": None if row.key is None else row.key.decode("utf-8", "replace"),
        "value": None if row.value is None else row.value.decode("utf-8", "replace"),
    }


if __name__ == "__main__":
    sys.exit(main())
