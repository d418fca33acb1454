"""Pipes of child processes."""

from typing import IO


def opened(pipe: IO[bytes] | None) -> IO[bytes]:
    """Return a pipe that the process was started with; the type says it may be None."""
    if pipe is None:
        raise RuntimeError("the process was started without this pipe")
    return pipe
