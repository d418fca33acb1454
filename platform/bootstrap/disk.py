"""Room on the disk, asked before it is needed."""

from __future__ import annotations

import shutil
from pathlib import Path

from bootstrap.errors import SetupError

MIB = 1024 * 1024


def existing_parent(path: Path) -> Path:
    """`path` itself or the nearest folder above it that exists."""
    while not path.exists():
        path = path.parent
    return path


def free_mib(path: Path) -> int:
    """Free space in MiB for this user where `path` is or will be."""
    return shutil.disk_usage(existing_parent(path)).free // MIB


def require_space(path: Path, needed_mib: int, *, purpose: str) -> None:
    """Raises SetupError when less than `needed_mib` MiB are free at `path`."""
    free = free_mib(path)
    if free < needed_mib:
        raise SetupError(
            f"The disk is too full for {purpose}: {free} MB free at"
            f" {existing_parent(path)}, about {needed_mib} MB needed.",
            repair="Free some space and start again; what is done is kept.",
        )
