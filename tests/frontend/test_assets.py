"""What the browser gets: pinned, licensed, complete, and the same when built again."""

import filecmp
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FRONTEND = ROOT / "frontend"
STATIC = ROOT / "static"
CSS = STATIC / "css"


def test_the_lock_names_no_registry():
    lock = (FRONTEND / "package-lock.json").read_text(encoding="utf-8")
    assert "://" not in lock
    assert '"resolved"' not in lock
    assert '"integrity"' in lock


def test_every_package_is_pinned_exactly():
    package = json.loads((FRONTEND / "package.json").read_text(encoding="utf-8"))
    for version in (package["dependencies"] | package["devDependencies"]).values():
        assert re.fullmatch(r"\d+\.\d+\.\d+", version)


def test_every_bundled_package_has_its_licence():
    lock = json.loads((FRONTEND / "package-lock.json").read_text(encoding="utf-8"))
    texts = (STATIC / "vendor/codemirror/LICENSES.txt").read_text(encoding="utf-8")
    direct = json.loads((FRONTEND / "package.json").read_text())["dependencies"]
    for name in direct:
        version = lock["packages"][f"node_modules/{name}"]["version"]
        if name == "@mermaid-js/tiny":
            assert (STATIC / "vendor/mermaid/LICENSE.txt").is_file()
        else:
            assert f"{name} {version} (MIT)" in texts


@pytest.mark.process
def test_building_again_gives_the_same_bytes(tmp_path):
    if shutil.which("node") is None or not (FRONTEND / "node_modules").is_dir():
        pytest.skip("needs `npm ci` in frontend/ (make assets)")
    subprocess.run(
        ["node", "build.mjs", str(tmp_path)], cwd=FRONTEND, check=True, timeout=120
    )
    built = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.*"))
    assert len(built) == 4
    for name in built:
        assert filecmp.cmp(tmp_path / name, STATIC / "vendor" / name, shallow=False)


def test_every_static_file_of_a_template_exists():
    for template in (ROOT / "templates").rglob("*.html"):
        text = template.read_text()
        tagged = re.findall(r"{% static '([^']+)' %}", text)
        for name in tagged + re.findall(r'="/static/([^"]+)"', text):
            assert (STATIC / name).is_file(), (template, name)


def test_every_custom_property_in_use_is_defined():
    defined = set(
        re.findall(r"^\s+(--[\w-]+):", (CSS / "tokens.css").read_text(), re.M)
    )
    sources = [*CSS.glob("*.css"), FRONTEND / "editor.js", STATIC / "js/lesson.js"]
    for source in sources:
        text = source.read_text(encoding="utf-8")
        used = set(re.findall(r"var\((--[\w-]+)", text))
        used |= set(re.findall(r'colour\("(--[\w-]+)"\)', text))
        assert used <= defined, source


def test_nothing_is_fetched_from_other_hosts():
    for source in [*CSS.glob("*.css"), *(STATIC / "js").glob("*.js")]:
        assert "://" not in source.read_text(encoding="utf-8"), source
