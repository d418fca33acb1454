"""Starts the site's processes, keeps them up, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.listening import Address, is_healthy
from bootstrap.screen import Screen
from bootstrap.service import TROUBLE, Service, ServicePlan
from bootstrap.site import site_environment

PR_SET_CHILD_SUBREAPER = 36
HEALTH_SECONDS = 60.0
WATCH_SECONDS = 0.5
SHOWN_PER_WATCH = 3
ORPHAN_SECONDS = 3.0


def plans(layout: Layout, address: Address) -> tuple[ServicePlan, ServicePlan]:
    """Web and worker as `make run` starts them."""
    environment = site_environment(address)
    programs = layout.site / "bin"
    web = ServicePlan(
        name="web",
        command=(
            *(str(programs / "gunicorn"), "--pythonpath", "platform"),
            *("--bind", address.bind, "--workers", "2", "--threads", "4"),
            # Its control socket would lie in the home folder, one for all sites.
            *("--worker-class", "gthread", "--no-control-socket"),
            *("--graceful-timeout", "3", "config.wsgi"),
        ),
        folder=layout.root,
        log=layout.log / "web.log",
        environment=environment,
        farewell=((signal.SIGTERM, 5.0), (signal.SIGQUIT, 2.0)),
    )
    worker = ServicePlan(
        name="worker",
        command=(
            *(str(programs / "celery"), "--workdir", "platform", "-A", "config"),
            *("worker", "--pool", "threads", "--concurrency", "3"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
            *("--loglevel", "INFO"),
        ),
        folder=layout.root,
        log=layout.log / "worker.log",
        environment=environment,
        # SIGTERM lets a run finish, which may take a minute; SIGQUIT does not. The
        # rows of the database bring an interrupted run back after the next start.
        farewell=((signal.SIGTERM, 3.0), (signal.SIGQUIT, 3.0)),
    )
    return web, worker


@dataclass(slots=True)
class Supervisor:
    """Owns the services from `start` to the end of `close`.

    As the kernel's subreaper it also becomes the parent of what its services leave
    behind, so that `close` finds every descendant, whatever session it chose.
    """

    services: Sequence[Service]
    screen: Screen

    def start(self) -> None:
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
        for service in self.services:
            service.start()

    def wait_until_healthy(self, address: Address) -> None:
        """Returns when it answers. Raises SetupError when a process ends first."""
        until = monotonic() + HEALTH_SECONDS
        while not is_healthy(address):
            for service in self.services:
                if (code := service.ended_with()) is not None:
                    raise _early_end(service, code)
            if monotonic() > until:
                raise SetupError(
                    f"The site did not answer within {HEALTH_SECONDS:.0f} s.",
                    repair=f"Read {self.services[0].plan.log}.",
                )
            sleep(0.05)

    def watch(self) -> None:
        """Keeps the services up and shows their errors, for ever."""
        while True:
            for service in self.services:
                self._show_trouble(service)
                if (code := service.ended_with()) is not None:
                    self.screen.say(
                        service.plan.name,
                        f"ended ({_ending(code)}), starts again."
                        f" Its last line: {service.last_line[:300]}",
                    )
                if service.is_due():
                    service.start()
            reap_strangers(self.services)
            sleep(WATCH_SECONDS)

    def close(self) -> None:
        """Ends the services and every process that descends from them."""
        for service in self.services:
            service.say_farewell()
        for service in self.services:
            service.finish()
        end_orphans()

    def _show_trouble(self, service: Service) -> None:
        lines = [line for line in service.new_lines() if TROUBLE.search(line)]
        for line in lines[:SHOWN_PER_WATCH]:
            self.screen.say(service.plan.name, line[:300])
        if len(lines) > SHOWN_PER_WATCH:
            rest = len(lines) - SHOWN_PER_WATCH
            self.screen.say(service.plan.name, f"{rest} more in {service.plan.log}")


def _ending(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"code {code}"


def _early_end(service: Service, code: int) -> SetupError:
    lines = [line for line in service.new_lines() if line.strip()]
    last = lines[-1] if lines else "it printed nothing"
    return SetupError(
        f"The {service.plan.name} process ended at once ({_ending(code)}): {last}.",
        repair=f"The whole output is in {service.plan.log}.",
    )


def children() -> list[int]:
    """The process ids of this process's living and dead children."""
    found = []
    for task in Path("/proc/self/task").iterdir():
        with contextlib.suppress(OSError):
            found += [int(word) for word in (task / "children").read_text().split()]
    return found


def reap_strangers(services: Sequence[Service]) -> None:
    """Waits for orphans that ended; the services' own processes are left alone."""
    own = {service.process.pid for service in services if service.process}
    for child in children():
        if child not in own:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)


def end_orphans() -> None:
    """Ends every child that is left; their own children then become ours, and so on."""
    until = monotonic() + ORPHAN_SECONDS
    with_signal = signal.SIGTERM
    while left := children():
        for child in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, with_signal)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, os.WNOHANG)
        if monotonic() > until:
            with_signal = signal.SIGKILL
        if monotonic() > until + ORPHAN_SECONDS:
            return  # another user's process, which only its owner can end
        sleep(0.05)
