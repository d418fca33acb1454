"""find_python.sh, run with a PATH and a home of its own."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "platform" / "bootstrap" / "find_python.sh"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A PATH with nothing but what the script itself calls."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("dirname", "cat"):
        (programs / name).symlink_to(f"/usr/bin/{name}")
    return tmp_path


def find(place: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", SCRIPT],
        env={"PATH": str(place / "bin"), "HOME": str(place), **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def base_python() -> str:
    return os.path.realpath(Path(sys.base_prefix) / "bin" / "python3.12")


def test_without_a_right_python_it_says_how_to_get_one(place: Path) -> None:
    found = find(place)
    assert found.returncode == 1
    assert found.stdout == ""
    assert "Python 3.12 was not found" in found.stderr
    assert "pyenv install 3.12" in found.stderr


def test_a_shim_that_only_prints_an_error_is_passed_over(place: Path) -> None:
    program(place / "bin" / "python3.12", "echo 'pyenv: command not found'; exit 127")
    (place / ".pyenv/versions/3.12.9/bin").mkdir(parents=True)
    (place / ".pyenv/versions/3.12.9/bin/python3").symlink_to(base_python())
    found = find(place)
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip().endswith(".pyenv/versions/3.12.9/bin/python3")


def test_an_environment_is_traced_back_to_its_own_python(place: Path) -> None:
    (place / "bin" / "python3.12").symlink_to(base_python())
    subprocess.run(
        [base_python(), "-m", "venv", "--without-pip", place / "venv"], check=True
    )
    found = find(place, PATH=f"{place}/venv/bin:{place}/bin")
    assert found.returncode == 0, found.stderr
    assert not found.stdout.startswith(str(place / "venv"))


def test_another_version_is_not_taken(place: Path) -> None:
    program(place / "bin" / "python3", "exit 1")
    (place / "bin" / "python3.12").symlink_to(base_python())
    assert find(place).stdout.strip() == str(place / "bin" / "python3.12")


def test_downloads_need_uv(place: Path) -> None:
    found = find(place, POTOK_PYTHON_DOWNLOADS="1")
    assert found.returncode == 1
    assert "needs uv in PATH" in found.stderr
