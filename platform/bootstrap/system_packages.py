"""Debian packages: installed where that is allowed, else the line to type."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence

from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.programs import ProgramError, run
from bootstrap.screen import Screen


def install_command(packages: Sequence[str]) -> str:
    """What a person types to install `packages`."""
    prefix = "" if os.geteuid() == 0 else "sudo "
    return f"{prefix}apt-get install -y --no-install-recommends {' '.join(packages)}"


def _privilege() -> list[str] | None:
    """The prefix that makes a command run as root, or None where nothing does."""
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo"):
        asked = subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False)
        if asked.returncode == 0:
            return ["sudo", "-n"]
    return None


def install(
    packages: Sequence[str], *, why: str, layout: Layout, screen: Screen
) -> None:
    """Installs `packages` by apt-get. Raises SetupError where that is not possible."""
    listed = ", ".join(packages)
    prefix = _privilege()
    if prefix is None or not shutil.which("apt-get"):
        raise SetupError(
            f"{listed} is not installed; it is needed {why}.",
            repair=f"Type: {install_command(packages)}",
        )
    screen.say("system", f"{listed}, needed {why}: installing with apt-get")
    command = [
        *prefix,
        *("env", "DEBIAN_FRONTEND=noninteractive", "apt-get"),
        *("-o", "DPkg::Lock::Timeout=120"),
    ]
    install_them = [*command, "install", "-y", "-q", "--no-install-recommends"]
    try:
        run([*install_them, *packages], layout=layout, purpose=f"installing {listed}")
    except ProgramError:
        # A fresh machine has no package lists yet, an old one stale ones.
        run(
            [*command, "update", "-q"],
            layout=layout,
            purpose="reading the package lists of apt-get",
        )
        run([*install_them, *packages], layout=layout, purpose=f"installing {listed}")
