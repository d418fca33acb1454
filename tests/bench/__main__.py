"""Measure and print; writes `var/bench/latest.json`, one flat object of numbers.

    python -m tests.bench [--warm 30] [--cold 3] [--by-hand 3] [--python 3]
                          [--burst 60] [--quick] [--only warm ...] [--write]

Everything runs in one go on one machine, so that ratios hold where seconds do not.
`--write` puts the tables into docs/benchmarks.md. A part that fails is told at the end
and costs its own figures only: the others took up to twelve minutes.
"""

import argparse
import os
import signal
import statistics
import sys
import tempfile
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import django
import yaml

from sandbox.author import build_lab
from sandbox.image.build import build_image
from sandbox.image.manifest import load_image, runtime_dir
from tests.bench.by_hand import run_by_hand
from tests.bench.yardstick import yardstick
from tests.site import ROOT, Site, running_site

LAB = "cdc-source"
PARTS = ("by_hand", "cold", "warm", "python", "burst", "pages")
Numbers = dict[str, float]


@dataclass(slots=True)
class Measured:
    """What has been measured so far, and which parts failed."""

    chosen: argparse.Namespace
    numbers: Numbers = field(default_factory=dict)
    steps: Numbers = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)

    @contextmanager
    def part(self, name: str) -> Iterator[bool]:
        """Yield whether `name` was asked for; keep its failure from the others.

        The yardstick is taken before and after it.
        """
        wanted = name in self.chosen.only
        try:
            before = yardstick() if wanted else 0.0
            yield wanted
            if wanted:
                self.numbers[f"{name}_yardstick_s"] = (before + yardstick()) / 2
        except Exception:
            traceback.print_exc()
            self.failed.append(name)


def main() -> None:
    """Parse the counts, measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--warm", type=int, default=30)
    parser.add_argument("--cold", type=int, default=3)
    parser.add_argument("--by-hand", type=int, default=3)
    parser.add_argument("--python", type=int, default=3)
    parser.add_argument("--burst", type=int, default=60)
    parser.add_argument("--quick", action="store_true", help="few runs of each")
    parser.add_argument("--only", nargs="*", choices=PARTS, default=list(PARTS))
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.warm, chosen.cold, chosen.by_hand = 5, 1, 1
        chosen.python, chosen.burst = 1, 8
    # Without it a SIGTERM would leave web, worker and slots behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    source = (ROOT / "labs" / LAB / "answers" / "solution.sql").read_text("utf-8")
    build_image(root=ROOT, runtime=runtime_dir(ROOT), report=print)
    measured = Measured(chosen)
    with tempfile.TemporaryDirectory(prefix="potok-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        with measured.part("by_hand") as wanted:
            if wanted:
                times = chosen.by_hand
                measured.numbers |= by_hand(folder / "by-hand", source, times)
        # The sign of a worker says that cells are warm; every five seconds is too
        # seldom for thirty runs one after the other.
        with running_site(folder / "site", worker=False, LAB_REAP_SECONDS="1") as site:
            connect(site)
            through_the_product(site, folder, source, measured)
    numbers = measured.numbers
    if {"by_hand_p50_s", "warm_p50_s"} <= set(numbers):
        numbers["speedup_vs_by_hand"] = numbers["by_hand_p50_s"] / numbers["warm_p50_s"]
    from tests.bench.table import report

    command = " ".join(["python -m tests.bench", *sys.argv[1:]])
    report(numbers, measured.steps, command=command, write=chosen.write)
    if measured.failed:
        sys.exit(f"failed: {', '.join(measured.failed)}; see the traces above")


def connect(site: Site) -> None:
    """Read the site's database from this process: no process per question."""
    os.environ.update(site.environment)
    django.setup()


def through_the_product(
    site: Site, folder: Path, source: str, measured: Measured
) -> None:
    """Measure what goes through web, queue, worker and database."""
    # They import models, which need a database to be chosen first.
    from accounts.models import User
    from tests.bench import engine, pages, product
    from tests.bench.browser import Person
    from tests.bench.runs import breakdown
    from tests.factories import let_into

    chosen, numbers = measured.chosen, measured.numbers
    student = User.objects.create_user("student")
    let_into(student, pages.LESSON)
    person = Person.known(site.url, student)
    with measured.part("cold") as wanted:
        if wanted:
            numbers |= product.cold(site, person, LAB, source, chosen.cold)
    with measured.part("warm") as wanted:
        if wanted:
            found, runs = product.warm(site, person, LAB, source, chosen.warm)
            numbers |= found
            measured.steps |= breakdown(runs)
    with measured.part("python") as wanted:
        if wanted:
            numbers |= engine.python_labs(chosen.python)
    with measured.part("burst") as wanted:
        if wanted:
            site.environment["LAB_SLOTS"] = str(min(2, os.cpu_count() or 1))
            read = ("/", f"/lessons/{pages.LESSON}/", f"/labs/{LAB}/")
            numbers |= product.burst(site, LAB, source, chosen.burst, read)
    with measured.part("pages") as wanted:
        if wanted:
            numbers |= pages.lesson_page(person)
            numbers |= pages.large_import(site, folder / "import")
            numbers |= pages.large_cohorts(site)


def by_hand(folder: Path, source: str, times: int) -> Numbers:
    """Time the same job as a student would run it with a stock install."""
    image = load_image(runtime_dir(ROOT))
    build = build_lab(image=image, release_files=ROOT, lab=LAB, seed=1)
    spec = yaml.safe_load((ROOT / "labs" / LAB / "lab.yaml").read_text("utf-8"))
    outputs = [output["topic"] for output in spec["outputs"].values()]
    runs = run_by_hand(folder, image, build, source, outputs, times)
    return {
        "by_hand_p50_s": statistics.median(run.wall for run in runs),
        "by_hand_core_s": statistics.median(run.cpu for run in runs),
    }


if __name__ == "__main__":
    sys.exit(main())
