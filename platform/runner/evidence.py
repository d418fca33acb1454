"""What the cluster tells of a program's jobs, for the student to look at.

Told in parts: plan and counts first, then what takes one more question for each
vertex. The agent waits a few hundredths of a second at most and keeps what it has.
"""

import json
import math
import threading
from collections.abc import Callable
from typing import Any

from lab_protocol.box import Evidence
from lab_protocol.evidence import MAX_DESCRIPTION, MAX_JOBS, MAX_VERTICES
from runner.jobs import JobWatch
from runner.rest import ask

Told = dict[str, Any]

_RESTARTS = "numRestarts"
_COUNTS = {
    "read": "read-records",
    "written": "write-records",
    "busy_ms": "accumulated-busy-time",
    "backpressured_ms": "accumulated-backpressured-time",
}


def tell_evidence(watch: JobWatch, send: Callable[[object], None]) -> None:
    """Answer from a thread of its own: REST may hang, the agent's orders may not."""
    threading.Thread(target=_tell, args=(watch, send), daemon=True).start()


def _tell(watch: JobWatch, send: Callable[[object], None]) -> None:
    try:
        names = [job["id"] for job in ask("/jobs")["jobs"] if watch.is_own(job["id"])]
        gather(names[:MAX_JOBS], send)
    except (OSError, ValueError, KeyError, TypeError):
        # A cluster that is gone or still setting up: what was sent already stands.
        return


def gather(names: list[str], send: Callable[[object], None]) -> None:
    """Send what there is about the jobs, part by part, the most telling first.

    The warm-up asks it once of its own job: what loads the classes behind a question
    for the first time takes ten times as long.
    """
    jobs = {name: _job(name) for name in names}
    send(_message(jobs, is_whole=False))
    for name, job in jobs.items():
        for vertex in job["vertices"]:
            vertex["watermark"] = _watermark(name, vertex["id"])
    send(_message(jobs, is_whole=False))
    for name, job in jobs.items():
        _add_checkpoints(name, job)
        _add_restarts(name, job)
    send(_message(jobs, is_whole=True))


def _message(jobs: dict[str, Told], *, is_whole: bool) -> Evidence:
    return Evidence(json.dumps({"jobs": list(jobs.values())}), is_whole)


def _job(name: str) -> Told:
    told = ask(f"/jobs/{name}")
    nodes = {node["id"]: node for node in told["plan"]["nodes"]}
    return {
        "name": told["name"],
        "state": told["state"],
        "vertices": [
            _vertex(vertex, nodes.get(vertex["id"], {}))
            for vertex in told["vertices"][:MAX_VERTICES]
        ],
    }


def _vertex(vertex: Told, node: Told) -> Told:
    told = {
        "id": vertex["id"],
        "name": vertex["name"][:MAX_DESCRIPTION],
        "state": vertex["status"],
        "parallelism": vertex["parallelism"],
        "description": str(node.get("description", ""))[:MAX_DESCRIPTION],
        "inputs": [
            {"id": one["id"], "ship": str(one.get("ship_strategy", ""))}
            for one in node.get("inputs", [])
        ],
    }
    for name, metric in _COUNTS.items():
        # Busy time is a double: NaN until the task has reported.
        value = vertex["metrics"].get(metric)
        is_told = isinstance(value, int | float) and math.isfinite(value)
        told[name] = int(value) if is_told else None
    return told


def _watermark(job: str, vertex: str) -> int | None:
    """Return the lowest watermark of the vertex's inputs, None where it has none."""
    values = [int(one["value"]) for one in ask_or_none(_watermarks(job, vertex)) or []]
    return min(values, default=None)


def _watermarks(job: str, vertex: str) -> str:
    return f"/jobs/{job}/vertices/{vertex}/watermarks"


def _add_restarts(name: str, job: Told) -> None:
    for metric in ask_or_none(f"/jobs/{name}/metrics?get={_RESTARTS}") or []:
        job["restarts"] = int(metric["value"])


def _add_checkpoints(name: str, job: Told) -> None:
    told = ask_or_none(f"/jobs/{name}/checkpoints")
    if not told or "counts" not in told:
        return
    last = (told.get("latest") or {}).get("completed") or {}
    job["checkpoints"] = {
        "completed": told["counts"]["completed"],
        "failed": told["counts"]["failed"],
        "restored": told["counts"]["restored"],
        "size": last.get("state_size"),
        "ms": last.get("end_to_end_duration"),
    }


def ask_or_none(path: str) -> Any:
    """Return the answer, or None where the cluster has none: a job without it."""
    try:
        return ask(path)
    except (OSError, ValueError):
        return None
