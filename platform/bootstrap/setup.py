"""The steps of set-up in their order; each is skipped when its stamp is current."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum

from bootstrap.browser import ensure_browser
from bootstrap.bubblewrap import ensure_bubblewrap
from bootstrap.environments import ensure_runner, ensure_site, ensure_tools
from bootstrap.errors import SetupError
from bootstrap.java_parts import ensure_jars
from bootstrap.layout import Layout
from bootstrap.locks import one_setup
from bootstrap.runtime_image import ensure_image
from bootstrap.screen import Screen
from bootstrap.site import ensure_state


class Purpose(StrEnum):
    """What a set-up is for; each needs the parts named in `set_up`."""

    RUN = "run"
    CHECK = "check"
    TEST = "test"


def set_up(layout: Layout, screen: Screen, *, purpose: Purpose) -> SetupError | None:
    """Makes what `purpose` needs: the site always, labs for run and test.

    Returns what keeps labs off, or None: lessons can be read without them. For tests
    nothing may be missing, so there that fault is raised, as is any of the site.
    """
    with one_setup(layout, screen):
        ensure_tools(layout, screen)
        ensure_site(layout, screen, dev=purpose is not Purpose.RUN)
        ensure_state(layout)
        if purpose is Purpose.CHECK:
            return None
        try:
            _ensure_labs(layout, screen)
        except SetupError as fault:
            if purpose is Purpose.TEST:
                raise
            return fault
        if purpose is Purpose.TEST:
            ensure_browser(layout, screen)
    return None


def _ensure_labs(layout: Layout, screen: Screen) -> None:
    if not sys.platform.startswith("linux"):
        raise SetupError(
            f"Labs need Linux; this is {sys.platform}.",
            repair="Use a Linux machine or a virtual one (docs/deploy.md).",
        )
    for program in ("unshare", "setpriv"):
        if not shutil.which(program):
            raise SetupError(
                f"{program} is not in PATH; a lab's box is made with it.",
                repair="Type: sudo apt-get install util-linux",
            )
    ensure_bubblewrap(layout, screen)
    ensure_runner(layout, screen)
    ensure_jars(layout, screen)
    ensure_image(layout, screen)
