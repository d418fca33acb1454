"""The sub-commands, and how each way of ending looks on the terminal."""

from __future__ import annotations

import argparse
import ctypes
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

from bootstrap.cleaning import clean
from bootstrap.doctor import examine
from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.programs import PR_SET_PDEATHSIG
from bootstrap.running import run_site
from bootstrap.screen import Screen
from bootstrap.setup import Purpose, set_up

INTERRUPTED = 130


def main(arguments: Sequence[str]) -> int:
    """Returns the exit code: 0 done, 1 a fault or finding, 130 interrupted."""
    parser = argparse.ArgumentParser(prog="bootstrap", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="set up, then start the site")
    run.add_argument(
        "--end-with-parent",
        action="store_true",
        help="end when the calling process (make) ends, however it ends",
    )
    setup = commands.add_parser("setup", help="only set up")
    setup.add_argument(
        "--for",
        dest="purpose",
        type=Purpose,
        choices=list(Purpose),
        default=Purpose.RUN,
        help="run (default), check, test; site, parts and recording for containers",
    )
    commands.add_parser("doctor", help="name what is missing and how to mend it")
    commands.add_parser("clean", help="remove all that set-up made")
    chosen = parser.parse_args(arguments)

    layout, screen = Layout.of_this_checkout(), Screen()
    # SIGINT too: a shell starts background jobs with it ignored.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _as_interrupt)
    try:
        match chosen.command:
            case "run":
                if chosen.end_with_parent:
                    _end_with_parent()
                run_site(layout, screen)
            case "setup":
                if fault := set_up(layout, screen, purpose=chosen.purpose):
                    raise fault
                screen.say("set-up", "complete")
            case "doctor":
                return examine(layout, screen)
            case "clean":
                clean(layout, screen)
    except SetupError as fault:
        screen.plain(f"Stopped: {fault.problem}")
        screen.plain(f"  {fault.repair}")
        return 1
    except KeyboardInterrupt:
        if chosen.command == "run":
            screen.plain("Ended.")
        else:
            screen.plain("Interrupted. What is done is kept; start again to go on.")
        return INTERRUPTED
    return 0


def _as_interrupt(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _end_with_parent() -> None:
    """A killed make cannot pass its end on; the kernel can."""
    parent = os.getppid()
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, int(signal.SIGTERM), 0, 0, 0)
    if os.getppid() != parent:
        sys.exit(INTERRUPTED)
