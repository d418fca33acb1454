"""Which code a worker runs, so that a mixed roll-out can be seen."""

import hashlib
from functools import cache
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]


@cache
def code_version() -> str:
    """Return 12 digits of a digest over all Python files of the platform.

    Computed once a process, so that it names the code that runs and not the files that
    an update has put there since.
    """
    digest = hashlib.sha256()
    for path in sorted(_ROOT.rglob("*.py")):
        digest.update(f"{path.relative_to(_ROOT)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]
