"""Questions to the cluster's own REST door."""

import json
import urllib.request
from typing import Any

REST_PORT = 8081


def ask(path: str) -> Any:
    """Return the JSON that the cluster answers; OSError or ValueError when it fails."""
    url = f"http://localhost:{REST_PORT}{path}"
    with urllib.request.urlopen(url, timeout=2) as answer:
        return json.load(answer)
