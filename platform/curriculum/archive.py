"""The files of a course as one zip with deterministic bytes, and back into a folder."""

import hashlib
import io
import os
import shutil
import tempfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

from curriculum.tree import MAX_FILES, MAX_TOTAL_BYTES, ROOT_FOLDERS, Tree

# The oldest date a zip can hold: when a file was saved is no part of the content.
_DATE = (1980, 1, 1, 0, 0, 0)


class BadArchive(Exception):
    """An archive is damaged, or holds what no release can hold."""


def tree_digest(tree: Tree) -> str:
    """Return the SHA-256 over sorted paths and contents, in hexadecimal."""
    digest = hashlib.sha256()
    for path in sorted(tree.files):
        content = tree.files[path]
        # Lengths first: otherwise bytes could move between a name and a content.
        digest.update(f"{len(path.encode())} {len(content)}\n".encode())
        digest.update(path.encode())
        digest.update(content)
    return digest.hexdigest()


def pack(tree: Tree) -> bytes:
    """Return a zip of ``tree``; equal trees give equal bytes under one zlib."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path in sorted(tree.files):
            entry = zipfile.ZipInfo(path, date_time=_DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.create_system = 3
            entry.external_attr = 0o100644 << 16
            archive.writestr(entry, tree.files[path])
    return buffer.getvalue()


def unpack(archive: bytes) -> Tree:
    """Return the files of ``archive``; raise BadArchive for anything else in it."""
    files: dict[str, bytes] = {}
    left = MAX_TOTAL_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            entries = opened.infolist()
            if len(entries) > MAX_FILES:
                raise BadArchive(f"more than {MAX_FILES} files")
            for entry in entries:
                _check_entry(entry, files)
                with opened.open(entry) as stream:
                    # Not entry.file_size: a forged one would let a bomb through.
                    content = stream.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise BadArchive(f"more than {MAX_TOTAL_BYTES} bytes")
                files[entry.filename] = content
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise BadArchive(f"not a readable zip: {error}") from error
    return Tree(files)


def write_folder(tree: Tree, folder: Path) -> None:
    """Write ``tree`` as ``folder`` at once: it appears whole or not at all.

    The files are for everybody to read: author's code runs under another user.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".unpacking-", dir=folder.parent))
    try:
        temporary.chmod(0o755)
        for path, content in tree.files.items():
            target = temporary / path
            for parent in reversed(target.relative_to(temporary).parents[:-1]):
                (temporary / parent).mkdir(exist_ok=True)
                (temporary / parent).chmod(0o755)
            target.write_bytes(content)
            target.chmod(0o644)
        try:
            os.rename(temporary, folder)  # noqa: PTH104 (fails on a full folder)
        except OSError:
            # Another process was first; its folder has the same content.
            if not folder.is_dir():
                raise
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _check_entry(entry: zipfile.ZipInfo, files: dict[str, bytes]) -> None:
    path = PurePosixPath(entry.filename)
    mode = entry.external_attr >> 16
    if (
        path.is_absolute()
        or path.as_posix() != entry.filename
        or ".." in path.parts
        or len(path.parts) < 2
        or path.parts[0] not in ROOT_FOLDERS
        or "\\" in entry.filename
        or "\0" in entry.filename
    ):
        raise BadArchive(f"the path {entry.filename!r} is not one of a course")
    # Some tools write permissions without a type: those are ordinary files too.
    if mode & 0o170000 not in {0, 0o100000}:
        raise BadArchive(f"{entry.filename!r} is not an ordinary file")
    if entry.filename in files:
        raise BadArchive(f"{entry.filename!r} is there twice")
