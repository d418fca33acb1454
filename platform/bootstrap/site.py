"""The site's own preparation: secret, folders, static files, database, course."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from bootstrap.layout import Layout
from bootstrap.programs import run
from bootstrap.screen import Screen
from bootstrap.stamps import Stamps, digest_of

STATIC_STAMP = "static"


def ensure_state(layout: Layout) -> None:
    """Makes the secret key, and folders and a database only for this user.

    The folder above stays open: under root a box's ordinary user must reach the image.
    """
    layout.state.mkdir(parents=True, exist_ok=True)
    # Who can write into the queue's folders can have the worker do things.
    for name in ("queue", "control", "log", "mail"):
        (layout.state / name).mkdir(mode=0o700, exist_ok=True)
    # SQLite gives its -wal and -shm files the mode of the database.
    database = layout.state / "db.sqlite3"
    if not database.exists():
        database.touch(mode=0o600)
    partial = layout.secret_key.with_name(f".secret-key.{os.getpid()}")
    if not layout.secret_key.exists():
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(64) + "\n")
        partial.replace(layout.secret_key)


def ensure_static(layout: Layout, screen: Screen) -> None:
    """Collects and compresses static files when one of their sources changed."""
    stamps = Stamps(layout.stamps)
    target = layout.state / "static"
    digest = digest_of(
        [layout.requirements / "web.txt", *_static_parts(layout.root), str(target)]
    )
    if stamps.read(STATIC_STAMP) == digest and target.is_dir():
        return
    stamps.forget(STATIC_STAMP)
    screen.say("site", "collecting static files")
    manage(layout, "collectstatic", "--noinput", "--clear", purpose="collecting files")
    stamps.write(STATIC_STAMP, digest)


def _static_parts(root: Path) -> list[str | Path]:
    """Names and contents of the project's static files, in a fixed order."""
    files = sorted(path for path in (root / "static").rglob("*") if path.is_file())
    return [part for path in files for part in (str(path.relative_to(root)), path)]


def prepare(layout: Layout, screen: Screen) -> None:
    """Migrates, imports the course if it changed, makes the demo accounts once."""
    manage(
        layout,
        "prepare_site",
        purpose="preparing the database and the course",
        show_as=screen,
    )


def manage(
    layout: Layout, *arguments: str, purpose: str, show_as: Screen | None = None
) -> None:
    """Runs a command of manage.py in the site's environment."""

    def show(line: str) -> None:
        if show_as:
            show_as.move("site", line)

    run(
        [layout.site / "bin" / "python", layout.root / "manage.py", *arguments],
        layout=layout,
        purpose=purpose,
        on_line=show,
    )
