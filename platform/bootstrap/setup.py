"""The steps of set-up in their order; each is skipped when its stamp is current."""

from __future__ import annotations

import shutil
import sys
from enum import StrEnum

from bootstrap.browser import ensure_browser
from bootstrap.bubblewrap import ensure_bubblewrap
from bootstrap.environments import ensure_runner, ensure_site, ensure_tools
from bootstrap.errors import SetupError
from bootstrap.java_parts import ensure_jars, lab_jars, recording_jars
from bootstrap.layout import Layout
from bootstrap.locks import one_setup
from bootstrap.runtime_image import ensure_image
from bootstrap.screen import Screen
from bootstrap.site import ensure_state


class Purpose(StrEnum):
    """What a set-up is for."""

    RUN = "run"  # the site and labs
    CHECK = "check"  # the site and the dev tools
    TEST = "test"  # all of that, and a browser
    SITE = "site"  # the site alone: the web container
    PARTS = "parts"  # the site and labs' downloads: the worker container, as built
    RECORDING = "recording"  # Kafka Connect and Debezium alone


def set_up(layout: Layout, screen: Screen, *, purpose: Purpose) -> SetupError | None:
    """Makes what `purpose` needs.

    Returns what keeps labs off, or None: lessons can be read without them. For tests
    nothing may be missing, so there that fault is raised, as is any of the site.
    """
    with one_setup(layout, screen):
        ensure_tools(layout, screen)
        if purpose is Purpose.RECORDING:
            ensure_jars(recording_jars(layout), layout, screen)
            return None
        ensure_site(layout, screen, dev=purpose in {Purpose.CHECK, Purpose.TEST})
        if purpose is Purpose.PARTS:
            ensure_runner(layout, screen)
            ensure_jars(lab_jars(layout), layout, screen)
        if purpose in {Purpose.SITE, Purpose.PARTS}:
            return None
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
    ensure_jars(lab_jars(layout), layout, screen)
    ensure_image(layout, screen)
