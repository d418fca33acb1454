"""`make record`: records the topics, keeps them, and writes the table of the parity."""

import base64
import json
import signal
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from recording.parity import document, parities_of, summary, version_of
from recording.processes import RecordingError
from recording.records import Record
from recording.session import Parts, record

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "labs" / "_library" / "recorded"
DOCUMENT = ROOT / "docs" / "debezium-parity.md"


def write(records: Sequence[Record], folder: Path) -> None:
    """Write one file of JSON lines per connector, the bytes of each record exact."""
    folder.mkdir(exist_ok=True)
    for name in sorted({item.topic.split(".")[0] for item in records}):
        lines = [
            json.dumps(
                {
                    "topic": item.topic,
                    "partition": item.partition,
                    "offset": item.offset,
                    "timestamp": item.timestamp,
                    "headers": [
                        [key, base64.b64encode(value).decode()]
                        for key, value in item.headers
                    ],
                    "key": _text(item.key),
                    "value": _text(item.value),
                },
                ensure_ascii=False,
            )
            for item in records
            if item.topic.split(".")[0] == name
        ]
        (folder / f"{name}.jsonl").write_text("\n".join(lines) + "\n", "utf-8")


def read(folder: Path) -> list[Record]:
    """Return the records that ``write`` put into ``folder``."""
    found = []
    for file in sorted(folder.glob("*.jsonl")):
        for line in file.read_text("utf-8").splitlines():
            fields = json.loads(line)
            for name in ("key", "value"):
                if fields[name] is not None:
                    fields[name] = fields[name].encode()
            fields["headers"] = tuple(
                (name, base64.b64decode(value)) for name, value in fields["headers"]
            )
            found.append(Record(**fields))
    return found


def _text(data: bytes | None) -> str | None:
    """JSON is UTF-8, so the text is the bytes."""
    return None if data is None else data.decode()


def main() -> None:
    """Record, compare and write; exit code 1 tells of a difference, or of a failure."""
    # Like Ctrl-C, so that nothing that was started is left.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        records = record(Parts.of(ROOT))
    except RecordingError as error:
        sys.exit(str(error))
    write(records, FOLDER)
    sys.stdout.write(f"{len(records)} records in {FOLDER.relative_to(ROOT)}/\n")
    parities = parities_of(records)
    day = datetime.now(UTC).date()
    text = document(parities, version=version_of(records), day=day)
    DOCUMENT.write_text(text, "utf-8")
    differences = [found for each in parities.values() for found in each.differences]
    told = summary(differences) or "0 differences"
    sys.stdout.write(f"{told} in {DOCUMENT.relative_to(ROOT)}\n")
    sys.exit(1 if differences else 0)


if __name__ == "__main__":
    main()
