"""docs/settings.md and config/settings.py name the same variables."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
READ = re.compile(
    r'(?:env\.(?:text|flag|number|words|database|secret)|environ\.get)\(\s*"([A-Z_]+)"'
)
# The sandbox knows no Django and reads the place of its image itself.
READERS = ["platform/config/settings.py", "platform/sandbox/image/manifest.py"]


def test_every_variable_is_described_and_nothing_else():
    read = {
        name
        for reader in READERS
        for name in READ.findall((ROOT / reader).read_text("utf-8"))
    }
    rows = [
        line.split("|")[1]
        for line in (ROOT / "docs/settings.md").read_text("utf-8").splitlines()
        if line.startswith("| `")
    ]
    described = {name for row in rows for name in re.findall(r"`([A-Z_]+)`", row)}
    assert len(read) > 20
    assert described == read
