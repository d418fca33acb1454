"""The files of a course: read once, under caps, so that what is checked is archived.

Refuses symbolic links, special files, names that cannot be archived and files that are
too large; never follows anything out of the course's root.
"""

import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from curriculum.problems import Problems, Rule

ROOT_FOLDERS = ("labs", "lessons")
IMAGE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".webp", ".avif"})
TEXT_SUFFIXES = frozenset(
    {".md", ".yaml", ".py", ".sql", ".json", ".jsonl", ".csv", ".txt", ".toml"}
)
MAX_TEXT_BYTES = 512 * 1024
MAX_IMAGE_BYTES = 2 * 1024 * 1024
MAX_TOTAL_BYTES = 64 * 1024 * 1024
MAX_FILES = 5000
MAX_PATH_BYTES = 200

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_IGNORED_FOLDERS = frozenset({"__pycache__", "node_modules"})
_IGNORED_SUFFIXES = frozenset({".pyc", ".pyo", ".swp", ".orig", ".rej"})


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a course: path with ``/``, relative to the root, to bytes."""

    files: dict[str, bytes] = field(default_factory=dict)

    def folders(self, parent: str) -> tuple[str, ...]:
        """Return the names of the folders directly under ``parent``."""
        prefix = f"{parent}/"
        names = {
            path[len(prefix) :].split("/", 1)[0]
            for path in self.files
            if path.startswith(prefix) and "/" in path[len(prefix) :]
        }
        return tuple(sorted(names))

    def under(self, folder: str) -> tuple[str, ...]:
        """Return the paths of all files under ``folder``, sorted."""
        prefix = f"{folder}/"
        return tuple(sorted(path for path in self.files if path.startswith(prefix)))


def read_tree(root: Path, problems: Problems) -> Tree:
    """Read ``lessons/`` and ``labs/`` under ``root``; what is refused is reported."""
    files: dict[str, bytes] = {}
    total = 0
    for folder in ROOT_FOLDERS:
        base = root / folder
        if base.is_symlink():
            _refuse_link(folder, problems)
        elif not base.is_dir():
            if folder == "lessons":
                problems.error(
                    folder,
                    0,
                    Rule.MISSING_FOLDER,
                    "the course has no folder lessons/",
                    "Point --root at the folder that holds lessons/ and labs/.",
                )
        else:
            for path in _walk(root, base, problems):
                if len(files) >= MAX_FILES or total > MAX_TOTAL_BYTES:
                    problems.error(
                        path,
                        0,
                        Rule.COURSE_TOO_LARGE,
                        f"the course has more than {MAX_FILES} files or"
                        f" {MAX_TOTAL_BYTES // 2**20} MiB",
                        "Remove what does not belong to it.",
                    )
                    return Tree(files)
                content = _read(root, path, problems)
                if content is not None:
                    files[path] = content
                    total += len(content)
    return Tree(files)


def text_of(tree: Tree, path: str, problems: Problems) -> str | None:
    """Decode a text file, line ends as ``\\n``; None (and a problem) if it is none."""
    content = tree.files.get(path)
    if content is None:
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problems.error(
            path,
            content.count(b"\n", 0, error.start) + 1,
            Rule.NOT_UTF_8,
            f"byte 0x{content[error.start]:02x} is not UTF-8",
            "Save the file as UTF-8.",
        )
        return None
    if "\0" in text:
        problems.error(
            path,
            text.count("\n", 0, text.index("\0")) + 1,
            Rule.NUL_CHARACTER,
            "the text has a NUL character",
            "Remove it; a text file has none.",
        )
        return None
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _walk(root: Path, base: Path, problems: Problems) -> Iterator[str]:
    for folder, subfolders, names in os.walk(base):
        here = Path(folder)
        for name in sorted(subfolders):
            relative = (here / name).relative_to(root).as_posix()
            if name.startswith(".") or name in _IGNORED_FOLDERS:
                subfolders.remove(name)
            elif (here / name).is_symlink():
                subfolders.remove(name)
                _refuse_link(relative, problems)
            elif not _NAME.fullmatch(name):
                subfolders.remove(name)
                _refuse_name(relative, problems)
        subfolders.sort()
        for name in sorted(names):
            relative = (here / name).relative_to(root).as_posix()
            if name.startswith((".", "~")) or name.endswith("~"):
                continue
            if Path(name).suffix in _IGNORED_SUFFIXES:
                continue
            # A file directly in lessons/ or labs/ (a licence, a readme) is for people
            # who browse the repository, not a part of the course.
            if here == base:
                continue
            if not _NAME.fullmatch(name) or len(relative) > MAX_PATH_BYTES:
                _refuse_name(relative, problems)
            else:
                yield relative


def _read(root: Path, path: str, problems: Problems) -> bytes | None:
    suffix = Path(path).suffix.lower()
    cap = MAX_IMAGE_BYTES if suffix in IMAGE_SUFFIXES else MAX_TEXT_BYTES
    if suffix not in IMAGE_SUFFIXES | TEXT_SUFFIXES:
        problems.error(
            path,
            0,
            Rule.UNEXPECTED_FILE,
            f"files of the kind {suffix or 'without a suffix'} do not belong here",
            "Remove it, or use one of "
            + ", ".join(sorted(IMAGE_SUFFIXES | TEXT_SUFFIXES))
            + ".",
        )
        return None
    try:
        # O_NOFOLLOW and the check of the open file: the name may change between the
        # walk and the reading.
        descriptor = os.open(root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as error:
        if (root / path).is_symlink():
            _refuse_link(path, problems)
        else:
            problems.error(
                path, 0, Rule.UNREADABLE_FILE, str(error.strerror), "Check its mode."
            )
        return None
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            problems.error(
                path,
                0,
                Rule.UNEXPECTED_FILE,
                "this is not an ordinary file",
                "Replace it with one.",
            )
            return None
        content = stream.read(cap + 1)
    if len(content) > cap:
        problems.error(
            path,
            0,
            Rule.FILE_TOO_LARGE,
            f"the file is larger than {cap // 1024} KiB",
            "Split the text, or compress the image.",
        )
        return None
    return content


def _refuse_link(path: str, problems: Problems) -> None:
    problems.error(
        path,
        0,
        Rule.SYMBOLIC_LINK,
        "a symbolic link cannot be archived and may lead out of the course",
        "Replace it with the file itself.",
    )


def _refuse_name(path: str, problems: Problems) -> None:
    problems.error(
        path,
        0,
        Rule.BAD_FILE_NAME,
        f"the path has other characters than A-Z a-z 0-9 _ . - or more than"
        f" {MAX_PATH_BYTES} of them",
        "Rename it.",
    )
