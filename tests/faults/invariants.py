"""What must hold after every fault, asked of the database by SQL (I1 to I6).

I1 every accepted submission has exactly one final verdict for its generation;
I2 nothing that was accepted is lost;
I3 what somebody has achieved stays, and a passed lab is in the ledger;
I4 a platform's fault is no result: no points, no used attempt;
I5 no cell outlives the worker or the lease that it belongs to;
I6 every page shows what the database says, by a request that begins from nothing.
"""

import re
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from tests.faults.database import Database
from tests.faults.processes import Process

FINAL = "('finished', 'cancelled')"

# What only the product can say: a session of each owner, and the attempts it counts.
FROM_INSIDE = """
import json
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from submissions.models import Submission
from submissions.selectors import used_attempts
sessions = {}
rows = Submission.objects.filter(kind__in=["run", "submit"]).select_related("user")
for user in {row.user for row in rows}:
    store = SessionStore()
    store[SESSION_KEY] = str(user.pk)
    store[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    store[HASH_SESSION_KEY] = user.get_session_auth_hash()
    store.create()
    sessions[user.pk] = store.session_key
labs = {(row.user, row.lab) for row in rows}
print(json.dumps({
    "sessions": [[str(row.public_id), sessions[row.user_id]] for row in rows],
    "used": [[user.pk, lab, used_attempts(user=user, lab_id=lab)]
             for user, lab in labs]}))
"""


