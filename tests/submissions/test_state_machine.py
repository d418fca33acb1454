"""The life of submissions in random interleavings, held to the invariants by SQL.

I1 every accepted submission gets one final verdict a generation, I2 none is lost, I3 no
result goes down by itself, I4 a platform fault is no result, I5 a try is open exactly
as long as its lease stands, I6 what pages show comes from the rows alone. Workers here
may do anything at any time, also with leases that they lost long ago; time passes by
moving the ends of leases and pauses.
"""

import os
import tempfile
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from django.db.models import Count, F, Q
from django.db.models.functions import Now
from django.test import override_settings
from hypothesis import HealthCheck, settings
from hypothesis import Phase as Stage
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from curriculum.releases import active_catalogue
from lab_protocol.messages import Ending, Phase
from progress.models import Achievement
from submissions import lifecycle, services, spool
from submissions.errors import CannotRegrade, Rejected
from submissions.lifecycle import LeaseLost
from submissions.models import Alert, Run, Submission, Verdict
from submissions.regrade import accept_lower, regrade
from submissions.selectors import current_verdict, latest_submission, live_status
from submissions.turns import Lane
from submissions.verdicts import FinalWord
from tests.factories import SQL, make_catalogue, make_user

WHOLE_FAMILY = os.environ.get("POTOK_TESTS") == "all"
WORKERS = st.sampled_from(["alpha", "beta", "gamma"])
WORDS = st.sampled_from(
    [
        FinalWord("passed", Ending.COMPLETED, 10, 10, {}),
        FinalWord("failed", Ending.COMPLETED, 4, 10, {}),
        FinalWord("failed", Ending.LEARNER_ERROR, 0, 10, {}),
        FinalWord("failed", Ending.TIME_LIMIT, 0, 10, {}),
        FinalWord("none", Ending.CANCELLED, 0, 0, {}),
    ]
)
RANK = {"none": 0, "failed": 1, "passed": 2}
PERSONAL = ["run", "submit"]
REFUSALS = {"queue-full", "site-full"}


