"""File locks: one set-up per checkout, one running site per state folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.listening import Address
from bootstrap.screen import Screen


@contextlib.contextmanager
def one_setup(layout: Layout, screen: Screen) -> Iterator[None]:
    """Waits for another set-up of this checkout to end, then holds its place."""
    layout.stamps.mkdir(parents=True, exist_ok=True)
    with (layout.stamps / "lock").open("a") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            screen.say("set-up", "another one is at work here, waiting for its end")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextlib.contextmanager
def one_site(path: Path, address: Address) -> Iterator[None]:
    """Holds the place of the running site. Raises SetupError when it is taken."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise SetupError(
                f"Potok already runs here{_holder(path)}.",
                repair="End it with Ctrl-C in its terminal, or use it as it is.",
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()} {address.url}\n")
        file.flush()
        yield
        file.truncate(0)


def _holder(path: Path) -> str:
    words = path.read_text(encoding="utf-8").split()
    return f": process {words[0]}, {words[1]}" if len(words) == 2 else ""


def is_running(path: Path) -> bool:
    """True while a site holds the lock at `path`."""
    try:
        with path.open("r") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False