@dataclass(slots=True)
class Invariants:
    """Remembers what was accepted and achieved; says what is not as it must be."""

    database: Database
    accepted: set[str] = field(default_factory=set)
    achieved: set[tuple[object, ...]] = field(default_factory=set)

    def broken(
        self, *, still_open: frozenset[str] = frozenset(), cells: list[Process]
    ) -> list[str]:
        """Return one sentence for each violation of I1 to I5.

        ``still_open`` are those that may wait; ``cells`` all processes of workers that
        have ended.
        """
        return [
            *self._one_verdict(still_open),
            *self._nothing_lost(),
            *self._progress_stays(),
            *self._fault_is_no_result(),
            *self._nothing_outlives(cells),
        ]

    def _one_verdict(self, still_open: frozenset[str]) -> list[str]:
        rows = self.database.rows(
            f"""
            SELECT s.public_id, s.state, COUNT(v.id), SUM(
                CASE WHEN v.generation = s.generation THEN 1 ELSE 0 END)
            FROM submissions_submission s
            LEFT JOIN submissions_verdict v ON v.submission_id = s.id
            GROUP BY s.id, s.public_id, s.state, s.generation
            HAVING s.state NOT IN {FINAL} OR COUNT(v.id) <> s.generation OR SUM(
                CASE WHEN v.generation = s.generation THEN 1 ELSE 0 END) <> 1
            """  # noqa: S608 (constants)
        )
        broken = []
        for public_id, state, verdicts, current in rows:
            if plain(public_id) in still_open and state == "queued" and not verdicts:
                continue
            broken.append(
                f"I1: {plain(public_id)} is {state} with {verdicts} verdicts, {current}"
                " of its generation"
            )
        return broken

    def _nothing_lost(self) -> list[str]:
        stored = {
            plain(row[0])
            for row in self.database.rows(
                "SELECT public_id FROM submissions_submission"
            )
        }
        return [f"I2: {lost} is gone" for lost in sorted(self.accepted - stored)]

    def _progress_stays(self) -> list[str]:
        ledger = set(
            self.database.rows(
                "SELECT user_id, kind, item FROM progress_achievement"
                " WHERE revoked_at IS NULL"
            )
        )
        missing = self.database.rows(
            """
            SELECT s.public_id FROM submissions_submission s
            JOIN submissions_verdict v ON v.submission_id = s.id
            LEFT JOIN progress_achievement a ON a.user_id = s.user_id
                AND a.kind = 'lab_passed' AND a.item = s.lab
            WHERE s.kind = 'submit' AND v.result = 'passed' AND a.id IS NULL
            """
        )
        broken = [f"I3: {plain(row[0])} passed, the ledger lacks it" for row in missing]
        broken += [
            f"I3: {row} was achieved and is gone" for row in self.achieved - ledger
        ]
        self.achieved |= ledger
        return broken

    def _fault_is_no_result(self) -> list[str]:
        rows = self.database.rows(
            """
            SELECT s.public_id, v.result, v.points, v.ending, r.ending
            FROM submissions_verdict v
            JOIN submissions_submission s ON s.id = v.submission_id
            LEFT JOIN submissions_run r ON r.id = v.run_id
            WHERE (v.ending = 'platform_fault' OR r.ending = 'platform_fault')
                AND (v.result <> 'none' OR v.points <> 0)
            """
        )
        return [f"I4: a platform's fault gave a result: {row}" for row in rows]

    def wrong_counts(self, used: list[list[Any]]) -> list[str]:
        """Return one sentence for each count that a platform's fault has part in.

        ``used`` holds user, lab, and how many attempts the site says were used.
        """
        counted = {
            (user, lab): int(count)
            for user, lab, count in self.database.rows(
                """
                SELECT s.user_id, s.lab, SUM(
                    CASE WHEN v.result = 'none'
                        AND v.ending IN ('platform_fault', 'cancelled')
                    THEN 0 ELSE 1 END)
                FROM submissions_submission s
                LEFT JOIN submissions_verdict v ON v.submission_id = s.id
                    AND v.generation = s.generation
                WHERE s.kind = 'submit' GROUP BY s.user_id, s.lab
                """
            )
        }
        return [
            f"I4: user {user} used {count} attempts of {lab}, the rows say"
            f" {counted.get((user, lab), 0)}"
            for user, lab, count in used
            if count != counted.get((user, lab), 0)
        ]

    def _nothing_outlives(self, cells: list[Process]) -> list[str]:
        broken = [
            f"I5: process {cell.pid} lives without its worker: {cell.command[:80]}"
            for cell in cells
            if cell.is_alive()
        ]
        held = self.database.rows(
            f"""
            SELECT s.public_id FROM submissions_submission s
            WHERE s.state IN {FINAL} AND (s.lease_token IS NOT NULL OR EXISTS (
                SELECT 1 FROM submissions_run r
                WHERE r.submission_id = s.id AND r.ended_at IS NULL))
            """  # noqa: S608 (constants)
        )
        return broken + [
            f"I5: {plain(row[0])} is final with an open run" for row in held
        ]

    def broken_pages(self, url: str, sessions: list[list[str]]) -> list[str]:
        """Return one sentence for each page that does not show what the row says.

        ``sessions`` holds pairs of a public id and a session of its owner.
        """
        rows = {
            plain(row[0]): row[1:]
            for row in self.database.rows(
                """
                SELECT s.public_id, s.state, s.generation, v.result
                FROM submissions_submission s
                LEFT JOIN submissions_verdict v ON v.submission_id = s.id
                    AND v.generation = s.generation
                """
            )
        }
        broken = []
        for public_id, session in sessions:
            state, generation, result = rows[plain(public_id)]
            page = get_page(url, f"/attempts/{public_id}/", session)
            says_live = 'class="live"' in page
            says_final = f'data-id="{public_id}-{generation}"' in page
            tone = re.search(r'class="result result-(\w+)"', page)
            says_passed = tone is not None and tone.group(1) == "passed"
            is_final = state in {"finished", "cancelled"}
            if (says_live, says_final, says_passed) != (
                not is_final,
                is_final,
                result == "passed",
            ):
                broken.append(
                    f"I6: the page of {public_id} ({state}, {result}) says live:"
                    f" {says_live}, final: {says_final}, passed: {says_passed}"
                )
        return broken


def get_page(url: str, path: str, session: str) -> str:
    """Return a page as the owner of ``session`` sees it."""
    request = urllib.request.Request(
        url + path, headers={"Cookie": f"sessionid={session}"}
    )
    with urllib.request.urlopen(request, timeout=30) as reply:
        return str(reply.read().decode())


def plain(public_id: object) -> str:
    """Return an id as 32 hex digits, whatever a database made of it."""
    return str(public_id).replace("-", "")
