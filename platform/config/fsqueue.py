"""The file-system queue of a laptop: kombu's transport with atomic put and claim.

kombu 5.7 writes a message in place and moves it to the temp folder before reading; on
another file system that move is a copy, so two workers can read one message. It also
orders by milliseconds since boot as text. Here a message appears by ``os.replace``,
is claimed by ``os.rename`` inside the folder, and is named by the wall clock.
"""

import os
import time
import uuid
from pathlib import Path
from queue import Empty
from typing import Any

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps, loads

ALIAS = "fsqueue"


class Channel(filesystem.Channel):
    """A channel whose messages are whole files, first in, first out."""

    def _put(  # type: ignore[override]  # kombu names the argument in two ways
        self, queue: str, payload: dict[str, Any], **kwargs: Any
    ) -> None:
        folder = Path(self.data_folder_out)
        name = f"{time.time_ns():020d}_{uuid.uuid4().hex}.{queue}.msg"
        draft = folder / f".{name}"
        draft.write_text(dumps(payload), encoding="utf-8")
        draft.replace(folder / name)

    def _get(self, queue: str, timeout: float | None = None) -> Any:
        folder = Path(self.data_folder_in)
        suffix = f".{queue}.msg"
        for name in sorted(path.name for path in folder.iterdir()):
            if name.startswith(".") or not name.endswith(suffix):
                continue
            claimed = folder / f".{name}.{os.getpid()}"
            try:
                (folder / name).rename(claimed)
            except FileNotFoundError:
                continue  # another worker was faster
            try:
                return loads(claimed.read_text(encoding="utf-8"))
            finally:
                claimed.unlink(missing_ok=True)
        raise Empty


class Transport(filesystem.Transport):
    """``fsqueue://``, configured by ``broker_transport_options`` like kombu's own."""

    Channel = Channel


def register() -> None:
    """Make ``fsqueue://`` known; kombu 5.7 refuses dotted paths in a URL."""
    TRANSPORT_ALIASES[ALIAS] = f"{__name__}:Transport"
