"""Which folders make up the current runtime image, and where the image lies.

``<runtime>/image.json`` maps the name of each part to a folder beside it whose name
carries the digest of what it was made from. The file is replaced atomically, so a
reader sees the old image or the new one, and running slots keep their own parts.
"""

import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

from sandbox.errors import SandboxUnavailable

MANIFEST_NAME = "image.json"
MANIFEST_VERSION = 1
PARTS = (
    "python",
    "site",
    "java",
    "jars",
    "kafka",
    "cell",
    "libraries",
    "conf",
    "runner",
    "agent",
    "broker",
    "archives",
)


@dataclass(frozen=True, slots=True)
class Image:
    """The image in ``runtime``; ``folders`` maps each part to its folder's name."""

    runtime: Path
    folders: dict[str, str]

    def part(self, name: str) -> Path:
        """Return the folder of a part."""
        return self.runtime / self.folders[name]

    @property
    def python(self) -> Path:
        """The image's interpreter as a program of the host."""
        return self.part("python") / "bin" / "python3.12"

    @property
    def digest(self) -> str:
        """Short identity of the whole image, for stamps on results."""
        text = json.dumps(self.folders, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()[:16]


def runtime_dir(root: Path) -> Path:
    """Return where the image of the checkout ``root`` belongs.

    ``LAB_RUNTIME_DIR`` wins; else ``var/runtime``. Under root, slots run as an
    ordinary user, so a checkout that others cannot enter (say in root's home) puts
    the image under ``/var/lib/potok/<digest of the checkout's path>``.
    """
    if override := os.environ.get("LAB_RUNTIME_DIR"):
        return Path(override)
    inside = root.resolve() / "var" / "runtime"
    if os.geteuid() != 0 or is_reachable(inside):
        return inside
    name = hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:12]
    return Path("/var/lib/potok") / name


def is_reachable(path: Path) -> bool:
    """Tell whether every existing folder on the way may be entered by other users."""
    return all(
        parent.stat().st_mode & 0o001
        for parent in [path, *path.parents]
        if parent.exists()
    )


def load_image(runtime: Path) -> Image:
    """Return the current image, or raise SandboxUnavailable with the repair."""
    path = runtime / MANIFEST_NAME
    try:
        data = json.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise SandboxUnavailable(
            "no_image", f"there is no runtime image in {runtime}", "make run"
        ) from None
    except ValueError as error:
        raise SandboxUnavailable(
            "broken_image", f"{path} is not JSON: {error}", "make clean && make run"
        ) from error
    if not isinstance(data, dict) or data.get("version") != MANIFEST_VERSION:
        raise SandboxUnavailable(
            "old_image", f"{path} is of another version", "make run"
        )
    image = Image(runtime, dict(data["parts"]))
    for name in PARTS:
        if name not in image.folders or not is_complete(image.part(name)):
            raise SandboxUnavailable(
                "broken_image", f"part {name} of the image is missing", "make run"
            )
    return image


def save_image(image: Image) -> None:
    """Make ``image`` the current one, atomically."""
    path = image.runtime / MANIFEST_NAME
    data = {"version": MANIFEST_VERSION, "parts": image.folders}
    draft = path.with_suffix(f".{os.getpid()}")
    draft.write_text(json.dumps(data, indent=1, sort_keys=True) + "\n", "utf-8")
    draft.replace(path)


def is_complete(folder: Path) -> bool:
    """Tell whether a part's folder was built to its end."""
    return (folder / ".complete").exists()


def mark_complete(folder: Path) -> None:
    """Write the stamp that a part was built to its end."""
    (folder / ".complete").touch()
