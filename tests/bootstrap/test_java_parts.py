"""Java parts, with a repository folder that already holds the files."""

import hashlib
from io import StringIO
from pathlib import Path

import pytest

from bootstrap.errors import SetupError
from bootstrap.java_parts import ensure_jars, lab_jars, read_lock, unverified
from bootstrap.layout import Layout
from bootstrap.screen import Screen

CONTENTS = {"alpha": b"first jar", "beta": b"second jar"}


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    layout = Layout(tmp_path)
    layout.requirements.mkdir()
    lines = ["# group:artifact:version sha256"]
    for name, content in CONTENTS.items():
        lines.append(f"org.example:{name}:1.0 {hashlib.sha256(content).hexdigest()}")
    (layout.requirements / "jars.txt").write_text("\n".join(lines) + "\n")
    for jar in read_lock(layout.requirements / "jars.txt"):
        path = jar.path_in(layout.maven)
        path.parent.mkdir(parents=True)
        path.write_bytes(CONTENTS[jar.artifact])
    return layout


def files(layout: Layout) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in layout.jars.iterdir()}


WANTED = {"alpha-1.0.jar": b"first jar", "beta-1.0.jar": b"second jar"}


def test_verified_jars_are_placed_and_others_removed(layout: Layout) -> None:
    layout.jars.mkdir(parents=True)
    (layout.jars / "alpha-0.9.jar").write_bytes(b"of an earlier lock")
    ensure_jars(lab_jars(layout), layout, Screen(StringIO()))
    assert files(layout) == WANTED


def test_an_altered_jar_is_found_and_replaced(layout: Layout) -> None:
    ensure_jars(lab_jars(layout), layout, Screen(StringIO()))
    altered = layout.jars / "alpha-1.0.jar"
    altered.unlink()  # a write would alter the linked original too
    altered.write_bytes(b"first jar, altered")
    assert [jar.artifact for jar in unverified(lab_jars(layout))] == ["alpha"]
    (layout.stamps / "jars").unlink()
    ensure_jars(lab_jars(layout), layout, Screen(StringIO()))
    assert files(layout) == WANTED


def test_a_second_call_reads_no_jar(layout: Layout) -> None:
    ensure_jars(lab_jars(layout), layout, Screen(StringIO()))
    before = {path.name: path.stat().st_atime_ns for path in layout.jars.iterdir()}
    said = StringIO()
    ensure_jars(lab_jars(layout), layout, Screen(said))
    assert said.getvalue() == ""
    after = {path.name: path.stat().st_atime_ns for path in layout.jars.iterdir()}
    assert after == before


def test_an_interrupted_call_is_completed_by_the_next(layout: Layout) -> None:
    ensure_jars(lab_jars(layout), layout, Screen(StringIO()))
    (layout.jars / "beta-1.0.jar").unlink()
    ensure_jars(lab_jars(layout), layout, Screen(StringIO()))
    assert files(layout) == WANTED


@pytest.mark.parametrize(
    "line", ["org.example:alpha 00", "org.example:alpha:1.0", "a:b:c not-hex"]
)
def test_a_broken_lock_names_its_line(layout: Layout, line: str) -> None:
    lock = layout.requirements / "jars.txt"
    lock.write_text(f"# comment\n{line}\n")
    with pytest.raises(SetupError, match="line 2"):
        read_lock(lock)
