"""The Python environments: tools (uv, jgo), site (web or dev set), runner."""

from __future__ import annotations

import os
import platform
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

from bootstrap.disk import require_space
from bootstrap.errors import SetupError
from bootstrap.layout import Layout
from bootstrap.programs import ProgramError, run
from bootstrap.screen import Screen
from bootstrap.stamps import Stamps, digest_of

UV_ENVIRONMENT = {"UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}

# The stamp of an environment while it is being made.
UNFINISHED = "unfinished"

PINNED = re.compile(r"^[A-Za-z0-9][\w.-]*(\[[^]]*\])?==", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class EnvironmentPlan:
    """One locked environment.

    `download_mib` and `disk_mib` were measured for these locks on Linux x86-64 with
    an empty cache; `disk_mib` includes the cache that uv fills on the way.
    """

    subject: str
    holds: str
    folder: Path
    lock: Path
    build_lock: Path | None
    download_mib: int
    disk_mib: int

    def digest(self) -> str:
        """Changes with the locks, the interpreter behind it and its own place.

        The place counts because scripts such as bin/gunicorn hold absolute paths: a
        checkout that was moved needs new ones.
        """
        build = [self.build_lock] if self.build_lock else []
        interpreter = f"{platform.python_version()} {sys.base_prefix}"
        return digest_of([self.lock, *build, interpreter, str(self.folder)])

    def packages(self) -> int:
        return len(PINNED.findall(self.lock.read_text(encoding="utf-8")))


def tools_plan(layout: Layout) -> EnvironmentPlan:
    return EnvironmentPlan(
        subject="tools",
        holds="uv and jgo",
        folder=layout.tools,
        lock=layout.requirements / "tools.txt",
        build_lock=None,
        download_mib=19,
        disk_mib=100,
    )


def web_plan(layout: Layout) -> EnvironmentPlan:
    return EnvironmentPlan(
        subject="site",
        holds="Django, Celery and what the site needs",
        folder=layout.site,
        lock=layout.requirements / "web.txt",
        build_lock=None,
        download_mib=31,
        disk_mib=400,
    )


def dev_plan(layout: Layout) -> EnvironmentPlan:
    return EnvironmentPlan(
        subject="site",
        holds="the site's set and what tests and checks need",
        folder=layout.site,
        lock=layout.requirements / "dev.txt",
        build_lock=None,
        download_mib=126,
        disk_mib=1000,
    )


def runner_plan(layout: Layout) -> EnvironmentPlan:
    return EnvironmentPlan(
        subject="runner",
        holds="PyFlink 2.2.0 and a Java runtime",
        folder=layout.runner,
        lock=layout.requirements / "runner.txt",
        build_lock=layout.requirements / "build.txt",
        download_mib=440,
        disk_mib=1900,
    )


def is_ready(plan: EnvironmentPlan, stamps: Stamps) -> bool:
    """True when the environment was completed from exactly these locks."""
    return (
        stamps.read(plan.folder.name) == plan.digest()
        and (plan.folder / "bin" / "python").exists()
    )


def ensure_tools(layout: Layout, screen: Screen) -> None:
    plan = tools_plan(layout)

    def build(show: Callable[[str], None]) -> None:
        python = plan.folder / "bin" / "python"
        Stamps(layout.stamps).write(plan.folder.name, UNFINISHED)
        try:
            run(
                [sys.executable, "-m", "venv", "--clear", plan.folder],
                layout=layout,
                purpose=f"making {plan.folder.name}",
            )
        except ProgramError as fault:
            if "ensurepip" not in " ".join(fault.tail):
                raise
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            raise SetupError(
                f"{sys.executable} has no venv module; Debian ships it apart.",
                repair=f"Type: sudo apt-get install python{version}-venv",
            ) from fault
        run(
            [
                *(python, "-m", "pip", "install", "--disable-pip-version-check"),
                *("--no-input", "--require-hashes", "-r", plan.lock),
            ],
            layout=layout,
            purpose=f"installing {plan.holds}",
            on_line=show,
        )

    _ensure(plan, build, layout, screen)


def ensure_site(layout: Layout, screen: Screen, *, dev: bool) -> None:
    """Makes .venv with the web set, or the dev set, which contains it.

    Who has the dev set keeps it, brought up to date, also when only web is asked for.
    """
    has_dev = (layout.site / "bin" / "pytest").exists()
    plan = dev_plan(layout) if dev or has_dev else web_plan(layout)
    _ensure(plan, _uv_build(plan, layout), layout, screen)


def ensure_runner(layout: Layout, screen: Screen) -> None:
    plan = runner_plan(layout)
    _ensure(plan, _uv_build(plan, layout), layout, screen)


def _uv_build(
    plan: EnvironmentPlan, layout: Layout
) -> Callable[[Callable[[str], None]], None]:
    def build(show: Callable[[str], None]) -> None:
        python = plan.folder / "bin" / "python"
        stamps = Stamps(layout.stamps)
        mend = can_be_mended(plan, stamps)
        stamps.write(plan.folder.name, UNFINISHED)
        if not mend:
            run(
                [
                    *(layout.uv, "venv", "--clear", "--no-project"),
                    *("--python", sys.executable, plan.folder),
                ],
                layout=layout,
                purpose=f"making {plan.folder.name}",
                environment=UV_ENVIRONMENT,
            )
        build_lock = ("--build-constraint", plan.build_lock) if plan.build_lock else ()
        run(
            [
                *(layout.uv, "pip", "sync", "--python", python, "--require-hashes"),
                *("--compile-bytecode", *build_lock, plan.lock),
            ],
            layout=layout,
            purpose=f"installing {plan.holds}",
            environment=UV_ENVIRONMENT,
            on_line=show,
        )

    return build


def can_be_mended(plan: EnvironmentPlan, stamps: Stamps) -> bool:
    """True when a sync in place is enough, which spares unpacking 900 MB again.

    False when the environment is absent, broken, moved, of another Python, or was cut
    off while packages were unpacked: a half-unpacked one counts as installed for uv.
    """
    python = plan.folder / "bin" / "python"
    activate = plan.folder / "bin" / "activate"
    if stamps.read(plan.folder.name) in {None, UNFINISHED}:
        return False
    if not python.exists() or not activate.exists():
        return False
    if str(plan.folder) not in activate.read_text(encoding="utf-8"):
        return False
    return os.path.realpath(python) == os.path.realpath(sys.executable)


def _ensure(
    plan: EnvironmentPlan,
    build: Callable[[Callable[[str], None]], None],
    layout: Layout,
    screen: Screen,
) -> None:
    stamps = Stamps(layout.stamps)
    if is_ready(plan, stamps):
        return
    require_space(plan.folder, plan.disk_mib, purpose=f"the {plan.subject} environment")
    screen.say(
        plan.subject,
        f"{plan.holds}: {plan.packages()} packages, at most {plan.download_mib} MB"
        f" to download into {layout.named(plan.folder)}",
    )
    began = monotonic()
    build(lambda line: screen.move(plan.subject, line.strip()))
    stamps.write(plan.folder.name, plan.digest())
    screen.say(plan.subject, f"ready after {monotonic() - began:.0f} s")
