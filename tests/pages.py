"""Look at every page and print the table of what was found.

    python -m tests.pages [--only server|light|dark] [--write]

Pictures and figures go to var/pages, which git does not see; `--write` puts the table
into docs/pages.md. It stands beside the tests because it uses their world of people.
There are three passes: what the server tells, which needs no browser, and a browser in
either theme for two to five minutes. With `--only` the others are taken from the last
time; what was never looked at has a dash.
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
PASSES = ("server", "light", "dark")
DASH = "–"

HEAD = """# Every page, measured

Written by `make pages` ({day}). Each page stands in its most telling state on the small
course of `tests/e2e/world.py`; `addresses` in `tests/e2e/test_every_page.py` is the
list, and a test holds it to the URLs of the site.

- **axe**: violations of WCAG 2.2 A and AA and of axe's best practices, as light ru ·
  dark ru · light en · dark en (dark en at 390 px, the others at 1280); **wide**: the
  greatest number of pixels by which a page overflows its window at 1280 or 390.
- **pictures**: full page at 1280 and 390 px, light and dark, in `var/pages/`.
- A dash: not looked at since the list of pages was made anew.
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
    parser.add_argument("--only", nargs="*", choices=PASSES, default=PASSES)
    parser.add_argument("--write", action="store_true")
    chosen = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in chosen.only:
        test = "test_page_facts" if name == "server" else "test_page_table"
        environment = os.environ | {
            "POTOK_THEME": name,
            "POTOK_PAGES": str(FOLDER),
            "DJANGO_ALLOW_ASYNC_UNSAFE": "1",
        }
        command = [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "tests/e2e/page_table.py",
            "-k",
            test,
        ]
        ended = subprocess.run(command, cwd=ROOT, env=environment, check=False)
        if ended.returncode:
            return ended.returncode
    text = _table(*(_read(name) for name in PASSES))
    if chosen.write:
        TABLE.write_text(text, encoding="utf-8")
    else:
        print(text)
    return 0


def _read(name: str) -> dict[str, dict[str, Any]]:
    """Return what a pass has found by page; {} if it has never run."""
    file = FOLDER / f"{name}.json"
    if not file.exists():
        return {}
    return json.loads(file.read_text(encoding="utf-8"))  # type: ignore[no-any-return]


def _table(
    server: dict[str, dict[str, Any]],
    light: dict[str, dict[str, Any]],
    dark: dict[str, dict[str, Any]],
) -> str:
    """Return the page, with a row for each page that the server was asked for."""
    lines = [HEAD.format(day=datetime.now(UTC).date())]
    for name, facts in server.items():
        seen = [theme.get(name, {}) for theme in (light, dark)]
        axe = " · ".join(
            str(theme.get(f"axe-{language}", DASH))
            for language in ("ru", "en")
            for theme in seen
        )
        wide = max((theme["overflow"] for theme in seen if theme), default=DASH)
        pictures = len(list(FOLDER.glob(f"{slug(name)}.*-*.png")))
        weight = seen[0].get("bytes")
        lines.append(
            f"| {name} | {facts['status']} | {axe} | {wide} | {pictures} "
            f"| {DASH if weight is None else round(weight / 1024)} "
            f"| {seen[0].get('requests', DASH)} "
            f"| {facts['queries']} | {facts['ms']:.0f} |\n"
        )
    return "".join(lines)


def slug(name: str) -> str:
    """Return a page's name as its pictures' files begin."""
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


if __name__ == "__main__":
    sys.exit(main())
