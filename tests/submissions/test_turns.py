"""Lanes, reserved slots, fairness between people, and pauses after a fault."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from submissions import lifecycle
from submissions.lifecycle import claim_next, hand_back
from submissions.models import Submission
from submissions.turns import Lane, SlotShares, background_turn, in_turn
from tests.factories import make_catalogue, make_submission, make_user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _course():
    make_catalogue()


def regrade_of(original):
    return make_submission(
        original.user,
        kind="regrade",
        original=original,
        turn=background_turn(original.user_id),
    )


def finished(user):
    return make_submission(user, state="finished", finished_at=Now())


def claimed():
    """Claim all there is; return the submissions in that order."""
    order = []
    while lease := claim_next(worker="w"):
        order.append(lease.submission_id)
    return order


def test_a_submit_goes_before_a_run_and_both_before_a_regrade():
    regrade = regrade_of(finished(make_user()))
    run = make_submission(kind="run")
    submit = make_submission()
    assert claimed() == [submit.pk, run.pk, regrade.pk]


def test_only_the_asked_lanes_are_claimed():
    regrade_of(finished(make_user()))
    run = make_submission(kind="run")
    assert claim_next(worker="w", lanes=(Lane.SUBMIT,)) is None
    lease = claim_next(worker="w", lanes=(Lane.SUBMIT, Lane.RUN))
    assert (lease.submission_id, lease.lane) == (run.pk, Lane.RUN)


@pytest.mark.parametrize(
    ("slots", "taken", "open_lanes"),
    [
        (1, [], [0, 1, 2]),
        (1, [2], []),
        (2, [], [0, 1, 2]),
        (2, [1], [0]),
        (2, [2], [0]),
        (2, [0], [0, 1, 2]),
        (2, [0, 1], []),
        (3, [2], [0, 1]),
        (3, [1], [0, 1, 2]),
        (3, [1, 1], [0]),
        (3, [1, 2], [0]),
        (4, [2, 2], [0, 1]),
        (4, [0, 0, 0], [0, 1, 2]),
    ],
)
def test_slower_lanes_leave_slots_to_the_quicker(slots, taken, open_lanes):
    shares = SlotShares(slots)
    for lane in taken:
        shares.take(Lane(lane))
    assert list(shares.open_lanes()) == open_lanes


def test_a_slot_that_is_given_back_is_open_again():
    shares = SlotShares(2)
    shares.take(Lane.RUN)
    shares.give_back(Lane.RUN)
    assert shares.open_lanes() == tuple(Lane)


def test_many_regrades_of_one_person_do_not_starve_another():
    many, few, late = make_user(), make_user(), make_user()
    of_many = [regrade_of(finished(many)) for _ in range(6)]
    of_few = [regrade_of(finished(few)) for _ in range(2)]
    first = [claim_next(worker="w").submission_id for _ in range(4)]
    assert first == [of_many[0].pk, of_few[0].pk, of_many[1].pk, of_few[1].pk]
    # Who comes later begins at the turn that is being served, not behind all others
    # and not with a claim to every turn that was missed.
    Submission.objects.filter(pk__in=first).update(
        state="finished", lease_token=None, lease_until=None
    )
    of_late = [regrade_of(finished(late)) for _ in range(2)]
    assert claimed() == [
        of_many[2].pk,
        of_late[0].pk,
        of_many[3].pk,
        of_late[1].pk,
        of_many[4].pk,
        of_many[5].pk,
    ]


def test_a_person_at_work_may_be_regraded_meanwhile():
    user = make_user()
    regrade = regrade_of(finished(user))
    submit, second = make_submission(user), make_submission(user)
    assert claimed() == [submit.pk, regrade.pk]
    assert Submission.objects.get(pk=second.pk).state == "queued"


def test_a_faulted_try_pauses_ever_longer_and_lets_others_go_first(settings):
    settings.LAB_RETRY_SECONDS = 30
    settings.LAB_MAX_TRIES = 4
    first, second = make_submission(), make_submission()
    pauses = []
    for _ in range(3):
        Submission.objects.filter(pk=first.pk).update(not_before=None)
        lease = claim_next(worker="w")
        assert lease.submission_id == first.pk
        hand_back(lease, detail="broker_died")
        row = (
            Submission.objects.filter(pk=first.pk)
            .values_list("not_before", Now())
            .get()
        )
        pauses.append(round((row[0] - row[1]).total_seconds()))
    assert pauses == [30, 60, 120]
    assert claimed() == [second.pk]
    Submission.objects.filter(pk=first.pk).update(
        not_before=Now() - timedelta(seconds=1)
    )
    assert claimed() == [first.pk]
    assert Submission.objects.get(pk=first.pk).not_before is None


def test_a_lost_race_for_many_rows_still_finds_the_next(monkeypatch):
    """Eight candidates taken by others at this moment: the look goes on."""
    rows = [make_submission() for _ in range(lifecycle.CLAIM_CANDIDATES + 1)]
    real = lifecycle._claim

    def lose(submission_id, lane, worker):
        if submission_id != rows[-1].pk:
            real(submission_id, lane, "another")
            return None
        return real(submission_id, lane, worker)

    monkeypatch.setattr(lifecycle, "_claim", lose)
    assert claim_next(worker="w").submission_id == rows[-1].pk
    assert not in_turn().exists()


def test_a_pause_from_before_the_clock_was_set_back_is_over(settings):
    settings.LAB_RETRY_SECONDS = 2
    settings.LAB_MAX_TRIES = 3
    row = make_submission()
    Submission.objects.update(not_before=Now() + timedelta(seconds=7))
    assert claimed() == []
    Submission.objects.update(not_before=Now() + timedelta(hours=1))
    assert claimed() == [row.pk]
