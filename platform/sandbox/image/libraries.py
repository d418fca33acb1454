"""Which shared libraries of the system the image needs, asked of the loader itself.

A fixed list would hold for one distribution and one interpreter only. Every ELF file
of the interpreter, the site-packages, the cell's packages and the Java runtime is
given to ``ldd``; what resolves into a system folder is copied, what resolves into the
part itself (wheels carry their own libraries) is left alone.
"""

import re
import shutil
import subprocess
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

_SYSTEM_FOLDERS = ("/lib/", "/lib64/", "/usr/lib/", "/usr/lib64/")
_RESOLVED = re.compile(r"^\s*(?:(\S+) => )?(/\S+) \(0x", re.MULTILINE)

# Opened by name at run time, so ldd cannot see them; each is copied where it exists.
_OPENED_BY_NAME = ("libnss_files.so.2", "libgcc_s.so.1", "libresolv.so.2")
_LIBRARY_FOLDERS = (Path("/lib/x86_64-linux-gnu"), Path("/lib64"), Path("/usr/lib64"))


def elf_files(folders: Iterable[Path]) -> list[Path]:
    """Return the executables and shared objects under ``folders``, sorted."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_symlink() or not path.is_file():
                continue
            if ".so" not in path.name and path.parent.name != "bin":
                continue
            with path.open("rb") as file:
                if file.read(4) == b"\x7fELF":
                    found.append(path)
    return sorted(found)


def system_libraries(files: Iterable[Path]) -> dict[str, Path]:
    """Return name → real path of each system library that ``files`` are linked to."""
    with ThreadPoolExecutor(max_workers=4) as pool:
        reports = list(pool.map(_linked, files))
    needed: dict[str, Path] = {}
    for report in reports:
        for name, path in _RESOLVED.findall(report):
            if path.startswith(_SYSTEM_FOLDERS):
                needed[Path(name or path).name] = Path(path).resolve()
    for name in _OPENED_BY_NAME:
        for folder in _LIBRARY_FOLDERS:
            if (folder / name).exists():
                needed.setdefault(name, (folder / name).resolve())
    return needed


def copy_libraries(libraries: dict[str, Path], target: Path) -> None:
    """Copy each library to ``target`` under the name that programs ask for."""
    for name, path in sorted(libraries.items()):
        shutil.copy2(path, target / name)


def _linked(path: Path) -> str:
    done = subprocess.run(
        ["ldd", str(path)], capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout
