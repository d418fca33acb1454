"""Chromium for the browser tests: the one that the system has or installs."""

from __future__ import annotations

import os
import shutil

from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.screen import Screen
from bootstrap.system_packages import install

NAMES = ("chromium", "chromium-browser", "google-chrome")
# Without a font that has Cyrillic letters a page is measured with empty boxes.
PACKAGES = ("chromium", "fonts-noto-core")


def find_browser() -> str | None:
    """The path that the tests start: POTOK_CHROMIUM, else the first one in PATH.

    Raises SetupError when POTOK_CHROMIUM names nothing that can be started.
    """
    named = os.environ.get("POTOK_CHROMIUM")
    if named:
        if not os.access(named, os.X_OK):
            raise SetupError(
                f"POTOK_CHROMIUM={named} is not a program.",
                repair="Give the path of Chromium, or leave it out.",
            )
        return named
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def ensure_browser(layout: Layout, screen: Screen) -> None:
    if find_browser() is None:
        install(PACKAGES, why="for browser tests", layout=layout, screen=screen)
