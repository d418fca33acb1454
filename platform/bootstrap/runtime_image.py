"""The box's runtime image: built by the sandbox room, asked for by this one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from bootstrap.disk import require_space
from bootstrap.layout import Layout
from bootstrap.programs import child_environment, run
from bootstrap.screen import Screen

SUBJECT = "lab image"
DISK_MIB = 1500
CHECK_SECONDS = 60


def _command(layout: Layout, action: str) -> list[str]:
    return [sys.executable, "-m", "sandbox.image", action, "--root", str(layout.root)]


def _environment(layout: Layout) -> dict[str, str]:
    return {"PYTHONPATH": str(layout.rooms)}


def find_image(layout: Layout) -> Path | None:
    """Where the complete image lies, or None.

    The sandbox room decides the place: var/runtime, or one outside where a box's
    ordinary user could not enter the checkout.
    """
    checked = subprocess.run(
        _command(layout, "check"),
        cwd=layout.root,
        env=child_environment(_environment(layout)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=CHECK_SECONDS,
        check=False,
    )
    words = checked.stdout.split()
    return Path(words[0]) if checked.returncode == 0 and words else None


def ensure_image(layout: Layout, screen: Screen) -> None:
    """Has every part built whose inputs changed; about 0.2 s when none did."""
    if find_image(layout) is None:
        require_space(layout.var, DISK_MIB, purpose="the lab image")
        screen.say(SUBJECT, "building it from what is installed, about a minute")
    building = False

    def show(line: str) -> None:
        nonlocal building
        if line.startswith("building "):
            building = True
            screen.move(SUBJECT, line)

    run(
        _command(layout, "build"),
        layout=layout,
        purpose="building the lab image",
        environment=_environment(layout),
        on_line=show,
    )
    if building:
        screen.say(SUBJECT, "ready")
