"""Print what was measured, and write it where it is read."""

import json
import os
import platform
import re
import subprocess
from datetime import UTC, datetime

from tests.bench.runs import STEPS
from tests.site import ROOT

DOCUMENT = ROOT / "docs" / "benchmarks.md"
LATEST = ROOT / "var" / "bench" / "latest.json"
_BEGIN = "<!-- written by `make bench WRITE=1`: from here -->"
_END = "<!-- written by `make bench WRITE=1`: to here -->"

# Key, what it is, unit, target as text, and whether the figure meets it.
ROWS = (
    ("by_hand_p50_s", "The same job by hand, stock install, p50", "s", ""),
    ("by_hand_core_s", "The same job by hand, core-seconds", "", ""),
    ("by_hand_yardstick_s", "… yardstick meanwhile", "s", ""),
    ("warm_p50_s", "Submit → verdict, warm, p50", "s", "<= 1.5"),
    ("warm_p95_s", "Submit → verdict, warm, p95", "s", "<= 2.5"),
    ("warm_n", "Warm submits measured", "", ">= 30"),
    ("speedup_vs_by_hand", "By hand ÷ warm p50", "×", ">= 7"),
    ("cold_p50_s", "Submit → verdict, worker just started, p50", "s", "<= 7"),
    ("cold_yardstick_s", "… yardstick meanwhile", "s", ""),
    ("core_seconds_per_grading", "Core-seconds per graded submit", "", "<= 8"),
    ("warm_box_mib", "Warm cell: agent, broker and box", "MiB", "<= 650"),
    ("warm_yardstick_s", "… yardstick meanwhile", "s", ""),
    ("python_udf_warm_p50_s", "SQL with a Python UDF, warm, slot alone", "s", "<= 4"),
    ("python_stream_warm_p50_s", "DataStream, warm, slot alone", "s", "<= 4"),
    ("python_yardstick_s", "… yardstick meanwhile", "s", ""),
    (
        "burst60_last_verdict_s",
        "60 students in 10 s: last verdict after",
        "s",
        "<= 240",
    ),
    ("burst60_lost", "… without a verdict", "", "<= 0"),
    ("burst60_doubled", "… with more than one", "", "<= 0"),
    ("burst60_not_passed", "… judged wrongly", "", "<= 0"),
    ("burst60_page_p95_ms", "… pages meanwhile, p95", "ms", "<= 300"),
    ("burst_yardstick_s", "… yardstick meanwhile", "s", ""),
    ("lesson_page_ms", "Lesson page", "ms", ""),
    ("lesson_page_kib", "Lesson page, gzip", "KiB", ""),
    ("lesson_page_requests", "Requests of a lesson page", "", ""),
    ("cohort_500x30_ms", "Matrix of 500 students and 30 labs", "ms", ""),
    ("cohort_500x30_queries", "… its queries", "", ""),
    ("csv_10k_s", "CSV of 10 000 students", "s", ""),
    ("csv_10k_mib", "… highest memory of a web process", "MiB", ""),
    ("import_200_s", "Import of 200 lessons and labs", "s", ""),
)


def report(
    numbers: dict[str, float], steps: dict[str, float], *, command: str, write: bool
) -> None:
    """Print the tables, write the JSON file and, where asked, the document."""
    text = "\n".join(_tables(numbers, steps, command))
    print(text)
    LATEST.parent.mkdir(parents=True, exist_ok=True)
    rounded = {name: round(value, 3) for name, value in sorted(numbers.items())}
    LATEST.write_text(json.dumps(rounded, indent=1) + "\n", encoding="utf-8")
    print(f"\nwritten: {LATEST.relative_to(ROOT)}")
    if write:
        old = DOCUMENT.read_text("utf-8")
        pattern = re.compile(f"{re.escape(_BEGIN)}.*?{re.escape(_END)}", re.DOTALL)
        if not pattern.search(old):
            raise RuntimeError(f"{DOCUMENT} has no place for the tables")
        new = f"{_BEGIN}\n\n{text}\n\n{_END}"
        DOCUMENT.write_text(pattern.sub(lambda _: new, old), "utf-8")
        print(f"written: {DOCUMENT.relative_to(ROOT)}")


def _tables(
    numbers: dict[str, float], steps: dict[str, float], command: str
) -> list[str]:
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    lines = [
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {commit}, `{command}`.",
        f"{_processor()}, {os.cpu_count()} cores, {_memory_gib():.0f} GiB, "
        f"Linux {platform.release()}.",
        "",
        "| measured | value | target | |",
        "|---|---:|---:|---|",
    ]
    for key, words, unit, target in ROWS:
        if key not in numbers:
            continue
        value = numbers[key]
        shown = f"{value:.0f}" if value.is_integer() else f"{value:.2f}"
        met = "" if not target else "met" if _meets(value, target) else "**missed**"
        goal = target.replace("<=", "≤").replace(">=", "≥")
        lines.append(f"| {words} | {shown} {unit} | {goal} | {met} |")
    if steps:
        lines += [
            "",
            "Where a warm submit's time goes (median of each step):",
            "",
            "| step | s |",
            "|---|---:|",
            *(f"| {words} | {steps[name]:.3f} |" for words, name in STEPS),
        ]
    return lines


def _meets(value: float, target: str) -> bool:
    sign, bound = target.split()
    return value <= float(bound) if sign == "<=" else value >= float(bound)


def _processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
        for line in lines:
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _memory_gib() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
