"""Images like the given one with a part changed, so that a test need not build one."""

import shutil
import struct
from pathlib import Path

from sandbox.image.manifest import Image, save_image

RETURN, ALLOW = 0x06, 0x7FFF0000
# What the proof must find where the filter of system calls is open.
LEAKS = {
    *("call_ptrace", "call_mount", "call_bpf", "call_keyctl", "call_unshare"),
    *("call_i386", "call_x32", "raw_socket", "netlink_socket"),
}


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
