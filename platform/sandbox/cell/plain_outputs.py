"""The rows of a plain Python program: ``out/<topic>.jsonl``, one a line."""

from lab_protocol.messages import Record

OUTPUTS = "out"


def output_file(topic: str) -> str:
    """Return where a program writes the rows of a topic, below its folder."""
    return f"{OUTPUTS}/{topic}.jsonl"


def records_of(content: bytes, *, stage: int) -> tuple[Record, ...]:
    """Return one record a line; what the line says is for the grader to read."""
    lines = [line for line in content.split(b"\n") if line.strip()]
    return tuple(
        Record(
            partition=0,
            offset=offset,
            timestamp_ms=0,
            key=None,
            value=line,
            stage=stage,
        )
        for offset, line in enumerate(lines)
    )
