"""The two parts that come from a real run: the broker's template and class archives."""

import hashlib
import subprocess
from pathlib import Path

from lab_protocol.wire import encode
from sandbox.errors import SandboxUnavailable
from sandbox.image.manifest import Image
from sandbox.image.parts import Sources
from sandbox.privileges import as_ordinary_user, explain_refusal, own_namespaces
from sandbox.settings import CellSettings
from sandbox.slot import agent_environment

_INPUTS = {
    "broker": ("kafka", "java", "libraries", "conf"),
    "archives": ("kafka", "java", "jars", "site", "libraries", "conf", "broker"),
}
# The source files that decide what is recorded: a change in them makes the part stale.
_RECIPES = {
    "broker": (("sandbox/cell", "recorder.py"), ("sandbox/cell", "broker_config.py")),
    "archives": (
        ("sandbox/cell", "recorder.py"),
        ("sandbox/cell", "training.py"),
        ("sandbox/cell", "broker_config.py"),
        ("runner", "cluster.py"),
        ("runner", "warm_up.py"),
    ),
}
_SECONDS = 240


def recorded_digest(part: str, sources: Sources, folders: dict[str, str]) -> str:
    """Return the digest of a recorded part: its inputs and how it is recorded."""
    texts = [folders[name] for name in _INPUTS[part]]
    for room, name in _RECIPES[part]:
        path = sources.platform / room / name
        texts.append(hashlib.sha256(path.read_bytes()).hexdigest())
    return hashlib.sha256("\n".join(texts).encode()).hexdigest()[:12]


def record_broker(image: Image, folder: Path) -> None:
    """Format, boot and stop a broker once; its clean storage is the template."""
    _record("broker", image, folder)


def record_archives(image: Image, folder: Path) -> None:
    """Run broker and box through every kind of job and keep their classes."""
    _record("archives", image, folder)


def _record(part: str, image: Image, folder: Path) -> None:
    """Run the recorder as a slot would run; it sends the part as a tar stream."""
    settings = CellSettings(
        runtime=str(image.runtime.resolve()), folders=image.folders, archives=False
    )
    command = [
        *as_ordinary_user(61_299),
        *own_namespaces(),
        str(image.python),
        "-m",
        "sandbox.cell.recorder",
        part,
        encode(settings).decode().strip(),
    ]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=agent_environment(image),
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = done.stderr.decode("utf-8", "replace")
        if "Operation not permitted" in said[:300]:
            raise explain_refusal(said)
        raise SandboxUnavailable(
            "image_recording", f"{part} could not be recorded: {said[-3000:]}"
        )
    subprocess.run(
        ["tar", "--extract", f"--directory={folder}", "--no-same-owner"],
        input=done.stdout,
        check=True,
    )
