"""The committed locks: hashed, without addresses, one set inside the other."""

import re
from pathlib import Path

import pytest

from bootstrap.java_parts import read_lock

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
LOCKS = ("tools", "web", "dev", "runner", "build", "cell")
PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    return dict(PIN.findall((REQUIREMENTS / f"{name}.txt").read_text()))


@pytest.mark.parametrize("name", LOCKS)
def test_every_pin_has_a_hash_and_no_lock_an_address(name: str) -> None:
    text = (REQUIREMENTS / f"{name}.txt").read_text()
    assert "://" not in text
    assert pins(name)
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    for block in blocks:
        if PIN.match(block):
            assert "--hash=sha256:" in block, block.splitlines()[0]


@pytest.mark.parametrize("name", LOCKS)
def test_every_wanted_package_is_locked(name: str) -> None:
    locked = {package.lower() for package in pins(name)}
    for line in (REQUIREMENTS / f"{name}.in").read_text().splitlines():
        if line and not line.startswith(("#", "-")):
            wanted = re.split(r"[\[<>=]", line)[0].strip().lower()
            assert wanted in locked, f"compile {name}.txt again: {wanted} is not in it"


def test_the_dev_set_contains_the_web_set() -> None:
    assert pins("web").items() <= pins("dev").items()


def test_the_runner_holds_nothing_of_the_site() -> None:
    assert not {"django", "celery", "gunicorn", "psycopg"} & pins("runner").keys()
    assert pins("runner")["apache-flink"] == "2.2.0"


@pytest.mark.parametrize(("name", "count"), [("jars", 47), ("jars-recording", 66)])
def test_a_java_lock_names_each_file_once(name: str, count: int) -> None:
    jars = read_lock(REQUIREMENTS / f"{name}.txt")
    assert len({jar.file_name for jar in jars}) == len(jars) == count
    assert all(re.fullmatch("[0-9a-f]{64}", jar.sha256) for jar in jars)
