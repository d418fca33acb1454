"""A person's own work: the history of a lab and the archive, from one query.

Submits and trial runs, with the text that was sent in and the verdict that stands.
"""

import io
import json
import zipfile
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.db.models.functions import TruncDate
from django.utils import timezone

from accounts.models import User
from progress.models import Achievement, Certificate
from submissions.models import Draft, Submission, Verdict
from submissions.selectors import current_verdict, with_verdict
from submissions.turns import PERSONAL

DAYS_SHOWN = 7 * 12


@dataclass(frozen=True, slots=True)
class WorkRow:
    """A run or submit; ``number`` counts the lab's submits from 1, None for a run.

    ``passed`` of ``checks`` were met. ``size`` is the program's length in characters,
    ``growth`` how much longer it is than the one before in the same language, None for
    the first. ``seconds`` is from sending in to the end, None while it is open.
    """

    submission: Submission
    number: int | None
    verdict: Verdict | None
    passed: int
    checks: int
    size: int
    growth: int | None
    seconds: int | None

    @property
    def is_judged(self) -> bool:
        """Whether checks were applied, so that the row is a point of the curve."""
        return self.number is not None and self.checks > 0


@dataclass(frozen=True, slots=True)
class ActiveDay:
    """A day of the strip and how many things were sent in or achieved on it."""

    day: date
    count: int


def work_of(*, user: User, lab_id: str | None = None) -> list[WorkRow]:
    """Return a person's runs and submits of a lab or of all, oldest first.

    Two queries.
    """
    numbers: defaultdict[str, int] = defaultdict(int)
    sizes: dict[tuple[str, str], int] = {}
    rows = []
    for submission in _rows(user, lab_id):
        is_submit = submission.kind == Submission.Kind.SUBMIT
        numbers[submission.lab] += is_submit
        verdict = current_verdict(submission)
        checks = verdict.report.get("checks", []) if verdict and is_submit else []
        size = sum(len(text) for text in submission.files.values())
        place = (submission.lab, submission.language)
        rows.append(
            WorkRow(
                submission=submission,
                number=numbers[submission.lab] if is_submit else None,
                verdict=verdict,
                passed=sum(bool(check["passed"]) for check in checks),
                checks=len(checks),
                size=size,
                growth=size - sizes[place] if place in sizes else None,
                seconds=_seconds(submission),
            )
        )
        sizes[place] = size
    return rows


def activity(*, user: User, today: date) -> list[ActiveDay]:
    """Return the last twelve weeks, oldest day first, ending with this week's Sunday.

    A day counts what was sent in and what was achieved. Two queries.
    """
    last = today + timedelta(days=6 - today.weekday())
    first = last - timedelta(days=DAYS_SHOWN - 1)
    since = timezone.make_aware(datetime.combine(first, datetime.min.time()))
    counts: defaultdict[date, int] = defaultdict(int)
    sent = Submission.objects.filter(
        user=user, kind__in=PERSONAL, created_at__gte=since
    ).values_list(TruncDate("created_at"), flat=True)
    achieved = Achievement.objects.filter(
        user=user, achieved_at__gte=since
    ).values_list(TruncDate("achieved_at"), flat=True)
    for day in (*sent, *achieved):
        counts[day] += 1
    days = (first + timedelta(days=number) for number in range(DAYS_SHOWN))
    return [ActiveDay(day, counts[day]) for day in days if day <= today]


def work_archive(
    *, user: User, lab_id: str | None = None, more: Mapping[str, object] | None = None
) -> bytes:
    """Return a ZIP of the programs sent in, with ``work.json`` on how each ended.

    Without ``lab_id`` the profile, the memberships, the ledger and the drafts come too.
    ``more`` are JSON files by name, of rooms that this one must not know.
    """
    rows = work_of(user=user, lab_id=lab_id)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in rows:
            for name, text in row.submission.files.items():
                archive.writestr(f"{_folder(row)}/{name}", text)
        archive.writestr("work.json", _json([_facts(row) for row in rows]))
        for name, data in (more or {}).items():
            archive.writestr(name, _json(data))
        if lab_id is None:
            archive.writestr("person.json", _json(_person(user)))
            for draft in Draft.objects.filter(user=user):
                end = "sql" if draft.language == "sql" else "py"
                archive.writestr(
                    f"drafts/{draft.lab}/{draft.language}.{end}", draft.text
                )
    return buffer.getvalue()


def _rows(user: User, lab_id: str | None) -> QuerySet[Submission]:
    rows = Submission.objects.filter(user=user, kind__in=PERSONAL)
    if lab_id is not None:
        rows = rows.filter(lab=lab_id)
    return with_verdict(rows).order_by("created_at", "pk")


def _seconds(submission: Submission) -> int | None:
    if submission.finished_at is None:
        return None
    took = submission.finished_at - submission.created_at
    return max(0, round(took.total_seconds()))


def _folder(row: WorkRow) -> str:
    sent = row.submission.created_at.astimezone(UTC).strftime("%Y%m%d-%H%M%S")
    name = f"attempt-{row.number}" if row.number else "run"
    tail = row.submission.public_id.hex[:6]
    return f"{row.submission.lab}/{sent}-{name}-{tail}"


def _facts(row: WorkRow) -> dict[str, Any]:
    submission, verdict = row.submission, row.verdict
    return {
        "id": str(submission.public_id),
        "folder": _folder(row),
        "lab": submission.lab,
        "kind": submission.kind,
        "attempt": row.number,
        "language": submission.language,
        "sent": submission.created_at.isoformat(),
        "state": submission.state,
        "seconds": row.seconds,
        "verdict": verdict.result if verdict else None,
        "ending": verdict.ending if verdict else None,
        "points": verdict.points if verdict else None,
        "max_points": verdict.max_points if verdict else None,
        "checks_passed": row.passed,
        "checks": row.checks,
    }


def _person(user: User) -> dict[str, Any]:
    return {
        "username": user.username,
        "name": user.get_full_name(),
        "email": user.email,
        "language": user.language,
        "theme": user.theme,
        "joined": user.date_joined.isoformat(),
        "last_login": user.last_login.isoformat() if user.last_login else None,
        "last_visit": user.visited_at.isoformat() if user.visited_at else None,
        "cohorts": [
            {
                "cohort": item.cohort.title,
                "role": item.role,
                "since": item.created_at.isoformat(),
            }
            for item in user.enrolments.select_related("cohort")
        ],
        "certificate": [
            {"id": str(item.public_id), "name": item.name}
            for item in Certificate.objects.filter(user=user)
        ],
        "reading_places": [
            {
                "lesson": item.lesson,
                "section": item.section,
                "seen": item.seen_at.isoformat(),
            }
            for item in user.reading_places.order_by("lesson")
        ],
        "notes": [
            {
                "lesson": item.lesson,
                "section": item.section,
                "text": item.text,
                "changed": item.changed_at.isoformat(),
            }
            for item in user.section_notes.order_by("lesson", "changed_at")
        ],
        "achievements": [
            {
                "kind": item.kind,
                "item": item.item,
                "achieved": item.achieved_at.isoformat(),
                "revoked": item.revoked_at.isoformat() if item.revoked_at else None,
            }
            for item in user.achievements.order_by("achieved_at", "pk")
        ],
    }


def _json(data: object) -> str:
    return json.dumps(data, ensure_ascii=False, indent=2) + "\n"
