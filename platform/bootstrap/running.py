"""`make run`: set-up, the site's preparation, the processes, one URL."""

from __future__ import annotations

import os
import signal
from time import monotonic

from bootstrap.layout import Layout
from bootstrap.listening import Address, read_address, require_free
from bootstrap.locks import one_site
from bootstrap.screen import Screen
from bootstrap.service import Service
from bootstrap.setup import Purpose, set_up
from bootstrap.site import prepare
from bootstrap.supervisor import Supervisor, plans


def run_site(layout: Layout, screen: Screen) -> None:
    """Runs until Ctrl-C or SIGTERM, which arrive as KeyboardInterrupt."""
    began = monotonic()
    address = read_address(os.environ)
    with one_site(layout.run_lock, address):
        require_free(address)
        labs_off = set_up(layout, screen, purpose=Purpose.RUN)
        prepare(layout, screen, address)
        supervisor = Supervisor(
            services=[Service(plan) for plan in plans(layout, address)], screen=screen
        )
        try:
            supervisor.start()
            supervisor.wait_until_healthy(address)
            if labs_off:
                screen.say("labs", f"off, lessons can be read. {labs_off}")
            _welcome(layout, screen, address, seconds=monotonic() - began)
            supervisor.watch()
        finally:
            # A second Ctrl-C must not leave processes behind.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            screen.say("site", "ending")
            supervisor.close()


def _welcome(
    layout: Layout, screen: Screen, address: Address, *, seconds: float
) -> None:
    screen.plain()
    screen.plain(f"Potok is ready after {seconds:.1f} s: {address.url}")
    if layout.demo_accounts.exists() and address.is_loopback:
        screen.plain(f"Demo accounts ({layout.named(layout.demo_accounts)}):")
        for line in layout.demo_accounts.read_text(encoding="utf-8").splitlines():
            screen.plain(f"  {line}")
    screen.plain(f"Logs: {layout.named(layout.log)}. Ctrl-C ends everything.")
