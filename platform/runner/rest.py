"""Questions to the cluster's own REST door."""

import json
import urllib.request
from typing import Any

REST_PORT = 8081


# States of a job in which nothing more comes of it.
ENDED = frozenset({"FINISHED", "CANCELED", "FAILED"})


def ask(path: str) -> Any:
    """Return the JSON that the cluster answers; OSError or ValueError when it fails."""
    url = f"http://localhost:{REST_PORT}{path}"
    with urllib.request.urlopen(url, timeout=2) as answer:
        return json.load(answer)


def living_jobs() -> set[str]:
    """Return the ids of the jobs that have not ended; fails as ``ask`` does."""
    return {job["id"] for job in ask("/jobs")["jobs"] if job["status"] not in ENDED}
