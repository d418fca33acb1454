"""Execute a student's PyFlink file as ``python job.py`` would."""

import runpy
import sys
from pathlib import Path


def run_python(path: Path) -> None:
    """Run the file in ``path`` as ``__main__``; its exceptions come through.

    ``sys.exit()`` and ``sys.exit(0)`` are an ordinary end, other codes an error.
    """
    sys.argv = [str(path)]
    sys.path.insert(0, str(path.parent))
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as end:
        if end.code not in (None, 0):
            raise RuntimeError(f"sys.exit({end.code!r})") from end
