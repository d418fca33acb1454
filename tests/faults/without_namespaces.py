"""Start a program where the kernel refuses every further user namespace.

``python without_namespaces.py PROGRAM WORDS…``, as root. The limit holds in a user
namespace of the program's own: nobody else on the machine meets it. All ids stay what
they are, and the program keeps this process's id.
"""

import os
import sys
from pathlib import Path

CLONE_NEWUSER = 0x10000000
IDS = 65536


def main() -> None:
    """Enter a user namespace with all ids, forbid further ones, become PROGRAM."""
    parent = os.getpid()
    ready_to_read, ready = os.pipe()
    mapped_to_read, mapped = os.pipe()
    # Only a process outside may map more than one id.
    if os.fork() == 0:
        os.read(ready_to_read, 1)
        for name in ("uid_map", "gid_map"):
            Path(f"/proc/{parent}/{name}").write_text(f"0 0 {IDS}\n")
        os.write(mapped, b"x")
        os._exit(0)
    os.unshare(CLONE_NEWUSER)
    os.write(ready, b"x")
    os.read(mapped_to_read, 1)
    os.wait()
    Path("/proc/sys/user/max_user_namespaces").write_text("0")
    os.execv(sys.argv[1], sys.argv[1:])  # noqa: S606


if __name__ == "__main__":
    main()