class Lives(RuleBasedStateMachine):
    """Two people, three workers, one database."""

    leases = Bundle("leases")
    keys = Bundle("keys")

    @initialize()
    def begin(self):
        self.folder = tempfile.TemporaryDirectory(prefix="potok-spool-")
        self.changed = override_settings(
            LAB_VAR_DIR=Path(self.folder.name), LAB_RETRY_SECONDS=0, LAB_MAX_WAITING=3
        )
        self.changed.enable()
        self.people = [make_user() for _ in range(2)]
        self.accepted = {}
        self.ranks = {}
        self.achieved = set()
        for person in range(2):
            self._send(person, "submit", str(uuid4()))

    def teardown(self):
        if not hasattr(self, "folder"):
            return
        # Reversed by hand, because a regrade protects nothing of its original.
        Achievement.objects.all().delete()
        Alert.objects.all().delete()
        Submission.objects.all().delete()
        for person in self.people:
            person.delete()
        self.changed.disable()
        self.folder.cleanup()

    # What people do.

    def _send(self, person, kind, key):
        try:
            sent = services.send_in(
                user=self.people[person],
                lab_id="first-lab",
                kind=kind,
                language="sql",
                source=SQL,
                idempotency_key=UUID(key),
            )
        except Rejected as refused:
            if refused.code not in REFUSALS or (person, key) in self.accepted:
                raise
            return
        assert self.accepted.setdefault((person, key), sent.pk) == sent.pk

    @rule(
        target=keys,
        person=st.integers(0, 1),
        kind=st.sampled_from(PERSONAL),
        times=st.integers(1, 2),
    )
    def send_in(self, person, kind, times):
        key = str(uuid4())
        for _ in range(times):
            self._send(person, kind, key)
        return person, kind, key

    @rule(again=keys)
    def send_in_again(self, again):
        self._send(*again)

    @rule(number=st.integers(0, 20))
    def cancel(self, number):
        # Seldom one that there is: what is cancelled has no further life to look at.
        if submission := Submission.objects.order_by("pk")[number : number + 1].first():
            services.cancel(submission=submission)

    @rule(number=st.integers(0, 7))
    def ask_for_a_regrade(self, number):
        submission = self._any(number, kind="submit")
        if submission is None:
            return
        try:
            again = regrade(submission=submission)
        except CannotRegrade:
            if submission.state == "finished":
                raise
            return
        assert again.seed == submission.seed

    @rule(number=st.integers(0, 7))
    def accept_a_lower_result(self, number):
        again = self._any(number, kind="regrade")
        if again is None:
            return
        try:
            accept_lower(regrade=again, by=self.people[0])
        except CannotRegrade:
            return
        # Somebody decided so: the one way down.
        self.ranks.pop(again.original_id, None)

    # What workers do, with a lease that they hold or lost long ago.

    @rule(
        target=leases,
        worker=WORKERS,
        lanes=st.sampled_from([tuple(Lane), (Lane.SUBMIT,), (Lane.SUBMIT, Lane.RUN)]),
    )
    def claim(self, worker, lanes):
        lease = lifecycle.claim_next(worker=worker, lanes=lanes)
        if lease is None:
            return multiple()
        assert lease.lane in lanes
        return lease

    @rule(lease=leases)
    def renew(self, lease):
        held = self._is_held(lease)
        try:
            lifecycle.renew(lease)
        except LeaseLost:
            assert not held
        else:
            assert held

    @rule(lease=leases, phase=st.sampled_from(Phase))
    def advance(self, lease, phase):
        held = self._is_held(lease)
        try:
            lifecycle.advance(lease, phase=phase, rows_in=1, rows_out=2)
        except LeaseLost:
            assert not held
        else:
            assert held

    @rule(lease=leases, word=WORDS)
    def finish(self, lease, word):
        held = self._is_held(lease)
        try:
            lifecycle.finish(
                lease, word=word, run_report={}, catalogue=active_catalogue()
            )
        except LeaseLost:
            assert not held
        else:
            assert held

    @rule(lease=leases)
    def hand_back(self, lease):
        held = self._is_held(lease)
        try:
            lifecycle.hand_back(lease, detail="broker_died")
        except LeaseLost:
            assert not held
        else:
            assert held

    @rule(lease=consumes(leases), word=WORDS)
    def finish_without_a_database(self, lease, word):
        spool.keep(lease, word=word, run_report={})

    @rule()
    def replay_the_spool(self):
        spool.replay()
        assert not list((Path(self.folder.name) / "spool").glob("*.json"))

    # Whole stories, which single steps in random order tell too seldom.

    @rule(worker=WORKERS, lane=st.sampled_from(Lane), word=WORDS)
    def judge_the_next(self, worker, lane, word):
        if lease := lifecycle.claim_next(worker=worker, lanes=(lane,)):
            self.finish(lease, word)

    @rule(target=leases, lease=leases, worker=WORKERS, word=WORDS)
    def wake_up_after_another_took_over(self, lease, worker, word):
        if not self._is_held(lease):
            return multiple()
        self._expire(lease.submission_id)
        lifecycle.reap()
        taken = lifecycle.claim_next(worker=worker)
        for write in (
            lambda: lifecycle.renew(lease),
            lambda: lifecycle.advance(lease, phase=Phase.CHECKING),
            lambda: lifecycle.hand_back(lease, detail="broker_died"),
            lambda: lifecycle.finish(
                lease, word=word, run_report={}, catalogue=active_catalogue()
            ),
        ):
            with pytest.raises(LeaseLost):
                write()
        return multiple() if taken is None else taken

    @rule(number=st.integers(0, 7), worker=WORKERS, word=WORDS)
    def judge_again(self, number, worker, word):
        submission = self._any(number, kind="submit", state="finished")
        if submission is None:
            return
        again = regrade(submission=submission)
        while lease := lifecycle.claim_next(worker=worker, lanes=(Lane.BACKGROUND,)):
            self.finish(lease, word)
        again.refresh_from_db()
        assert again.is_final or again.lease_token is not None

    @rule(worker=WORKERS, lane=st.sampled_from(Lane))
    def fail_every_try(self, worker, lane):
        tried = set()
        while lease := lifecycle.claim_next(worker=worker, lanes=(lane,)):
            tried.add(lease.submission_id)
            lifecycle.hand_back(lease, detail="broker_died")
        open_ones = Submission.objects.open().filter(pk__in=tried)
        assert not open_ones.exists()

    # What happens to them.

    @rule(number=st.integers(0, 7))
    def let_a_lease_run_out(self, number):
        if submission := self._any(number, lease_token__isnull=False):
            self._expire(submission.pk)

    @rule(times=st.integers(1, 2))
    def reap(self, times):
        for _ in range(times):
            lifecycle.reap()
        assert not Submission.objects.filter(lease_until__lt=Now()).exists()

    @rule(worker=WORKERS)
    def take_back_from_a_dead_worker(self, worker):
        lifecycle.take_back_from(worker=worker)
        assert not Submission.objects.under_way().filter(worker=worker).exists()

    # What must hold after each step.

    @invariant()
    def i1_one_verdict_for_each_generation(self):
        counted = Submission.objects.annotate(
            words=Count("verdicts", distinct=True),
            beyond=Count(
                "verdicts", filter=Q(verdicts__generation__gt=F("generation"))
            ),
        )
        final = Q(state__in=Submission.FINAL_STATES)
        assert not counted.filter(final).exclude(words=F("generation")).exists()
        assert not counted.filter(~final, words__gt=0).exists()
        assert not counted.filter(beyond__gt=0).exists()

    @invariant()
    def i2_nothing_accepted_is_lost_or_doubled(self):
        if not hasattr(self, "accepted"):
            return
        stored = Submission.objects.filter(kind__in=PERSONAL)
        assert set(stored.values_list("pk", flat=True)) == set(self.accepted.values())

    @invariant()
    def i3_results_do_not_go_down_by_themselves(self):
        if not hasattr(self, "ranks"):
            return
        now = set(Achievement.objects.standing().values_list("user", "item"))
        assert self.achieved <= now
        self.achieved = now
        for pk, result in Verdict.objects.filter(
            submission__kind="submit", generation=F("submission__generation")
        ).values_list("submission", "result"):
            assert RANK[result] >= self.ranks.get(pk, 0)
            self.ranks[pk] = RANK[result]

    @invariant()
    def i4_a_platform_fault_is_no_result_and_comes_after_the_last_try(self):
        without = Q(ending__in=["platform_fault", "cancelled"])
        assert not Verdict.objects.filter(without).exclude(result="none").exists()
        assert not Submission.objects.filter(tries__gt=3).exists()
        early = Verdict.objects.filter(
            ending="platform_fault", submission__tries__lt=3
        ).exclude(submission__kind="submit", generation__gt=1)
        assert not early.exists()

    @invariant()
    def i5_a_try_is_open_exactly_while_its_lease_stands(self):
        held = Submission.objects.under_way().values_list("lease_token", flat=True)
        open_tries = Run.objects.filter(ended_at=None).values_list("token", flat=True)
        assert sorted(held) == sorted(open_tries)
        by_person = Submission.objects.under_way().filter(kind__in=PERSONAL)
        crowded = by_person.values("user").annotate(n=Count("pk")).filter(n__gt=1)
        assert not crowded.exists()
        eager = (
            Submission.objects.open()
            .filter(kind__in=PERSONAL)
            .values("user")
            .annotate(n=Count("pk"))
            .filter(n__gt=services.MAX_OPEN)
        )
        assert not eager.exists()

    @invariant()
    def i6_pages_are_made_from_the_rows(self):
        for person in getattr(self, "people", ()):
            shown = latest_submission(user=person, lab_id="first-lab")
            if shown is None:
                continue
            assert (current_verdict(shown) is None) is not shown.is_final
            if not shown.is_final:
                status = live_status(shown)
                assert (status.place is not None) is (shown.state == "queued")

    def _any(self, number, **conditions):
        rows = Submission.objects.filter(**conditions).order_by("pk")
        return rows[number % count] if (count := rows.count()) else None

    def _expire(self, pk):
        Submission.objects.filter(pk=pk).update(
            lease_until=Now() - timedelta(seconds=1)
        )

    def _is_held(self, lease):
        return Submission.objects.filter(
            pk=lease.submission_id, lease_token=lease.token
        ).exists()


# Hypothesis may shrink a failure for five minutes, and its answer is worth them.
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_random_lives_keep_the_invariants(monkeypatch):
    make_catalogue()
    monkeypatch.setattr("submissions.services.wake_workers", lambda: None)
    monkeypatch.setattr("submissions.regrade.wake_workers", lambda: None)
    run_state_machine_as_test(
        Lives,
        settings=settings(
            max_examples=400 if WHOLE_FAMILY else 16,
            stateful_step_count=30,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
            # To explain a failure costs minutes here, to shrink it is what helps.
            phases=[Stage.reuse, Stage.generate, Stage.shrink],
        ),
    )
