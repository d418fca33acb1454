"""ARCHITECTURE.md's table of rooms, the import contracts and the tree say the same."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PLATFORM = ROOT / "platform"
DJANGO_DOORS = ("classroom", "review", "studio")


@pytest.fixture(scope="module")
def contracts():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)["tool"]["importlinter"]


@pytest.fixture(scope="module")
def table():
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", text, re.MULTILINE)
    return {room: cell.strip() for room, cell in rows}


def rooms_on_disk():
    return {path.parent.name for path in PLATFORM.glob("*/__init__.py")}


def test_platform_is_a_source_root_and_not_a_package():
    assert not (PLATFORM / "__init__.py").exists()


def test_every_room_is_in_the_table_and_under_contract(contracts, table):
    assert rooms_on_disk() == set(table) == set(contracts["root_packages"])


def test_the_table_grants_only_what_the_layers_allow(contracts, table):
    layers = contracts["contracts"][0]["layers"]
    level = {
        room: number
        for number, layer in enumerate(layers)
        for room in layer.split(" | ")
    }
    for room, cell in table.items():
        if room not in level or cell.startswith("everything"):
            continue
        for granted in re.findall(r"\w+", cell):
            assert level[granted] > level[room], f"{room} may not import {granted}"


def test_imports_are_those_of_the_table(table):
    """The layers allow more than the table; this holds each room to its own row."""
    rooms = rooms_on_disk()
    for room, cell in table.items():
        if cell.startswith("everything"):
            continue
        granted = set(re.findall(r"\w+", cell)) | {room}
        for path in (PLATFORM / room).rglob("*.py"):
            if "migrations" in path.parts:
                continue
            text = path.read_text(encoding="utf-8")
            found = re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE)
            strangers = (set(found) & rooms) - granted
            assert not strangers, f"{path.relative_to(ROOT)} imports {strangers}"


def test_inner_rooms_have_no_views_and_front_doors_no_models():
    for room in rooms_on_disk() - {"config"}:
        files = {path.name for path in (PLATFORM / room).glob("*.py")}
        if room in DJANGO_DOORS:
            assert "models.py" not in files
        else:
            assert not files & {"views.py", "urls.py"}


def test_every_contract_has_its_reason():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    for block in text.split("[[tool.importlinter.contracts]]")[:-1]:
        assert block.rstrip().splitlines()[-1].startswith("#")


def test_module_names_say_what_they_hold():
    vague = {"utils", "core", "common", "helpers", "misc", "base"}
    names = {path.stem for path in PLATFORM.rglob("*.py")} | rooms_on_disk()
    assert not names & vague
