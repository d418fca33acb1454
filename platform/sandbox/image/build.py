"""Bring the image up to date: build what changed, swap the manifest, prune the rest."""

import fcntl
import os
import shutil
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from sandbox.errors import SandboxUnavailable
from sandbox.image.manifest import (
    MANIFEST_NAME,
    Image,
    is_complete,
    is_reachable,
    load_image,
    mark_complete,
    save_image,
)
from sandbox.image.parts import STATIC_PARTS, Sources, find_sources
from sandbox.image.recording import record_archives, record_broker, recorded_digest

Report = Callable[[str], None]

_KEPT_SECONDS = 24 * 3600


def build_image(*, root: Path, runtime: Path, report: Report) -> Image:
    """Build every part of the image that is missing or stale and make it current.

    Safe to repeat, to interrupt and to call twice at once: a part counts only when it
    was built to its end, and builders wait for each other. Raises SandboxUnavailable
    where set-up has not made the sources yet.
    """
    sources = find_sources(root)
    # Slots read the image as another user.
    os.umask(0o022)
    runtime.mkdir(parents=True, exist_ok=True)
    with (runtime / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build(sources, runtime, report)


def _build(sources: Sources, runtime: Path, report: Report) -> Image:
    if os.geteuid() == 0 and not is_reachable(runtime):
        raise SandboxUnavailable(
            "unreachable_image",
            f"{runtime} cannot be entered by an ordinary user",
            "LAB_RUNTIME_DIR=/var/lib/potok/runtime make run",
        )
    folders = {}
    for part in STATIC_PARTS:
        name = f"{part.name}-{part.digest(sources)}"
        folders[part.name] = name
        _build_part(runtime / name, report, partial(part.fill, sources))
    recorded = (("broker", record_broker), ("archives", record_archives))
    for part_name, record in recorded:
        name = f"{part_name}-{recorded_digest(part_name, sources, folders)}"
        image = Image(runtime, dict(folders))
        _build_part(runtime / name, report, partial(record, image))
        folders[part_name] = name
    image = Image(runtime, folders)
    previous = _current(runtime)
    save_image(image)
    _prune(
        runtime,
        keep={*folders.values(), *(previous.folders.values() if previous else ())},
    )
    return image


def _build_part(folder: Path, report: Report, fill: Callable[[Path], None]) -> None:
    if is_complete(folder):
        return
    report(f"building {folder.name}")
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir()
    fill(folder)
    for path in [folder, *folder.rglob("*")]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
    mark_complete(folder)


def _current(runtime: Path) -> Image | None:
    if not (runtime / MANIFEST_NAME).exists():
        return None
    try:
        return load_image(runtime)
    except SandboxUnavailable:
        return None


def _prune(runtime: Path, *, keep: set[str]) -> None:
    """Delete parts of neither this nor the previous image, a day after they were made.

    Slots that run may still use an older image.
    """
    for folder in runtime.iterdir():
        if not folder.is_dir() or folder.name in keep:
            continue
        if time.time() - folder.stat().st_mtime > _KEPT_SECONDS:
            shutil.rmtree(folder)
