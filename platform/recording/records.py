"""Records of topics, their bytes as they were."""

import json
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Record:
    """One record of a topic; ``timestamp`` in milliseconds since the epoch."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    headers: tuple[tuple[str, bytes], ...]
    key: bytes | None
    value: bytes | None


def payload_of(value: bytes | None) -> dict[str, Any] | None:
    """Return the event in a value, out of its wrapper."""
    if value is None:
        return None
    document = json.loads(value)
    payload: dict[str, Any] = document.get("payload", document)
    return payload
