"""Archives have deterministic bytes and give back files, never anything else."""

import io
import zipfile

import pytest

from curriculum.archive import BadArchive, pack, tree_digest, unpack, write_folder
from curriculum.tree import Tree

TREE = Tree({"lessons/01-a/ru.md": "текст".encode(), "labs/b/lab.yaml": b"id: b\n"})


def zip_of(name: str, *, mode: int = 0o100644, content: bytes = b"x") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        entry = zipfile.ZipInfo(name)
        entry.create_system = 3
        entry.external_attr = mode << 16
        archive.writestr(entry, content)
    return buffer.getvalue()


def test_same_files_give_same_bytes_in_any_order():
    turned = Tree(dict(reversed(TREE.files.items())))
    assert pack(turned) == pack(TREE)
    assert unpack(pack(TREE)).files == TREE.files


def test_digest_sees_every_name_and_byte():
    assert tree_digest(TREE) == tree_digest(Tree(dict(TREE.files)))
    others = [
        {"lessons/01-a/ru.md": b"text", "labs/b/lab.yaml": b"id: b\n"},
        {"lessons/01-b/ru.md": "текст".encode(), "labs/b/lab.yaml": b"id: b\n"},
        {"lessons/01-a/ru.md": "текст".encode()},
        # The same characters, moved from a name to a content.
        {"lessons/01-a/ru.m": "dтекст".encode(), "labs/b/lab.yaml": b"id: b\n"},
    ]
    assert (
        len({tree_digest(Tree(files)) for files in others} | {tree_digest(TREE)}) == 5
    )


@pytest.mark.parametrize(
    "name",
    [
        "../lessons/x",
        "lessons/../../x",
        "/lessons/x",
        "lessons//x",
        "lessons/./x",
        "lessons\\x",
        "other/x",
        "lessons",
        "manage.py",
    ],
)
def test_path_out_of_the_course_is_refused(name):
    with pytest.raises(BadArchive, match="path"):
        unpack(zip_of(name))


@pytest.mark.parametrize("mode", [0o120777, 0o040755, 0o010644, 0o020644])
def test_links_and_devices_are_refused(mode):
    with pytest.raises(BadArchive, match="ordinary"):
        unpack(zip_of("lessons/x", mode=mode))


def test_damage_bomb_and_doubles_are_refused(monkeypatch):
    with pytest.raises(BadArchive):
        unpack(b"not a zip")
    damaged = bytearray(pack(TREE))
    # 30 bytes of header and 15 of the first name: from here on, its content.
    for place in range(45, 55):
        damaged[place] ^= 0xFF
        with pytest.raises(BadArchive):
            unpack(bytes(damaged))
    monkeypatch.setattr("curriculum.archive.MAX_TOTAL_BYTES", 100)
    with pytest.raises(BadArchive, match="100 bytes"):
        unpack(zip_of("lessons/x", content=b"0" * 101))
    twice = io.BytesIO(zip_of("lessons/x"))
    with zipfile.ZipFile(twice, "a") as archive, pytest.warns(match="Duplicate name"):
        archive.writestr(zipfile.ZipInfo("lessons/x"), b"y")
    with pytest.raises(BadArchive, match="twice"):
        unpack(twice.getvalue())


def test_folder_appears_whole_and_readable_and_twice_is_once(tmp_path):
    folder = tmp_path / "releases" / "abc"
    write_folder(TREE, folder)
    write_folder(TREE, folder)
    assert (folder / "lessons/01-a/ru.md").read_text("utf-8") == "текст"
    assert (folder / "labs/b/lab.yaml").stat().st_mode & 0o777 == 0o644
    assert (folder / "labs/b").stat().st_mode & 0o777 == 0o755
    assert folder.stat().st_mode & 0o777 == 0o755
    assert [path.name for path in folder.parent.iterdir()] == ["abc"]


def test_failure_half_way_leaves_nothing(tmp_path, monkeypatch):
    def full(self, mode):
        raise OSError("disk full")

    monkeypatch.setattr("pathlib.Path.chmod", full)
    with pytest.raises(OSError, match="disk full"):
        write_folder(TREE, tmp_path / "releases" / "abc")
    assert list((tmp_path / "releases").iterdir()) == []
