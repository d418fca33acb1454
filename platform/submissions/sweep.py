"""What workers that ended badly have left on this host, put in order by the next one.

Cells need no sweep: the kernel ends a cell with its worker, and its folders are in a
mount namespace of its own that goes with it (``sandbox.cell``).
"""

import logging
import shutil
import time
from pathlib import Path

from django.conf import settings

from submissions import lifecycle
from submissions.incarnation import Incarnation, is_gone, this_process
from submissions.models import WorkerSign

logger = logging.getLogger(__name__)

# Writing one of these takes a second; what is this old has no writer any more.
LEFT_OVER_SECONDS = 600
LEFT_OVERS = ("releases/.unpacking-*", "spool/.*.tmp")


def sweep_workers() -> list[int]:
    """Take back at once what dead workers of this host hold; return the submissions.

    Waiting for the lease would be right too, and take ``LAB_LEASE_SECONDS``.
    """
    taken = []
    for sign in WorkerSign.objects.filter(host=this_process().host):
        if not is_gone(Incarnation(sign.host, sign.pid, sign.process_started)):
            continue
        taken += lifecycle.take_back_from(worker=sign.name)
        sign.delete()
        logger.warning("worker %s ended without signing off", sign.name)
    return taken


def sweep_folders() -> list[Path]:
    """Remove folders and files whose writer died half-way; return what was removed."""
    removed = []
    for pattern in LEFT_OVERS:
        for path in Path(settings.LAB_VAR_DIR).glob(pattern):
            if _age(path) < LEFT_OVER_SECONDS:
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
            removed.append(path)
            logger.info("removed left-over %s", path)
    return removed


def _age(path: Path) -> float:
    try:
        return time.time() - path.lstat().st_mtime
    except FileNotFoundError:
        return 0.0
