"""`make clean`: removes all that set-up and the site made in the checkout."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.locks import is_running
from bootstrap.runtime_image import find_image
from bootstrap.screen import Screen

CACHES = (
    ".hypothesis",
    ".import_linter_cache",
    ".mypy_cache",
    ".pytest_cache",
    ".ruff_cache",
)


def clean(layout: Layout, screen: Screen) -> None:
    """Removes environments, downloads, image, database and caches.

    On a terminal it asks before a database with people's work goes.
    """
    if is_running(layout.run_lock):
        raise SetupError(
            "The site is running from here.", repair="End it with Ctrl-C first."
        )
    database = layout.state / "db.sqlite3"
    if database.exists() and sys.stdin.isatty():
        screen.plain(
            f"{layout.named(database)} goes too: accounts, submissions, progress."
        )
        if input("Type yes to remove everything: ").strip() != "yes":
            screen.plain("Nothing was removed.")
            return
    named = [layout.tools, layout.site, layout.runner, layout.var, layout.state]
    caches = [layout.root / name for name in CACHES]
    image = find_image(layout)
    for folder in (*named, *([image] if image else []), *caches):
        if folder.is_dir():
            remove(folder)
            screen.say("removed", layout.named(folder))


def remove(folder: Path) -> None:
    """Removes a folder whose files may be read-only, as those of the image are."""
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o700)
    shutil.rmtree(folder)
