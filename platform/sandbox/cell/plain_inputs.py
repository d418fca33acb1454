"""The captured bytes of a stream as the files that plain Python reads.

Apart from the run itself, so that the tests of labs write the same files without a
cell.
"""

import base64
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from lab_protocol.messages import Event

_FOLDER = "in"


def lay_inputs(work: Path, topics: Iterable[str], events: Iterable[Event]) -> None:
    """Write a file a topic into ``work/in``; docs/lab-kinds.md has their form."""
    (work / _FOLDER).mkdir()
    offsets: dict[tuple[str, int], int] = {}
    lines: dict[str, list[str]] = {topic: [] for topic in topics}
    for event in events:
        place = (event.topic, event.partition)
        offsets[place] = offsets.get(place, -1) + 1
        row = {"partition": event.partition, "offset": offsets[place]}
        row |= _text("key", event.key) | _text("value", event.value)
        lines[event.topic].append(json.dumps(row, ensure_ascii=False))
    for topic, rows in lines.items():
        text = "".join(f"{row}\n" for row in rows)
        (work / _FOLDER / f"{topic}.jsonl").write_text(text, "utf-8")


def _text(name: str, data: bytes | None) -> dict[str, Any]:
    """Return the field ``name``; bytes that are no UTF-8 as ``<name>_base64``."""
    if data is None:
        return {name: None}
    try:
        return {name: data.decode("utf-8")}
    except UnicodeDecodeError:
        return {f"{name}_base64": base64.b64encode(data).decode("ascii")}
