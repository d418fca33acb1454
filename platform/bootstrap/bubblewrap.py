"""bubblewrap: present, and allowed by the kernel to make namespaces.

A lab's slot is two layers: `unshare` makes a network of its own, in it `bwrap` makes
the box. Both need user namespaces when the site runs as an ordinary user.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.screen import Screen
from bootstrap.system_packages import install

KERNEL = Path("/proc/sys")
APPARMOR = KERNEL / "kernel" / "apparmor_restrict_unprivileged_userns"
DEBIAN_SWITCH = KERNEL / "kernel" / "unprivileged_userns_clone"
NAMESPACES = KERNEL / "user" / "max_user_namespaces"
PROBE_SECONDS = 20

BOX = (
    *("bwrap", "--unshare-user", "--unshare-pid", "--unshare-ipc", "--unshare-uts"),
    *("--die-with-parent", "--cap-drop", "ALL", "--ro-bind", "/", "/"),
    *("--proc", "/proc", "--dev", "/dev", "true"),
)


def ensure_bubblewrap(layout: Layout, screen: Screen) -> None:
    """Installs bubblewrap where allowed and proves that it works."""
    if not shutil.which("bwrap"):
        install(["bubblewrap"], why="to run labs", layout=layout, screen=screen)
    prove()


def prove() -> None:
    """Makes the two layers once, around `true`. Raises SetupError with the repair."""
    if not shutil.which("bwrap"):
        raise SetupError(
            "bubblewrap is not installed.",
            repair="Type: sudo apt-get install -y --no-install-recommends bubblewrap",
        )
    if os.geteuid() == 0:
        # Root's slot drops to an ordinary uid; the kernel's switches hold there too.
        outer = ["setpriv", "--reuid=61000", "--regid=61000", "--clear-groups"]
    else:
        outer = []
    outer += ["unshare", "--user", "--map-root-user", "--net"]
    try:
        tried = subprocess.run(
            [*outer, *BOX],
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PROBE_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SetupError(
            f"A box could not be tried: {error}.",
            repair="Check that util-linux (unshare, setpriv) is installed.",
        ) from error
    if tried.returncode != 0:
        message = tried.stderr.strip().splitlines() or [f"code {tried.returncode}"]
        raise SetupError(
            f"bubblewrap may not make namespaces here: {message[-1]}.",
            repair=repair_for_namespaces(KERNEL),
        )


def repair_for_namespaces(kernel: Path) -> str:
    """What to type, by the switch that forbids it; `kernel` is /proc/sys."""
    switches = (
        (APPARMOR, "1", "kernel.apparmor_restrict_unprivileged_userns=0"),
        (DEBIAN_SWITCH, "0", "kernel.unprivileged_userns_clone=1"),
        (NAMESPACES, "0", "user.max_user_namespaces=15000"),
    )
    for switch, forbidding, setting in switches:
        path = kernel / switch.relative_to(KERNEL)
        if path.exists() and path.read_text(encoding="ascii").strip() == forbidding:
            return (
                f"{switch.name} is {forbidding}. Type: echo {setting} |"
                " sudo tee /etc/sysctl.d/60-potok.conf && sudo sysctl --system"
            )
    return (
        "Inside a container, start it with user namespaces allowed"
        " (docs/deploy.md, section Workers)."
    )
