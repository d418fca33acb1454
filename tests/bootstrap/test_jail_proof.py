"""`make doctor` makes a real box and says of each leak what it is and what mends it."""

from pathlib import Path

import pytest

from bootstrap.doctor import Mark, look_at_jail
from bootstrap.layout import Layout
from sandbox.breaches import BREACHES, breach
from sandbox.image.manifest import load_image, runtime_dir
from tests.sandbox.images import leaks_of_an_open_filter, with_open_filter

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.flink
def test_a_sound_jail_is_one_good_line() -> None:
    [line] = look_at_jail(Layout(ROOT))
    assert (line.mark, line.subject) == (Mark.GOOD, "jail")
    assert line.text == f"{len(BREACHES)} attempts to get out were refused"


@pytest.mark.flink
def test_each_leak_is_named_with_its_repair(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = with_open_filter(load_image(runtime_dir(ROOT)), tmp_path)
    monkeypatch.setenv("LAB_RUNTIME_DIR", str(image.runtime))
    lines = list(look_at_jail(Layout(ROOT)))
    assert {line.subject for line in lines} == {
        f"jail: {name}" for name in leaks_of_an_open_filter(image)
    }
    for line in lines:
        assert line.mark is Mark.MISSING
        assert "may make system calls that its filter forbids" in line.text
        assert line.repair == breach("call_bpf").repair


def test_without_an_image_there_is_nothing_to_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_RUNTIME_DIR", str(tmp_path))
    [line] = look_at_jail(Layout(ROOT))
    assert (line.mark, line.repair) == (Mark.MISSING, "make setup")
