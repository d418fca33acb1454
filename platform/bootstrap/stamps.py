"""Stamps: which inputs a finished step was made from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path


def digest_of(parts: Iterable[str | bytes | Path]) -> str:
    """SHA-256 over texts, bytes and the contents of files, in the given order."""
    total = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            content = part.read_bytes()
        else:
            content = part.encode() if isinstance(part, str) else part
        # The length keeps ("ab", "c") and ("a", "bc") apart.
        total.update(len(content).to_bytes(8, "big"))
        total.update(content)
    return total.hexdigest()


def replace_text(path: Path, text: str) -> None:
    """Writes a whole file or nothing, also when interrupted in between."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


@dataclass(frozen=True, slots=True)
class Stamps:
    """One small file per step, written after the step and removed before it."""

    folder: Path

    def read(self, step: str) -> str | None:
        try:
            return (self.folder / step).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return None

    def write(self, step: str, digest: str) -> None:
        replace_text(self.folder / step, digest + "\n")

    def forget(self, step: str) -> None:
        (self.folder / step).unlink(missing_ok=True)
