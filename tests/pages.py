"""Look at every page and print the table of what was found.

    python -m tests.pages [--only light|dark] [--write]

Pictures and figures go to var/pages, which git does not see; `--write` puts the table
into docs/pages.md. It stands beside the tests because it uses their world of people.
With `--only` the other theme is taken from the last time. Each theme needs Chromium for
two to four minutes.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "var" / "pages"
TABLE = ROOT / "docs" / "pages.md"
THEMES = ("light", "dark")

HEAD = """# Every page, measured

Written by `make pages` ({day}). Each page stands in its most telling state on the small
course of `tests/e2e/world.py`; `addresses` in `tests/e2e/test_every_page.py` is the
list, and a test holds it to the URLs of the site.

- **axe**: violations of WCAG 2.2 A and AA and of axe's best practices, as light ru ·
  dark ru · light en · dark en (dark en at 390 px, the others at 1280); **wide**: the
  greatest number of pixels by which a page overflows its window at 1280 or 390.
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
    parser.add_argument("--only", nargs="*", choices=THEMES, default=THEMES)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for theme in chosen.only:
        environment = os.environ | {
            "POTOK_THEME": theme,
            "POTOK_PAGES": str(FOLDER),
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        }
        command = [sys.executable, "-m", "pytest", "-q", "tests/e2e/page_table.py"]
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        if ended.returncode:
            return ended.returncode
    missing = [name for name in THEMES if not _file(name).exists()]
    if missing:
        print("no table yet: never looked at", ", ".join(missing))
        return 0
    text = _table(_read("light"), _read("dark"))
    if chosen.write:
        TABLE.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


def _file(theme: str) -> Path:
    return FOLDER / f"{theme}.json"


def _read(theme: str) -> dict[str, dict[str, Any]]:
    return json.loads(_file(theme).read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _table(light: dict[str, dict[str, Any]], dark: dict[str, dict[str, Any]]) -> str:
    """Return the page; only what both themes have seen has a row."""
    lines = [HEAD.format(day=datetime.now(UTC).date())]
    for name, facts in light.items():
        if name not in dark:
            continue
        axe = " · ".join(
            str(theme[name][f"axe-{language}"])
            for language in ("ru", "en")
            for theme in (light, dark)
        )
        wide = max(facts["overflow"], dark[name]["overflow"])
        pictures = len(list(FOLDER.glob(f"{slug(name)}.*-*.png")))
        lines.append(
            f"| {name} | {facts['status']} | {axe} | {wide} | {pictures} "
            f"| {facts['bytes'] / 1024:.0f} | {facts['requests']} "
            f"| {facts['queries']} | {facts['ms']:.0f} |\n"
        )
    return "".join(lines)


def slug(name: str) -> str:
    """Return a page's name as its pictures' files begin."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


if __name__ == "__main__":
    sys.exit(main())
