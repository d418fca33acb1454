"""Measure and print; writes `var/bench/latest.json`, one flat object of numbers.

    python -m tests.bench [--warm 10] [--cold 3] [--by-hand 5]

Everything runs in one go on one machine, so that ratios hold where seconds do not.
"""

import argparse
import gzip
import json
import os
import platform
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import yaml

from sandbox.author import build_lab
from sandbox.image.manifest import load_image, runtime_dir
from tests.bench.browser import Person
from tests.bench.by_hand import machine_busy_seconds, run_by_hand
from tests.site import ROOT, Site, running_site, wait_until

LAB = "cdc-source"
LESSON = "pyflink-cdc-connector"
PASSWORD = "a-long-password-1"
STUDENT = f"""
import json
from accounts.models import User
User.objects.create_user("student", "student@example.test", "{PASSWORD}")
print(json.dumps("ok"))
"""
# A worker signs every few seconds: only what it said after the last run counts.
WARM = """
import json
from django.db.models import Max
from submissions.models import Submission, WorkerSign
last = Submission.objects.aggregate(last=Max("finished_at"))["last"]
signs = WorkerSign.objects.all()
if last is not None:
    signs = signs.filter(seen_at__gt=last)
print(json.dumps(list(signs.values_list("warm_slots", flat=True))))
"""


def main() -> None:
    """Parse the counts, measure, print, write."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench")
    parser.add_argument("--warm", type=int, default=10)
    parser.add_argument("--cold", type=int, default=3)
    parser.add_argument("--by-hand", type=int, default=5)
    chosen = parser.parse_args()
    source = (ROOT / "labs" / LAB / "answers" / "solution.sql").read_text("utf-8")
    with tempfile.TemporaryDirectory(prefix="potok-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        numbers = by_hand(folder / "by-hand", source, chosen.by_hand)
        with running_site(folder / "site", worker=False) as site:
            site.python(STUDENT)
            person = Person(site.url, "student", PASSWORD)
            numbers |= lesson_page(person)
            numbers |= cold(site, person, source, chosen.cold)
            numbers |= warm(site, person, source, chosen.warm)
    numbers["speedup_vs_by_hand"] = numbers["by_hand_p50_s"] / numbers["warm_p50_s"]
    report(numbers)


def by_hand(folder: Path, source: str, times: int) -> dict[str, float]:
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


def cold(site: Site, person: Person, source: str, times: int) -> dict[str, float]:
    """Time a submit that finds a worker which has only just said that it is there."""
    seconds = []
    for _ in range(times):
        site.start_worker()
        seconds.append(passed(site, person, source))
        site.kill_worker(15)
    return {"cold_p50_s": statistics.median(seconds)}


def warm(site: Site, person: Person, source: str, times: int) -> dict[str, float]:
    """Time submits that find a warm box; between them the next box warms up."""
    site.start_worker()
    seconds = []
    busy = 0.0
    for number in range(times + 1):
        before = machine_busy_seconds()
        wait_until(lambda: site.python(WARM) == [1], what="a warm box", seconds=120)
        took = passed(site, person, source)
        if number:  # the first also pays for the worker's own start
            seconds.append(took)
            busy += machine_busy_seconds() - before
    rows = site.python(
        "import json;from submissions.models import Run;print(json.dumps(["
        "[r.report['cpu_seconds'], r.report['peak_memory_bytes']]"
        " for r in Run.objects.order_by('-pk')[:5]]))"
    )
    return {
        "warm_p50_s": statistics.median(seconds),
        "warm_p95_s": percentile(seconds, 95),
        "core_seconds_per_grading": busy / times,
        "warm_box_mib": statistics.median(row[1] for row in rows) / 2**20,
    }


def passed(site: Site, person: Person, source: str) -> float:
    """Submit the solution; return the seconds, or fail where it did not pass."""
    public_id, seconds = person.submit(LAB, source)
    result = site.python(
        "import json;from submissions.models import Verdict as V;"
        f"print(json.dumps(V.objects.get(submission__public_id='{public_id}').result))"
    )
    if result != "passed":
        raise RuntimeError(f"the solution was {result}: {site.url} {public_id}")
    return seconds


def lesson_page(person: Person) -> dict[str, float]:
    """Time and weigh a lesson as a signed-in student gets it."""
    path = f"/lessons/{LESSON}/"
    person.get(path)
    times = []
    for _ in range(20):
        begin = time.perf_counter()
        html = person.get(path)
        times.append((time.perf_counter() - begin) * 1000)
    return {
        "lesson_page_ms": statistics.median(times),
        "lesson_page_kib": len(gzip.compress(html.encode(), 6)) / 1024,
    }


def percentile(values: list[float], percent: int) -> float:
    """Return the smallest value that ``percent`` of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def report(numbers: dict[str, float]) -> None:
    """Print the table and write the file."""
    print(f"{datetime.now(UTC):%Y-%m-%d}, {platform.machine()}, {os.cpu_count()} cores")
    for name, value in sorted(numbers.items()):
        print(f"  {name:<28}{value:10.2f}")
    target = ROOT / "var" / "bench" / "latest.json"
    target.parent.mkdir(parents=True, exist_ok=True)
    rounded = {name: round(value, 3) for name, value in sorted(numbers.items())}
    target.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")
    print(f"written: {target.relative_to(ROOT)}")


if __name__ == "__main__":
    sys.exit(main())
