"""Running other programs: their output is shown in brief, kept in a log, explained."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import re
import signal
import subprocess
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO, cast

from bootstrap.errors import SetupError
from bootstrap.layout import Layout

PR_SET_PDEATHSIG = 1

ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://\S+", re.IGNORECASE)
NETWORK = re.compile(
    r"dns error|name resolution|could not resolve|getaddrinfo|connection refused|"
    r"network is unreachable|timed out|connecterror|connection error|client error|"
    r"newconnectionerror|max retries|error sending request|unable to connect|"
    r"failed to establish|tunnel connection|certificate verify failed",
    re.IGNORECASE,
)
DISK = re.compile(r"no space left|disk quota exceeded|os error 28\b", re.IGNORECASE)


class ProgramError(SetupError):
    """A program ended with an error; `tail` holds the last lines it printed."""

    def __init__(self, problem: str, *, repair: str, tail: Sequence[str]) -> None:
        super().__init__(problem, repair=repair)
        self.tail = tuple(tail)


def without_addresses(text: str) -> str:
    """Masks URLs: registries may carry credentials, and logs are pasted."""
    return ADDRESS.sub("<address>", text)


def die_with_parent(with_signal: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` that has the kernel signal the child when this process ends.

    The kernel follows the thread that starts the child: start children from the
    main thread only.
    """
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask_kernel() -> None:
        libc.prctl(PR_SET_PDEATHSIG, int(with_signal), 0, 0, 0)
        if os.getppid() != parent:  # It ended before the request was made.
            os.kill(os.getpid(), with_signal)

    return ask_kernel


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment without what would lead a child elsewhere.

    PYTHONPATH would put the rooms before an installer's own modules; VIRTUAL_ENV of
    an activated environment would be taken for the target.
    """
    left_out = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "MAKEFLAGS", "MFLAGS"}
    environment = {
        name: value for name, value in os.environ.items() if name not in left_out
    }
    return {**environment, **(extra or {})}


def run(
    arguments: Sequence[str | Path],
    *,
    layout: Layout,
    purpose: str,
    environment: Mapping[str, str] | None = None,
    input_text: str = "",
    on_line: Callable[[str], None] | None = None,
) -> None:
    """Runs a program to its end; every line goes to var/log/setup.log.

    `purpose` completes "while ..."; `input_text` is its whole standard input, at most
    64 KiB (it is written before the output is read). Raises ProgramError with the
    cause where it is known (no network, full disk, no such program) or its last line.
    """
    layout.log.mkdir(parents=True, mode=0o700, exist_ok=True)
    tail: deque[str] = deque(maxlen=12)
    with (layout.log / "setup.log").open("a", encoding="utf-8") as log:
        log.write(f"--- {purpose}\n")
        try:
            child = subprocess.Popen(
                [str(argument) for argument in arguments],
                cwd=layout.root,
                env=child_environment(environment),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                preexec_fn=die_with_parent(signal.SIGTERM),
            )
        except OSError as error:
            raise _not_started(arguments[0], purpose, error) from error
        with child:
            with (
                contextlib.suppress(BrokenPipeError),
                cast(TextIO, child.stdin) as pipe,
            ):
                pipe.write(input_text)
            for raw in cast(TextIO, child.stdout):
                line = without_addresses(raw.rstrip())
                log.write(line + "\n")
                if line.strip():
                    tail.append(line)
                    if on_line:
                        on_line(line)
    if child.returncode != 0:
        raise explain(child.returncode, tail, purpose=purpose, layout=layout)


def explain(
    code: int, tail: Sequence[str], *, purpose: str, layout: Layout
) -> ProgramError:
    """Turns the end of a failed program into a problem and a repair."""
    text = "\n".join(tail)
    log = layout.named(layout.log / "setup.log")
    if DISK.search(text):
        return ProgramError(
            f"The disk is full: it ran out while {purpose}.",
            repair="Free some space and start again; what is done is kept.",
            tail=tail,
        )
    if NETWORK.search(text):
        return ProgramError(
            f"No network: a download failed while {purpose}.",
            repair="Check the connection (or proxy) and start again;"
            " what is done is kept.",
            tail=tail,
        )
    ending = f"signal {-code}" if code < 0 else f"code {code}"
    last = tail[-1].strip() if tail else "it printed nothing"
    return ProgramError(
        f"Failed ({ending}) while {purpose}: {last}",
        repair=f"The whole output is in {log}.",
        tail=tail,
    )


def _not_started(program: str | Path, purpose: str, error: OSError) -> ProgramError:
    if error.errno == errno.ENOENT:
        problem = f"{program} is missing; it is needed for {purpose}."
    else:
        problem = f"{program} cannot be started for {purpose}: {error.strerror}."
    return ProgramError(problem, repair="make doctor names the repair.", tail=())
