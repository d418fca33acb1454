"""When an environment counts as ready."""

import sys
from dataclasses import replace
from pathlib import Path

import pytest

from bootstrap.environments import (
    UNFINISHED,
    EnvironmentPlan,
    can_be_mended,
    dev_plan,
    is_ready,
    web_plan,
)
from bootstrap.layout import Layout
from bootstrap.stamps import Stamps, digest_of

ROOT = Path(__file__).parents[2]


@pytest.fixture
def plan(tmp_path: Path) -> EnvironmentPlan:
    lock = tmp_path / "web.txt"
    lock.write_text("django==6.1.3 \\\n    --hash=sha256:00\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    return EnvironmentPlan(
        subject="site",
        holds="",
        folder=tmp_path / ".venv",
        lock=lock,
        build_lock=None,
        download_mib=1,
        disk_mib=1,
    )


def test_it_is_ready_only_with_the_stamp_of_its_lock(
    plan: EnvironmentPlan, tmp_path: Path
) -> None:
    stamps = Stamps(tmp_path / "stamps")
    assert not is_ready(plan, stamps)
    stamps.write(".venv", plan.digest())
    assert is_ready(plan, stamps)
    plan.lock.write_text("django==6.1.4 \\\n    --hash=sha256:00\n")
    assert not is_ready(plan, stamps)


def test_it_is_not_ready_when_its_python_is_gone(
    plan: EnvironmentPlan, tmp_path: Path
) -> None:
    stamps = Stamps(tmp_path / "stamps")
    stamps.write(".venv", plan.digest())
    python = plan.folder / "bin" / "python"
    python.unlink()
    python.symlink_to(tmp_path / "removed")
    assert not is_ready(plan, stamps)


def test_a_moved_checkout_is_not_ready(plan: EnvironmentPlan, tmp_path: Path) -> None:
    moved = replace(plan, folder=tmp_path / "elsewhere" / ".venv")
    assert moved.digest() != plan.digest()


def test_packages_are_counted_from_the_lock(plan: EnvironmentPlan) -> None:
    assert plan.packages() == 1
    assert dev_plan(Layout(ROOT)).packages() > web_plan(Layout(ROOT)).packages() > 40


def test_parts_of_a_digest_do_not_run_together() -> None:
    assert digest_of(["ab", "c"]) != digest_of(["a", "bc"])


def test_only_a_finished_environment_of_this_place_is_mended(
    plan: EnvironmentPlan, tmp_path: Path
) -> None:
    stamps = Stamps(tmp_path / "stamps")
    python, activate = plan.folder / "bin" / "python", plan.folder / "bin" / "activate"
    python.unlink()
    python.symlink_to(sys.executable)
    activate.write_text(f"VIRTUAL_ENV={plan.folder}\n")
    assert not can_be_mended(plan, stamps), "it was never completed"
    stamps.write(".venv", UNFINISHED)
    assert not can_be_mended(plan, stamps), "it was cut off"
    stamps.write(".venv", "digest of an earlier lock")
    assert can_be_mended(plan, stamps)
    activate.write_text("VIRTUAL_ENV=/home/elsewhere/.venv\n")
    assert not can_be_mended(plan, stamps), "it was moved"
    activate.write_text(f"VIRTUAL_ENV={plan.folder}\n")
    python.unlink()
    python.symlink_to("/bin/sh")
    assert not can_be_mended(plan, stamps), "it has another interpreter"
