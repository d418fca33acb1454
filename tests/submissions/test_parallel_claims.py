"""Claims by several workers at once, on the database that the tests run on."""

import threading
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from lab_protocol.messages import Ending
from submissions.errors import Rejected
from submissions.lifecycle import LeaseLost, claim_next, finish, reap
from submissions.models import Run, Submission, Verdict
from submissions.services import send_in
from submissions.verdicts import FinalWord
from tests.factories import SQL, make_catalogue, make_submission, make_user

pytestmark = pytest.mark.django_db(transaction=True)

WORKERS = 4


def at_once(work):
    """Run ``work(number)`` in parallel threads; return the results, raise errors."""
    results, errors = [], []
    barrier = threading.Barrier(WORKERS)

    def body(number):
        try:
            barrier.wait()
            results.append(work(number))
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=body, args=(n,)) for n in range(WORKERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return results


def test_every_submission_is_claimed_exactly_once():
    make_catalogue()
    for _ in range(12):
        make_submission()

    def claim_all(number):
        leases = []
        while lease := claim_next(worker=f"w{number}"):
            leases.append(lease.submission_id)
        return leases

    claimed = [pk for leases in at_once(claim_all) for pk in leases]
    assert sorted(claimed) == sorted(Submission.objects.values_list("pk", flat=True))
    assert Run.objects.count() == 12


def test_two_of_one_person_are_never_under_way_together():
    make_catalogue()
    user = make_user()
    for _ in range(2):
        make_submission(user)
    leases = at_once(lambda number: claim_next(worker=f"w{number}"))
    assert len([lease for lease in leases if lease]) == 1
    assert Submission.objects.under_way().count() == 1


def test_a_key_posted_by_four_threads_is_one_submission():
    make_catalogue()
    user = make_user()
    key = "6f0ee4b8-3c5b-4f0e-a4d7-1f2a3b4c5d6e"

    def post(number):
        return send_in(
            user=user,
            lab_id="first-lab",
            kind="submit",
            language="sql",
            source=SQL,
            idempotency_key=key,
        ).pk

    assert len(set(at_once(post))) == 1
    assert Submission.objects.count() == 1


def test_ten_posts_at_once_leave_two_open():
    make_catalogue()
    user = make_user()

    codes = set()

    def post(number):
        accepted = 0
        for attempt in range(3):
            try:
                send_in(
                    user=user,
                    lab_id="first-lab",
                    kind="submit",
                    language="sql",
                    source=SQL,
                    idempotency_key=f"00000000-0000-4000-8000-0000000{number:02d}{attempt:03d}",
                )
                accepted += 1
            except Rejected as refused:
                codes.add(refused.code)
        return accepted

    assert sum(at_once(post)) == 2
    assert codes == {"queue-full"}
    assert Submission.objects.open().count() == 2


def test_a_verdict_and_the_reaper_at_once_leave_one_verdict(settings):
    """The worker comes back at the very moment at which its lease is taken away."""
    settings.LAB_RETRY_SECONDS = 0
    settings.LAB_MAX_TRIES = 1
    catalogue = make_catalogue()
    word = FinalWord("passed", Ending.COMPLETED, 10, 10, {})
    leases = []
    for _ in range(8):
        make_submission()
        leases.append(claim_next(worker="slow"))
    Submission.objects.update(lease_until=Now() - timedelta(seconds=1))

    def end_all(number):
        written = 0
        if number % 2:
            return len(reap())
        for lease in leases:
            try:
                finish(lease, word=word, run_report={}, catalogue=catalogue)
            except LeaseLost:
                continue
            written += 1
        return written

    assert sum(at_once(end_all)) == 8
    assert Verdict.objects.count() == 8
    assert not Run.objects.filter(ended_at=None).exists()
    judged = Verdict.objects.filter(result="passed").count()
    assert Run.objects.filter(ending="completed").count() == judged
