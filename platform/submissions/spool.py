"""Verdicts that could not be written because the database was gone.

A finished run costs core-seconds and a student's waiting: it is kept as a file, on disk
before the worker goes on, and written when the database is back. The lease's token
decides then as always: whoever has taken the submission over meanwhile is right, and
the file goes to the dead letters. So a verdict is never written twice.
"""

import json
import logging
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import InterfaceError, OperationalError

from curriculum.releases import catalogue_of
from lab_protocol.messages import Ending
from lab_protocol.wire import to_jsonable
from submissions import lifecycle
from submissions.lifecycle import Lease, LeaseLost
from submissions.models import Submission, Verdict
from submissions.turns import Lane
from submissions.verdicts import FinalWord

logger = logging.getLogger(__name__)

DATABASE_GONE = (OperationalError, InterfaceError)
VERSION = 1
DEAD_LETTERS_KEPT = 100


@dataclass(frozen=True, slots=True)
class Replay:
    """How many spooled verdicts were written, and how many can never be."""

    written: int = 0
    refused: int = 0


def keep(lease: Lease, *, word: FinalWord, run_report: dict[str, Any]) -> Path:
    """Store a final word durably; OSError where the disk does not take it."""
    folder = _folder()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / f"{lease.token}.json"
    draft = folder / f".{lease.token}.tmp"
    body = {
        "version": VERSION,
        "submission": lease.submission_id,
        "run": lease.run_id,
        "token": str(lease.token),
        "number": lease.number,
        "lane": lease.lane,
        "word": to_jsonable(word),
        "run_report": run_report,
    }
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(body, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(target)
    _sync_folder(folder)
    logger.warning(
        "kept the verdict on submission %s in the spool", lease.submission_id
    )
    return target


def replay() -> Replay:
    """Write what is in the spool, oldest first; raises while the database is gone."""
    done = Replay()
    for path in sorted(_folder().glob("*.json"), key=_time_of):
        try:
            lease, word, run_report = _read(path)
        except FileNotFoundError:
            continue  # another worker of this host was faster
        except (ValueError, KeyError, TypeError) as error:
            logger.error("spooled verdict %s cannot be read: %s", path.name, error)
            _bury(path)
            done = replace(done, refused=done.refused + 1)
            continue
        if _write(lease, word, run_report):
            path.unlink(missing_ok=True)
            done = replace(done, written=done.written + 1)
        else:
            logger.error(
                "the spooled verdict on submission %s came too late: another run"
                " has its place",
                lease.submission_id,
            )
            _bury(path)
            done = replace(done, refused=done.refused + 1)
    return done


def _write(lease: Lease, word: FinalWord, run_report: dict[str, Any]) -> bool:
    """Write one verdict; True also where its commit had gone through before."""
    release = (
        Submission.objects.filter(pk=lease.submission_id)
        .values_list("release_id", flat=True)
        .first()
    )
    if release is None:
        return False
    try:
        lifecycle.finish(
            lease, word=word, run_report=run_report, catalogue=catalogue_of(release)
        )
    except LeaseLost:
        # The answer to a COMMIT can be lost with the connection.
        return Verdict.objects.filter(
            submission=lease.submission_id, run=lease.run_id
        ).exists()
    return True


def _read(path: Path) -> tuple[Lease, FinalWord, dict[str, Any]]:
    body = json.loads(path.read_text("utf-8"))
    if body["version"] != VERSION:
        raise ValueError(f"version {body['version']}, this worker writes {VERSION}")
    lease = Lease(
        submission_id=int(body["submission"]),
        run_id=int(body["run"]),
        token=UUID(body["token"]),
        number=int(body["number"]),
        lane=Lane(body["lane"]),
    )
    word = body["word"]
    return (
        lease,
        FinalWord(
            result=str(word["result"]),
            ending=Ending(word["ending"]),
            points=int(word["points"]),
            max_points=int(word["max_points"]),
            report=word["report"],
        ),
        body["run_report"],
    )


def _bury(path: Path) -> None:
    """Move a file to the dead letters; of those only the newest are kept."""
    folder = _folder() / "dead"
    folder.mkdir(mode=0o700, exist_ok=True)
    try:
        path.rename(folder / path.name)
    except FileNotFoundError:
        return
    for old in sorted(folder.glob("*.json"), key=_time_of)[:-DEAD_LETTERS_KEPT]:
        old.unlink(missing_ok=True)


def _folder() -> Path:
    return Path(settings.LAB_VAR_DIR) / "spool"


def _time_of(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
