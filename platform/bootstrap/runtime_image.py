"""The box's runtime image: built by the sandbox room, asked for by this one."""

from __future__ import annotations

import subprocess
import sys

from bootstrap.disk import require_space
from bootstrap.layout import Layout
from bootstrap.programs import child_environment, run
from bootstrap.screen import Screen

SUBJECT = "lab image"
DISK_MIB = 1500
CHECK_SECONDS = 60


def _command(layout: Layout, action: str) -> list[str]:
    return [
        *(sys.executable, "-m", "sandbox.image", action),
        *("--root", str(layout.root), "--target", str(layout.runtime)),
    ]


def _environment(layout: Layout) -> dict[str, str]:
    return {"PYTHONPATH": str(layout.rooms)}


def is_current(layout: Layout) -> bool:
    """Asks the sandbox room whether the image was built from what lies here now."""
    checked = subprocess.run(
        _command(layout, "check"),
        cwd=layout.root,
        env=child_environment(_environment(layout)),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=CHECK_SECONDS,
        check=False,
    )
    return checked.returncode == 0


def ensure_image(layout: Layout, screen: Screen) -> None:
    if is_current(layout):
        return
    require_space(layout.runtime, DISK_MIB, purpose="the lab image")
    screen.say(SUBJECT, "building the box's image from what is installed, no download")
    run(
        _command(layout, "build"),
        layout=layout,
        purpose="building the lab image",
        environment=_environment(layout),
        on_line=lambda line: screen.move(SUBJECT, line.strip()),
    )
    screen.say(SUBJECT, "ready")
