"""Images like the given one with a part changed, so that a test need not build one."""

import json
import shutil
import struct
import subprocess
from pathlib import Path

from sandbox.image.manifest import Image, save_image
from sandbox.privileges import as_ordinary_user
from sandbox.slot import agent_environment

RETURN, ALLOW = 0x06, 0x7FFF0000
_ASKING_UID = 61_391
# Asks the denied calls of an ordinary user outside of any jail.
_ASK = """
import json, sys
from sandbox.probe_program import GUARDED_CALLS, refuses_call
from sandbox.seccomp import DENIED_CALLS
guarded = {name: refuses_call(*call) for name, call in GUARDED_CALLS.items()}
denied = {name: refuses_call(call) for name, call in DENIED_CALLS.items()}
print(json.dumps(guarded | denied))
"""


def leaks_of_an_open_filter(image: Image) -> set[str]:
    """Return what the proof must find where the filter of system calls is open."""
    others = {"call_i386", "call_x32", "raw_socket", "netlink_socket"}
    return others | calls_of_the_filter(image)


def calls_of_the_filter(image: Image) -> set[str]:
    """Return the denied calls that this kernel would not refuse without the filter.

    Several it does: what only root of the host may, what it was built without.
    """
    done = subprocess.run(
        [*as_ordinary_user(_ASKING_UID), str(image.python), "-c", _ASK],
        env=agent_environment(image),
        cwd="/",
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    answers = json.loads(done.stdout)
    return {f"call_{name}" for name, answer in answers.items() if answer is not True}


def linked(image: Image, folder: Path) -> Image:
    """Make the same image in ``folder`` out of links, and make it the current one.

    Slots of other users must be able to enter the folder.
    """
    for reachable in (folder, *folder.parents[:2]):
        reachable.chmod(reachable.stat().st_mode | 0o055)
    same = Image(folder, dict(image.folders))
    for part in image.folders.values():
        (folder / part).symlink_to((image.runtime / part).resolve())
    save_image(same)
    return same


def renewed(image: Image, part: str) -> Image:
    """Make one with another folder for ``part``, as set-up does, the current one."""
    changed = Image(image.runtime, image.folders | {part: f"{part}-renewed"})
    shutil.copytree(image.part(part), changed.part(part), symlinks=True)
    save_image(changed)
    return changed


def with_open_filter(image: Image, folder: Path) -> Image:
    """Make one whose filter of system calls somebody has opened."""
    changed = renewed(linked(image, folder), "conf")
    (changed.part("conf") / "seccomp.bpf").write_bytes(
        struct.pack("HBBI", RETURN, 0, 0, ALLOW)
    )
    return changed
