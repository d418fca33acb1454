"""A waiting submission's place and its estimate."""

from datetime import timedelta

import pytest
from django.utils import timezone

from submissions.lifecycle import claim_next
from submissions.models import Run, WorkerSign
from submissions.selectors import LiveStatus
from submissions.waiting import PlaceInLine, measured_durations, place_in_line
from tests.factories import make_catalogue, make_submission, make_user

pytestmark = pytest.mark.django_db

NOW = timezone.now()


@pytest.fixture(autouse=True)
def _course():
    make_catalogue()


def sign(slots, *, ready=True, seconds_ago=0):
    seen = timezone.now() - timedelta(seconds=seconds_ago)
    name = f"w{WorkerSign.objects.count()}"
    WorkerSign.objects.create(
        name=name,
        slots=slots,
        ready=ready,
        seen_at=seen,
        durations=measured_durations(),
    )


def measured(seconds, *, lab="first-lab", ending="completed", **fields):
    submission = make_submission(lab=lab, state="finished", finished_at=NOW, **fields)
    Run.objects.create(
        submission=submission,
        number=1,
        token=submission.public_id,
        worker="w",
        leased_at=NOW,
        ended_at=NOW + timedelta(seconds=seconds),
        ending=ending,
    )


def ten_runs(**fields):
    for seconds in range(2, 13):
        measured(seconds, **fields)


def test_with_nobody_at_work_there_is_a_place_and_no_estimate():
    sign(2, ready=False)
    sign(2, seconds_ago=60)
    make_submission()
    place = place_in_line(make_submission())
    assert (place.position, place.ready_slots) == (2, 0)
    assert (place.seconds_low, place.seconds_high) == (None, None)


def test_what_is_under_way_has_no_place():
    sign(1)
    submission = make_submission()
    claim_next(worker="w")
    submission.refresh_from_db()
    assert place_in_line(submission) is None


@pytest.mark.parametrize(
    ("slots", "ahead", "low", "high"),
    [
        # A free slot: the run's own time, 3 to 11 seconds by the ten runs.
        (1, 0, 3, 11),
        # One after the other: the last of three begins after two whole runs.
        (1, 2, 6, 33),
        (2, 1, 3, 11),
        # One of two slots falls free at once, or after the longest run.
        (2, 2, 3, 22),
        (2, 5, 6, 33),
    ],
)
def test_the_estimate_follows_measured_runs_and_slots(slots, ahead, low, high):
    ten_runs()
    sign(slots)
    for _ in range(ahead):
        make_submission()
    place = place_in_line(make_submission())
    assert place.position == ahead + 1
    assert (place.seconds_low, place.seconds_high) == (low, high)


def test_runs_under_way_count_as_ahead():
    ten_runs()
    sign(1)
    make_submission()
    claim_next(worker="w")
    place = place_in_line(make_submission())
    assert place.position == 1
    assert (place.seconds_low, place.seconds_high) == (3, 22)


def test_a_slower_lane_has_a_slot_less():
    ten_runs()
    sign(2)
    make_submission(kind="run")
    place = place_in_line(make_submission(kind="run"))
    assert (place.seconds_low, place.seconds_high) == (3, 22)


def test_a_lab_that_was_never_run_is_estimated_by_its_limit():
    sign(1)
    place = place_in_line(make_submission())
    assert (place.seconds_low, place.seconds_high) == (2, 40)


def test_faults_cancelled_runs_and_demo_data_measure_nothing():
    ten_runs(ending="platform_fault")
    ten_runs(ending="cancelled")
    ten_runs(is_demo=True)
    sign(1)
    place = place_in_line(make_submission())
    assert (place.seconds_low, place.seconds_high) == (2, 40)


def test_whose_other_program_is_under_way_waits_behind_everybody():
    sign(1)
    user = make_user()
    make_submission(user)
    second = make_submission(user)
    make_submission()
    claim_next(worker="w")
    assert place_in_line(second).position == 2


def test_a_lab_of_its_own_length_is_estimated_by_its_own_runs():
    ten_runs()
    for _ in range(8):
        measured(20, lab="second-lab")
    sign(1)
    place = place_in_line(make_submission(lab="second-lab"))
    assert (place.seconds_low, place.seconds_high) == (20, 20)
    assert measured_durations()["first-lab"] == (3, 11)


@pytest.mark.parametrize(
    ("place", "seconds"),
    [
        (None, 1),
        (PlaceInLine(3, 0, None, None), 5),
        (PlaceInLine(1, 1, 2, 9), 1),
        (PlaceInLine(4, 1, 11, 40), 2),
        (PlaceInLine(50, 2, 90, 300), 5),
    ],
)
def test_a_page_asks_the_less_often_the_longer_it_has_to_wait(place, seconds):
    status = LiveStatus("queued", place, 3, 0, 0, True, False)
    assert status.ask_again_seconds == seconds
