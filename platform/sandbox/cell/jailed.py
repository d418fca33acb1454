"""Start a program in a jail from the agent's main thread."""

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sandbox.cell.faults import CellFault
from sandbox.cell.process_table import descendants
from sandbox.image.manifest import Image
from sandbox.jail import Jail
from sandbox.protections import Protection


def start_jailed(
    jail: Jail,
    program: Sequence[str],
    *,
    image: Image,
    limits: Sequence[str] = (),
    inherit: Sequence[int] = (),
    niceness: int = 0,
    enter: Sequence[str] = (),
    stdin: Any = subprocess.DEVNULL,
    stdout: Any = subprocess.DEVNULL,
    stderr: Any = subprocess.DEVNULL,
) -> "subprocess.Popen[bytes]":
    """Start ``program``; ``limits`` are arguments of prlimit(1).

    ``niceness`` above 0 lets others have the processor first. ``enter`` is a command
    prefix that moves it into a control group before anything else begins.

    bubblewrap's --die-with-parent follows the thread that started it, so only the
    main thread may.
    """
    if threading.current_thread() is not threading.main_thread():
        raise RuntimeError("jails are started from the main thread only")
    rules = os.open(image.part("conf") / "seccomp.bpf", os.O_RDONLY)
    try:
        command = jail.command(program, seccomp_fd=rules)
        if limits:
            command = ["prlimit", *limits, "--", *command]
        if niceness:
            command = ["nice", "-n", str(niceness), *command]
        command = [*enter, *command]
        # bubblewrap is process 1 of the jail, and /proc/1/environ shows what it was
        # started with, whatever it gives to the program.
        open_environment = Protection.CLEAR_ENVIRONMENT in jail.without
        path = {"PATH": os.environ.get("PATH", os.defpath)}
        return subprocess.Popen(
            command,
            env=None if open_environment else path,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            pass_fds=(*jail.read_by_bubblewrap(rules), *inherit),
            close_fds=True,
        )
    finally:
        os.close(rules)


def kill_jailed(process: "subprocess.Popen[bytes]", *, seconds: float = 10.0) -> None:
    """End a jail with all in it; returns when not even a zombie is left.

    The kernel ends the jail's process 1 with bubblewrap and all others with that one.
    Process 1 then becomes the agent's own child and is reaped here.
    """
    inside = descendants(process.pid)
    process.kill()
    process.wait()
    deadline = time.monotonic() + seconds
    for pid in inside:
        # Needed only where a test has left the pid namespace out.
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    for pid in inside:
        while Path(f"/proc/{pid}").exists():
            if time.monotonic() > deadline:
                raise CellFault("box_kill", f"process {pid} of a jail did not end")
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            time.sleep(0.002)
