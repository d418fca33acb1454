"""Bring the image up to date: build what changed, swap the manifest, prune the rest."""

import os
import shutil
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
from sandbox.image.parts import STATIC_PARTS, find_sources
from sandbox.image.recording import record_archives, record_broker, recorded_digest

Report = Callable[[str], None]


def build_image(*, root: Path, runtime: Path, report: Report) -> Image:
    """Build every part of the image that is missing or stale and make it current.

    Safe to repeat and to interrupt: a part counts only when it was built to its end.
    Raises SandboxUnavailable where set-up has not made the sources yet.
    """
    sources = find_sources(root)
    runtime.mkdir(parents=True, exist_ok=True)
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
    folder.chmod(0o755)
    fill(folder)
    mark_complete(folder)


def _current(runtime: Path) -> Image | None:
    if not (runtime / MANIFEST_NAME).exists():
        return None
    try:
        return load_image(runtime)
    except SandboxUnavailable:
        return None


def _prune(runtime: Path, *, keep: set[str]) -> None:
    """Delete parts of neither this nor the previous image; slots may use the latter."""
    for folder in runtime.iterdir():
        if folder.is_dir() and folder.name not in keep:
            shutil.rmtree(folder)
