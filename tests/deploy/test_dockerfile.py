"""The Dockerfile without a Docker engine: sources, commands, and the code it copies."""

import fnmatch
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bootstrap.setup import Purpose
from tests.deploy.dockerfile import ROOT, Stage, lineage, stages

STAGES = stages()


def ignored() -> list[str]:
    lines = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("**/") for line in lines if line]


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_every_copied_source_exists_and_is_sent(stage: Stage) -> None:
    for sources, _, origin in stage.copies():
        if origin is not None:
            assert origin in STAGES
            continue
        for source in sources:
            assert (ROOT / source).exists(), f"{source} is not in the repository"
            top = source.strip("/").split("/")[0]
            assert not any(fnmatch.fnmatch(top, rule) for rule in ignored()), top


@pytest.mark.parametrize("stage", STAGES.values(), ids=STAGES)
def test_every_set_up_step_has_a_purpose(stage: Stage) -> None:
    for keyword, text in stage.steps:
        for purpose in re.findall(r"bootstrap setup --for (\w+)", text):
            assert purpose in set(Purpose), f"{keyword} {text}"


def test_bases_are_stages_or_pinned_images() -> None:
    for stage in STAGES.values():
        if stage.base not in STAGES:
            assert re.fullmatch(r"[a-z/-]+:[\w.-]+", stage.base), stage.base
            assert not stage.base.endswith(":latest")


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_process_starts_as_an_ordinary_user(name: str) -> None:
    users = [text for keyword, text in STAGES[name].steps if keyword == "USER"]
    assert users == ["potok"]


@pytest.mark.parametrize(
    ("name", "program", "module"),
    [("web", "gunicorn", "config.wsgi"), ("worker", "celery", "config")],
)
def test_the_command_starts_what_make_run_starts(
    name: str, program: str, module: str
) -> None:
    command = " ".join(STAGES[name].command())
    assert f".venv/bin/{program}" in command
    assert importlib.util.find_spec(module) is not None
    assert module in command.split()
    installed = Path(sys.executable).with_name(program)
    assert installed.exists()


def copied_tree(name: str, target: Path) -> None:
    """Puts into `target` what the stage and its bases copy, as Docker would."""
    leave = shutil.ignore_patterns("__pycache__")
    for stage in lineage(name):
        for sources, goal, origin in stage.copies():
            assert origin is None
            for source in sources:
                path = ROOT / source
                if path.is_dir():
                    shutil.copytree(
                        path, target / goal, ignore=leave, dirs_exist_ok=True
                    )
                else:
                    shutil.copy(path, target / goal)


@pytest.mark.parametrize("name", ["web", "worker"])
def test_the_copied_code_is_complete(name: str, tmp_path: Path) -> None:
    """manage.py check imports every app, URL and template tag of the copy."""
    copied_tree(name, tmp_path)
    (tmp_path / "static").mkdir(exist_ok=True)
    (tmp_path / "state").mkdir()
    loads = "import config.wsgi, config.celery, submissions.tasks, curriculum.releases"
    for arguments in (["manage.py", "check"], ["-c", loads]):
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=tmp_path,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(tmp_path / "platform"),
                "SECRET_KEY": "only-for-this-check",
                "LAB_VAR_DIR": str(tmp_path / "state"),
            },
            check=False,
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
