"""Look at every page and print the table of what was found.

    python -m tests.pages [--only light-1280-ru ...] [--write]

Pictures and figures go to var/pages, which git does not see; `--write` puts the table
into docs/pages.md. It stands beside the tests because it uses their world of people.
With `--only` the other variants are taken from the last time. Each variant needs
Chromium for one to two minutes.
"""

import argparse
import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "pages"
TABLE = ROOT / "docs" / "pages.md"
# Pictures need both widths and themes, axe both themes and languages.
VARIANTS = (
    "light-1280-ru",
    "dark-1280-ru",
    "light-390-ru",
    "dark-390-ru",
    "light-1280-en",
    "dark-390-en",
)

HEAD = """# Every page, measured

Written by `make pages` ({day}). Each page stands in its most telling state on the small
course of `tests/e2e/world.py`; `addresses` in `tests/e2e/test_every_page.py` is the
list, and a test holds it to the URLs of the site.

- **axe**: violations of WCAG 2.2 A and AA and of axe's best practices, as light ru ·
  dark ru · light en · dark en (light at 1280 px in both, dark ru at 1280, dark en at
  390); **wide**: the greatest number of pixels by which a page overflows its window at
  1280 or 390.
- **pictures**: full page at 1280 and 390 px, light and dark, in `var/pages/`.
- **KiB**, **requests**: with an empty cache, style sheets, scripts and icons included;
  texts count as gzip makes them, unhashed and not minified further.
- **queries**, **ms**: of the answer on a warm server (SQLite, median of 5, in the
  test's process); the first visit after a start costs more.

| page | status | axe | wide | pictures | KiB | requests | queries | ms |
|---|---|---|---|---|---|---|---|---|
"""


def main() -> int:
    """Run the chosen variants, then print or write the table."""
    parser = argparse.ArgumentParser(prog="python -m tests.pages")
    parser.add_argument("--only", nargs="*", choices=VARIANTS, default=VARIANTS)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for variant in chosen.only:
        environment = os.environ | {
            "POTOK_VARIANT": variant,
            "POTOK_PAGES": str(FOLDER),
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        }
        command = [sys.executable, "-m", "pytest", "-q", "tests/e2e/page_table.py"]
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        if ended.returncode:
            return ended.returncode
    missing = [name for name in VARIANTS if not _file(name).exists()]
    if missing:
        print("no table yet: never looked at", ", ".join(missing))
        return 0
    text = _table({name: _read(name) for name in VARIANTS})
    if chosen.write:
        TABLE.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


def _file(variant: str) -> Path:
    return FOLDER / f"{variant}.json"


def _read(variant: str) -> dict[str, dict[str, Any]]:
    return json.loads(_file(variant).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _table(found: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return the page; only what every variant has seen has a row."""
    first = found["light-1280-ru"]
    lines = [HEAD.format(day=datetime.now(UTC).date())]
    pictures = sum(name.endswith("-ru") for name in VARIANTS)
    for name, facts in first.items():
        seen = [variant.get(name) for variant in found.values()]
        if None in seen:
            continue
        axe = [
            found[variant][name]["axe"]
            for variant in (
                "light-1280-ru",
                "dark-1280-ru",
                "light-1280-en",
                "dark-390-en",
            )
        ]
        wide = max(variant[name]["overflow"] for variant in found.values())
        lines.append(
            f"| {name} | {facts['status']} | {' · '.join(map(str, axe))} | {wide} "
            f"| {pictures} | {facts['bytes'] / 1024:.0f} | {facts['requests']} "
            f"| {facts['queries']} | {facts['ms']:.0f} |\n"
        )
    return "".join(lines)


if __name__ == "__main__":
    sys.exit(main())
