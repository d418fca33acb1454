"""Result files of a hostile folder: each trick for real, on a real file system."""

import os
import socket
import threading
from pathlib import Path

import pytest

from sandbox.cell.collect import Refusal, collect
from sandbox.protections import Protection

SECRET = b"expected rows"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret").write_bytes(SECRET)
    work = tmp_path / "work"
    (work / "out").mkdir(parents=True)
    return work


def take(folder: Path, name: str = "out/rows.jsonl") -> bytes | Refusal:
    return collect(folder, [name], max_bytes=1000)[name]


def test_a_plain_file_comes_whole(folder: Path) -> None:
    (folder / "out" / "rows.jsonl").write_bytes(b"{}\n")
    assert take(folder) == b"{}\n"


def _symlink(out: Path) -> None:
    (out / "rows.jsonl").symlink_to("../../secret")


def _absolute_symlink(out: Path) -> None:
    (out / "rows.jsonl").symlink_to(out.parent.parent / "secret")


def _magic_link(out: Path) -> None:
    (out / "rows.jsonl").symlink_to("/proc/self/cmdline")


def _folder(out: Path) -> None:
    (out / "rows.jsonl").mkdir()


def _pipe(out: Path) -> None:
    os.mkfifo(out / "rows.jsonl")


def _socket(out: Path) -> None:
    listener = socket.socket(socket.AF_UNIX)
    here = Path.cwd()
    os.chdir(out)  # the path of a socket is short
    try:
        listener.bind("rows.jsonl")
    finally:
        os.chdir(here)
        listener.close()


@pytest.mark.parametrize(
    "trick", [_symlink, _absolute_symlink, _magic_link, _folder, _pipe, _socket]
)
def test_what_is_no_regular_file_is_refused(folder: Path, trick) -> None:
    trick(folder / "out")
    assert take(folder) is Refusal.NOT_A_REGULAR_FILE


@pytest.mark.skipif(os.geteuid() != 0, reason="making a device needs root")
def test_a_device_is_refused(folder: Path) -> None:
    os.mknod(folder / "out" / "rows.jsonl", 0o20644, os.makedev(1, 5))  # /dev/zero
    assert take(folder) is Refusal.NOT_A_REGULAR_FILE


def test_a_linked_parent_is_refused(folder: Path, tmp_path: Path) -> None:
    (folder / "out").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "rows.jsonl").write_bytes(SECRET)
    (folder / "out").symlink_to(tmp_path / "elsewhere")
    assert take(folder) is Refusal.NOT_A_REGULAR_FILE


def test_a_hard_link_is_refused(folder: Path, tmp_path: Path) -> None:
    os.link(tmp_path / "secret", folder / "out" / "rows.jsonl")
    assert take(folder) is Refusal.LINKED


@pytest.mark.parametrize("name", ["../secret", "out/../../secret", "/etc/passwd"])
def test_no_name_leads_out_of_the_folder(folder: Path, name: str) -> None:
    assert isinstance(take(folder, name), Refusal)


def test_a_missing_file_says_so(folder: Path) -> None:
    assert take(folder) is Refusal.MISSING


def test_all_files_together_stay_below_the_cap(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / name).write_bytes(b"x" * 600)
    found = collect(folder, ["a", "b"], max_bytes=1000)
    assert found == {"a": b"x" * 600, "b": Refusal.TOO_LARGE}


def test_a_sparse_giant_costs_nothing(folder: Path) -> None:
    with (folder / "out" / "rows.jsonl").open("wb") as file:
        file.truncate(10 * 1024**3)
    assert take(folder) is Refusal.TOO_LARGE


def test_a_file_exchanged_for_a_link_in_a_race_never_shows_the_other(
    folder: Path,
) -> None:
    name = folder / "out" / "rows.jsonl"
    plain, link = folder / "plain", folder / "link"
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            plain.write_bytes(b"mine")
            plain.replace(name)
            link.symlink_to("../../secret")
            link.replace(name)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        seen = [take(folder) for _ in range(3000)]
    finally:
        stop.set()
        swapper.join()
    assert SECRET not in seen
    assert {b"mine", Refusal.NOT_A_REGULAR_FILE} & set(seen)


def test_without_the_protection_the_link_is_followed(folder: Path) -> None:
    _symlink(folder / "out")
    found = collect(
        folder,
        ["out/rows.jsonl"],
        max_bytes=1000,
        without=frozenset({Protection.BENEATH_ONLY_COLLECTION}),
    )
    assert found == {"out/rows.jsonl": SECRET}
