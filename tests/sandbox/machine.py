"""Where a worker can be tried that has control groups: this machine, or one inside it.

User-mode Linux (package ``user-mode-linux``) is a kernel that runs as a process: it
boots in two seconds over this machine's own files, read-only, and has cgroup v2 of its
own. So the groups are tested really where the host's are somebody else's.
"""

import json
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

KERNEL = "linux.uml"
_MEMORY = "1G"
_SECONDS = 120
_INIT = """#!/bin/sh
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t cgroup2 cgroup2 /sys/fs/cgroup
mkdir -p /dev/shm
{environment} {command} 2>&1
# Power off: an init that ends is a panic.
echo o > /proc/sysrq-trigger
sleep 60
"""


def has_own_kernel() -> bool:
    """Tell whether a kernel can be booted as a process here."""
    return shutil.which(KERNEL) is not None


def run_here(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run the command on this machine; what it answered."""
    done = subprocess.run(
        command,
        env=environment,
        cwd="/",
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    return _answer(done.stdout, done.stdout + done.stderr)


def run_booted(
    command: list[str], environment: dict[str, str], folder: Path
) -> dict[str, Any]:
    """Boot a kernel whose only program is the command; what it answered.

    ``folder`` must exist; the machine inside sees it as all files, read-only.
    """
    init = folder / "init.sh"
    words = (f"{name}={shlex.quote(value)}" for name, value in environment.items())
    init.write_text(
        _INIT.format(environment=" ".join(words), command=shlex.join(command)), "utf-8"
    )
    init.chmod(0o755)
    done = subprocess.run(
        [
            KERNEL,
            f"mem={_MEMORY}",
            "rootfstype=hostfs",
            "rootflags=/",
            "ro",
            f"init={init}",
            "con=null",
            "con0=fd:0,fd:1",
            "quiet",
        ],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_SECONDS,
        check=False,
    )
    return _answer(done.stdout, done.stdout + done.stderr)


def _answer(said: str, everything: str) -> dict[str, Any]:
    for line in said.splitlines():
        if line.startswith("answer: "):
            found: dict[str, Any] = json.loads(line.removeprefix("answer: "))
            return found
    raise AssertionError(f"no answer: {everything[-4000:]}")
