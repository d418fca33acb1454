"""What of the image is built again, and when: small parts, no real recording."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from sandbox.image import build, conf
from sandbox.image.manifest import Image, load_image
from sandbox.image.parts import STATIC_PARTS, Part, Sources
from tests.sandbox.conftest import ROOT

RECIPES = (
    "sandbox/cell/recorder.py",
    "sandbox/cell/training.py",
    "sandbox/cell/broker_config.py",
    "runner/cluster.py",
    "runner/warm_up.py",
)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout with the files that recordings depend on, and two locks."""
    root = tmp_path / "checkout"
    for name in RECIPES:
        target = root / "platform" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "platform" / name, target)
    (root / "requirements").mkdir()
    for name in ("jars.txt", "runner.txt"):
        (root / "requirements" / name).write_text(name)
    return root


@pytest.fixture
def set_up(
    checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], set[str]]:
    """Build the image as set-up does; return which parts were made anew."""

    def sources(root: Path) -> Sources:
        return Sources(root, root, root, root, root, "3.12")

    def part(name: str) -> Part:
        def inputs(sources: Sources) -> Iterable[str]:
            if name in ("jars", "kafka"):
                return [sources.lock("jars.txt"), sources.lock("runner.txt")]
            return [name]

        return Part(name, inputs, lambda sources, folder: made.add(name))

    def record(name: str) -> Callable[[Image, Path], None]:
        return lambda image, folder: made.add(name)

    made: set[str] = set()
    runtime = tmp_path / "runtime"
    monkeypatch.setattr(build, "find_sources", sources)
    monkeypatch.setattr(build, "STATIC_PARTS", [part(p.name) for p in STATIC_PARTS])
    monkeypatch.setattr(build, "record_broker", record("broker"))
    monkeypatch.setattr(build, "record_archives", record("archives"))
    monkeypatch.setattr(build, "is_reachable", lambda path: True)

    def run() -> set[str]:
        made.clear()
        build.build_image(root=checkout, runtime=runtime, report=lambda line: None)
        assert load_image(runtime).runtime == runtime
        return set(made)

    return run


def test_a_second_set_up_builds_nothing(set_up: Callable[[], set[str]]) -> None:
    assert set_up() == {part.name for part in STATIC_PARTS} | {"broker", "archives"}
    assert set_up() == set()


@pytest.mark.parametrize(
    ("file", "built"),
    [
        # Other jars: another class path, and archives of other classes.
        ("requirements/jars.txt", {"jars", "kafka", "broker", "archives"}),
        # Other flags of the box's Java, another warm-up, another training program.
        ("platform/runner/cluster.py", {"archives"}),
        ("platform/runner/warm_up.py", {"archives"}),
        ("platform/sandbox/cell/training.py", {"archives"}),
        # Other flags or settings of the broker: its template too.
        ("platform/sandbox/cell/broker_config.py", {"broker", "archives"}),
    ],
)
def test_a_change_rebuilds_what_depends_on_it(
    checkout: Path, set_up: Callable[[], set[str]], file: str, built: set[str]
) -> None:
    set_up()
    with (checkout / file).open("a") as text:
        text.write("# another\n")
    assert set_up() == built
    assert set_up() == set()


def test_a_part_that_was_not_built_to_its_end_is_built_again(
    set_up: Callable[[], set[str]], tmp_path: Path
) -> None:
    set_up()
    (folder,) = (tmp_path / "runtime").glob("jars-*")
    (folder / ".complete").unlink()
    assert set_up() == {"jars"}


def test_the_jars_digest_covers_the_jar_taken_out_of_flink(checkout: Path) -> None:
    """Else an image from before that change would count as current for ever."""
    (jars,) = [part for part in STATIC_PARTS if part.name == "jars"]
    sources = Sources(checkout, checkout, checkout, checkout, checkout, "3.12")
    assert "flink-rpc-akka.jar" in set(jars.inputs(sources))


def test_the_packages_digest_covers_the_script_that_starts_a_python_worker(
    checkout: Path,
) -> None:
    """An image with the older script went on for hours: each stage took 4 s more."""
    (site,) = [part for part in STATIC_PARTS if part.name == "site"]
    sources = replace(
        Sources(checkout, checkout, checkout, checkout, checkout, "3.12"),
        base_python=checkout / "requirements" / "jars.txt",
    )
    assert conf.PYTHON_WORKER_SCRIPT in set(site.inputs(sources))
