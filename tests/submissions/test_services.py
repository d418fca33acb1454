from uuid import uuid4

import pytest

from curriculum.catalogue import UnknownItem
from progress.access import Locked
from submissions import services
from submissions.errors import DraftConflict, Rejected
from submissions.models import Draft, Submission, Verdict
from submissions.selectors import used_attempts
from submissions.services import cancel, save_draft, send_in, submission_seed
from tests.factories import (
    SQL,
    lab_spec,
    make_catalogue,
    make_cohort,
    make_lab,
    make_submission,
    make_user,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue():
    return make_catalogue()


@pytest.fixture
def user(catalogue):
    return make_user()


@pytest.fixture
def woken(monkeypatch):
    calls = []
    monkeypatch.setattr(services, "wake_workers", lambda: calls.append(1))
    return calls


def send(user, **changes):
    form = {
        "lab_id": "first-lab",
        "kind": "submit",
        "language": "sql",
        "source": SQL,
        "idempotency_key": uuid4(),
    } | changes
    return send_in(user=user, **form)


def rejection(user, **changes):
    with pytest.raises(Rejected) as refused:
        send(user, **changes)
    return refused.value


def test_a_submit_is_stored_with_its_release_seed_and_draft(
    user, catalogue, woken, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks(execute=True):
        submission = send(user)
    assert submission.state == "queued"
    assert submission.files == {"job.sql": SQL}
    assert submission.release_id == catalogue.release_id
    assert submission.seed == submission_seed(submission.public_id)
    assert Draft.objects.get(user=user).text == SQL
    assert woken == [1]


def test_a_dead_broker_does_not_lose_an_accepted_submission(
    user, monkeypatch, django_capture_on_commit_callbacks
):
    def refuse():
        raise ConnectionError("no broker")

    monkeypatch.setattr(services, "wake_workers", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        send(user)
    assert Submission.objects.waiting().count() == 1


def test_each_submit_has_its_own_seed_and_every_run_the_public_one(user):
    first, second = send(user), send(make_user())
    run = send(make_user(), kind="run")
    assert first.seed != second.seed
    assert run.seed == 1


def test_the_same_key_is_the_same_submission(user):
    key = uuid4()
    first = send(user, idempotency_key=key)
    again = send(user, idempotency_key=key, source="SELECT 2;")
    assert again.pk == first.pk
    assert Submission.objects.count() == 1


def test_two_people_may_use_the_same_key(user):
    key = uuid4()
    assert send(user, idempotency_key=key) != send(make_user(), idempotency_key=key)


@pytest.mark.parametrize(
    ("source", "code", "params"),
    [
        ("", "source-empty", {}),
        (" \n\t\n", "source-empty", {}),
        ("SELECT\n1\x00;", "source-binary", {"line": 2}),
        ("\x1b[31mred", "source-binary", {"line": 1}),
        ("SELECT '�';", "source-encoding", {"line": 1}),
        ("a\nb\n\ud800", "source-encoding", {"line": 3}),
        ("x" * (256 * 1024 + 1), "source-too-large", {"kib": 257, "limit_kib": 256}),
        ("я" * (128 * 1024 + 1), "source-too-large", {"kib": 257, "limit_kib": 256}),
    ],
    ids=["empty", "blank", "nul", "escape", "replaced", "surrogate", "huge", "bytes"],
)
def test_what_is_no_program_is_refused_with_its_place(user, source, code, params):
    refused = rejection(user, source=source)
    assert (refused.code, refused.params) == (code, params)
    assert not Submission.objects.exists()


def test_exactly_the_limit_is_accepted(user):
    assert send(user, source="x" * 256 * 1024).pk


def test_line_ends_and_byte_order_mark_are_made_plain(user):
    assert send(user, source="\ufeffa\r\nb\rc").files == {"job.sql": "a\nb\nc"}


@pytest.mark.parametrize("kind", ["regrade", "control", "", "SUBMIT"])
def test_other_kinds_cannot_be_sent_in(user, kind):
    assert rejection(user, kind=kind).code == "kind-unknown"


def test_a_language_without_starter_is_refused(user):
    assert rejection(user, language="python").code == "language-unknown"


def test_a_locked_lab_takes_nothing(user):
    with pytest.raises(Locked):
        send(user, lab_id="second-lab")
    assert not Submission.objects.exists()


def test_an_unknown_lab_is_unknown(user):
    with pytest.raises(UnknownItem):
        send(user, lab_id="no-lab")


def test_a_third_open_submission_is_too_many(user):
    send(user)
    send(user, kind="run")
    refused = rejection(user)
    assert (refused.code, refused.status) == ("queue-full", 429)
    assert send(make_user()).pk


def test_a_cohort_may_limit_attempts_and_runs_stay_free(user):
    make_cohort(students=[user], attempt_limit=1)
    first = send(user)
    cancel(submission=first)
    second = send(user)
    Submission.objects.filter(pk=second.pk).update(state="finished")
    refused = rejection(user)
    assert (refused.code, refused.params) == ("attempts-used-up", {"limit": 1})


def test_a_fault_of_the_platform_uses_no_attempt_until_it_is_judged_anew(user):
    """The former generation's verdict says nothing about the present one's."""
    row = make_submission(user=user, state="finished")
    verdict = {"submission": row, "points": 0, "max_points": 1, "report": {}}
    Verdict.objects.create(
        **verdict, generation=1, result="none", ending="platform_fault"
    )
    assert used_attempts(user=user, lab_id=row.lab) == 0
    Verdict.objects.create(**verdict, generation=2, result="failed", ending="completed")
    Submission.objects.filter(pk=row.pk).update(generation=2)
    assert used_attempts(user=user, lab_id=row.lab) == 1
    assert send(user, kind="run").pk


def test_cancelling_what_waits_gives_its_one_verdict(user):
    submission = send(user)
    for _ in range(2):
        cancel(submission=submission)
    submission.refresh_from_db()
    assert submission.state == "cancelled"
    assert [v.ending for v in submission.verdicts.all()] == ["cancelled"]


def test_a_draft_is_saved_revision_by_revision(user):
    lab = make_lab(lab_spec())
    save = {"user": user, "lab": lab, "language": "sql"}
    first = save_draft(**save, text="a", revision=0)
    second = save_draft(**save, text="b", revision=first.revision)
    assert (first.revision, second.revision) == (1, 2)
    with pytest.raises(DraftConflict) as conflict:
        save_draft(**save, text="c", revision=first.revision)
    assert conflict.value.current.text == "b"
    assert save_draft(**save, text="b", revision=1).revision == 2
    assert save_draft(**save, text="", revision=2).text == ""


def test_a_draft_that_was_begun_in_another_tab_is_not_overwritten(user):
    lab = make_lab(lab_spec())
    save_draft(user=user, lab=lab, language="sql", text="a", revision=0)
    with pytest.raises(DraftConflict):
        save_draft(user=user, lab=lab, language="sql", text="b", revision=0)


def test_a_draft_with_a_nul_is_refused(user):
    with pytest.raises(Rejected, match="source-binary"):
        save_draft(
            user=user, lab=make_lab(lab_spec()), language="sql", text="\0", revision=0
        )


def test_seeds_come_from_the_secret(settings):
    submission = make_submission()
    before = submission_seed(submission.public_id)
    settings.LAB_SEED_SECRET = "another"
    assert submission_seed(submission.public_id) != before
    assert 0 <= before < 2**48


def test_a_full_site_refuses_and_regrades_do_not_fill_it(user, settings):
    settings.LAB_MAX_WAITING = 2
    original = make_submission(state="finished")
    make_submission(original.user, kind="regrade", original=original)
    make_submission()
    assert send(user).pk
    refused = rejection(make_user())
    assert (refused.code, refused.status) == ("site-full", 503)
    assert refused.params == {"waiting": 2}
