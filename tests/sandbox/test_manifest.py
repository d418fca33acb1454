"""The image's manifest: clear words for what is missing, reachable places."""

from pathlib import Path

import pytest

from sandbox.errors import SandboxUnavailable
from sandbox.image.manifest import (
    PARTS,
    Image,
    is_reachable,
    load_image,
    mark_complete,
    runtime_dir,
    save_image,
)


def make_image(folder: Path) -> Image:
    for part in PARTS:
        (folder / f"{part}-1").mkdir(parents=True)
        mark_complete(folder / f"{part}-1")
    image = Image(folder, {part: f"{part}-1" for part in PARTS})
    save_image(image)
    return image


def test_an_image_is_read_as_it_was_saved(tmp_path: Path) -> None:
    image = make_image(tmp_path)
    assert load_image(tmp_path) == image
    assert load_image(tmp_path).digest == image.digest


def test_no_image_names_the_repair(tmp_path: Path) -> None:
    with pytest.raises(SandboxUnavailable, match="make run") as caught:
        load_image(tmp_path)
    assert caught.value.code == "no_image"


@pytest.mark.parametrize("text", ["", "{", '{"version": 9}', "[]"])
def test_a_spoilt_manifest_is_refused(tmp_path: Path, text: str) -> None:
    make_image(tmp_path)
    (tmp_path / "image.json").write_text(text)
    with pytest.raises(SandboxUnavailable):
        load_image(tmp_path)


def test_a_part_that_was_not_built_to_its_end_is_refused(tmp_path: Path) -> None:
    image = make_image(tmp_path)
    (image.part("site") / ".complete").unlink()
    with pytest.raises(SandboxUnavailable, match="site"):
        load_image(tmp_path)


def test_the_place_of_the_image_follows_the_setting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_RUNTIME_DIR", str(tmp_path / "here"))
    assert runtime_dir(tmp_path) == tmp_path / "here"


def test_a_checkout_in_a_closed_home_has_its_image_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LAB_RUNTIME_DIR", raising=False)
    monkeypatch.setattr("os.geteuid", lambda: 0)
    tmp_path.chmod(0o700)
    assert not is_reachable(tmp_path / "checkout")
    assert runtime_dir(tmp_path / "checkout").parent == Path("/var/lib/potok")
    monkeypatch.setattr("os.geteuid", lambda: 1000)
    assert runtime_dir(tmp_path / "checkout") == tmp_path / "checkout/var/runtime"
