"""Result files that are something else, and a lab's code that looks around."""

import subprocess
import sys
import textwrap
import time
from functools import partial
from pathlib import Path

import pytest

from sandbox.author import AuthorFault, build_lab, start_author
from sandbox.cell.collect import Refusal, collect
from sandbox.protections import Protection
from sandbox.settings import SandboxSettings
from tests.attacks import report
from tests.attacks.corpus import Attack, attack, chosen
from tests.attacks.harness import Canaries

MIB = 1024 * 1024
SECRET = b"expected rows"
FILE = "result.jsonl"


@pytest.fixture
def places(tmp_path: Path) -> tuple[Path, Path]:
    """Return the box's folder and a file beside it that nobody may collect."""
    work, outside = tmp_path / "work", tmp_path / "host"
    work.mkdir()
    outside.mkdir()
    (outside / "expected").write_bytes(SECRET)
    return work, outside / "expected"


def name_of(case: object) -> str:
    return case.slug if isinstance(case, Attack) else str(case)


@pytest.mark.parametrize(("hostile", "program"), chosen("collection"), ids=name_of)
def test_deny_what_is_no_file_of_the_box(
    hostile: Attack, program: str, places: tuple[Path, Path], tmp_path: Path
) -> None:
    work, canary = places
    script = tmp_path / "attack.py"
    script.write_text(hostile.programs[program])
    with subprocess.Popen([sys.executable, script, work, canary]) as planted:
        deadline = time.monotonic() + 20
        seen, sabotaged = set(), set()
        while planted.poll() is None and time.monotonic() < deadline:
            seen |= set(collect(work, [FILE], max_bytes=MIB).values())
    seen |= set(collect(work, [FILE], max_bytes=MIB).values())
    assert SECRET not in seen
    assert seen <= {*Refusal, b"own", b""}
    report.note_check(hostile, program, ", ".join(sorted(map(str, seen))))
    without = frozenset({Protection.BENEATH_ONLY_COLLECTION})
    if Protection.BENEATH_ONLY_COLLECTION in hostile.caught_by and hostile.number < 47:
        sabotaged |= set(collect(work, [FILE], max_bytes=MIB, without=without).values())
        assert SECRET in sabotaged
        report.note_sabotage(without, hostile, ["the expected rows were collected"])


HOSTILE_STREAM = """
import socket

socket.create_connection(("127.0.0.1", {port}), timeout=2).close()
raise RuntimeError("through: the site's services")
"""


@pytest.mark.flink
def test_deny_the_network_to_a_labs_own_code(
    settings: SandboxSettings, canaries: Canaries, tmp_path: Path
) -> None:
    folder = tmp_path / "labs" / "hostile"
    (folder / "answers").mkdir(parents=True)
    text = textwrap.dedent(HOSTILE_STREAM).format(port=canaries.ports[0])
    (folder / "stream.py").write_text(text)
    (folder / "answers" / "oracle.py").write_text("def expected(stream): return {}\n")
    build = partial(
        build_lab, image=settings.image, release_files=tmp_path, lab="hostile", seed=1
    )
    with pytest.raises(AuthorFault, match=r"refused|unreachable"):
        build()
    assert canaries.seen == []
    without = frozenset({Protection.AUTHOR_NETWORK})
    with pytest.raises(AuthorFault, match="through"):
        build(author=start_author(settings.image, without=without))
    assert canaries.seen
    report.note_sabotage(without, attack(31), ["a lab's code reached a canary port"])
