"""What the site needs beside its environment: secret, folders, database, course."""

from __future__ import annotations

import os
import secrets

from bootstrap.layout import Layout
from bootstrap.listening import Address
from bootstrap.programs import run
from bootstrap.screen import Screen


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


def site_environment(address: Address) -> dict[str, str]:
    """What web, worker and preparation are told beyond their settings' defaults.

    On an address that others reach, nobody signs up without an invitation and no demo
    account is made, unless the variable says so already.
    """
    environment = {"PYTHONUNBUFFERED": "1"}
    if not address.is_loopback:
        for name in ("LAB_SIGNUP_OPEN", "LAB_DEMO"):
            environment[name] = os.environ.get(name, "0")
    return environment


def prepare(layout: Layout, screen: Screen, address: Address) -> None:
    """Migrates, collects static files, imports the course, makes demo accounts.

    `prepare_site` does each only where something changed.
    """
    run(
        [layout.site / "bin" / "python", layout.root / "manage.py", "prepare_site"],
        layout=layout,
        purpose="preparing the database and the course",
        environment=site_environment(address),
        on_line=lambda line: screen.move("site", line),
    )
