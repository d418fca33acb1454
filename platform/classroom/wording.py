"""The words for codes and states: the one place where they meet a language.

Rooms below speak in stable codes; what a reader sees of them is written here.
Over 400 lines: tables of words, which two files would only make harder to find.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import get_language, gettext, ngettext
from django.utils.translation import gettext_lazy as _

from curriculum.specs import Family
from submissions.errors import Rejected
from submissions.models import Submission, Verdict
from submissions.selectors import current_verdict
from submissions.waiting import PlaceInLine

type Words = str | Promise


@dataclass(frozen=True, slots=True)
class State:
    """How a state looks: an icon of the sprite, a word, and a colour's name."""

    icon: str
    word: Words
    tone: str


STATES: dict[str, State] = {
    "locked": State("locked", _("locked"), "locked"),
    "open": State("open", _("open"), "open"),
    "in_progress": State("in-progress", _("in progress"), "in-progress"),
    "completed": State("completed", _("completed"), "completed"),
    "passed": State("passed", _("passed"), "passed"),
    "failed": State("failed", _("not passed yet"), "failed"),
    "not_reached": State("open", _("not checked"), "locked"),
    "done": State("completed", _("ran to the end"), "neutral"),
    "queued": State("queued", _("waiting"), "queued"),
    "leased": State("running", _("taken by a worker"), "running"),
    "preparing": State("running", _("preparing the environment"), "running"),
    "running": State("running", _("running"), "running"),
    "checking": State("running", _("checking"), "running"),
    "cancelled": State("cancelled", _("cancelled"), "cancelled"),
    "learner_error": State("failed", _("error in the code"), "failed"),
    "time_limit": State("limit", _("time limit"), "limit"),
    "memory_limit": State("limit", _("memory limit"), "limit"),
    "output_limit": State("limit", _("output limit"), "limit"),
    "platform_fault": State("problem", _("platform problem"), "problem"),
}

ROW_KIND_WORDS: dict[str, Words] = {
    "+I": _("row inserted"),
    "-U": _("row before the update"),
    "+U": _("row after the update"),
    "-D": _("row deleted"),
}

# How records of an output topic become row kinds: mode, and encoding where it decides.
OUTPUT_MODES: dict[str, Words] = {
    "append": _("Append: every record is a new row, so there is nothing but +I."),
    "upsert": _(
        "Upsert: the key decides. Seen for the first time it is +I, again +U; a record"
        " without a value is −D. A −U is never written to such a topic."
    ),
    "retract": _(
        "Retract: an update is two rows, −U takes the old one away and +U adds the new"
        " one; a deletion is −D."
    ),
    "retract, debezium-json": _(
        "Retract as debezium-json: Flink writes an update as two records, −D takes the"
        " old row away and +I adds the new one."
    ),
}

# Parts of a result that are folded at first.
RUN_PARTS: dict[str, Words] = {
    "stdout": _("Printed by the program"),
    "stderr": _("Error output"),
    "plan": _("Plan"),
    "metrics": _("Metrics"),
    "checkpoints": _("Checkpoints and restarts"),
    "timings": _("Timings"),
}

# The headings of the troubleshooting page.
FAMILIES: dict[Family, Words] = {
    Family.SYNTAX: _("Reading the statement"),
    Family.NAMES: _("Names and types"),
    Family.CONNECTORS: _("Connectors and formats"),
    Family.TIME: _("Time, windows and temporal joins"),
    Family.CHANGELOG: _("Changelogs and keys"),
    Family.RUNNING: _("While the job runs"),
    Family.PYTHON: _("Python"),
    Family.ENDINGS: _("How a run ends"),
    Family.SILENT: _("No error, and a wrong answer"),
}

# Debezium's operations: the word, and the row kinds that such an event becomes.
OPERATIONS: dict[str, tuple[Words, tuple[str, ...]]] = {
    "r": (_("read by the snapshot"), ("+I",)),
    "c": (_("created"), ("+I",)),
    "u": (_("updated"), ("-U", "+U")),
    "d": (_("deleted"), ("-D",)),
    "t": (_("truncated"), ()),
}

DIFF_KINDS: dict[str, Words] = {
    "missing": _("missing"),
    "unexpected": _("unexpected"),
    "different": _("different"),
}

DIFFICULTIES: dict[str, Words] = {
    "beginner": _("beginner"),
    "intermediate": _("intermediate"),
    "advanced": _("advanced"),
}

# An estimate above this is said in minutes.
SECONDS_SHOWN = 99

PROGRAM_LANGUAGES = {"sql": "Flink SQL", "pyflink": "PyFlink", "python": "Python"}

MODULES: dict[str, Words] = {
    "pyflink-cdc": _("CDC with PyFlink"),
}

# Sentence, and what to do next; both may use the report's params.
SUMMARIES: dict[str, tuple[Words, Words]] = {
    "all-checks-passed": (_("Passed: all checks are met."), ""),
    "rows-differ": (
        _("Not passed yet: the rows differ from the expected ones."),
        _("The tables below show which rows, and the events they come from."),
    ),
    "variation-differs": (
        _("Not passed yet: right on this stream, but not on the same events varied."),
        _("The check that failed says what was varied, and shows the rows it gave."),
    ),
    "no-rows": (
        _("Not passed yet: no rows reached the output topics."),
        _(
            "Check that each INSERT writes to the table of the output topic, that the"
            " job reads from the earliest offset, and that the windows can close."
        ),
    ),
    "learner-error": (
        _("The program stopped with an error."),
        _("Correct the place shown below and send it again."),
    ),
    "time-limit": (
        _("The time limit was reached before the job had written everything."),
        _(
            "Usual causes: a source that waits for data which never comes, an endless"
            " loop, a window that the watermark never closes."
        ),
    ),
    "memory-limit": (
        _("The memory limit was exceeded."),
        _("Usual causes: collecting the stream in Python, a join without bounds."),
    ),
    "output-limit": (
        _("The job wrote more than the lab allows."),
        _("Usual causes: a cross join, printing every row."),
    ),
    "cancelled": (_("Cancelled."), _("This does not count as an attempt.")),
    "platform-fault": (
        _("A platform problem: your program is not to blame."),
        _("This does not count as an attempt. Send it again in a moment."),
    ),
    "not-graded": (
        _("The program ran to the end. Trial runs are not graded."),
        _("These are its rows on the lab's fixed public data."),
    ),
}

CHECK_NOTES: dict[str, Words] = {
    "rows-equal": _("All rows are as expected."),
    "append-only": _("Every row was written once and never changed."),
    "no-rows": _("No rows reached this output."),
    "undecodable-rows": _("Some records cannot be read as the agreed JSON."),
    "not-append-only": _(
        "Rows were changed or deleted, though this output only takes new rows."
    ),
    "not-reached": _("Not checked: the program did not run to the end."),
    "state-equal": _("After this stage the rows were as expected."),
    "state-differs": _("After this stage other rows stood here than expected."),
    "upsert-keys": _("Every record has its key, and what is gone has its tombstone."),
    "key-missing": _(
        "A record has no key, or its key lacks a column: nobody can update or delete"
        " such a row."
    ),
    "tombstone-missing": _(
        "A key that should be gone is still there: its tombstone (a record with the key"
        " and no value) never came."
    ),
    "retractions": _("Every row that was taken away had been there."),
    "orphan-retractions": _(
        "A row was taken away that was not there, so whoever reads the topic keeps the"
        " old one."
    ),
    "late-dropped": _("Late events changed nothing."),
    "late-routed": _("Late events stand in the output that is meant for them."),
    "late-counted": _("A late event is in a row that was already complete."),
    "late-not-routed": _(
        "The output for late events does not hold each of them exactly once."
    ),
    "advances": _("Rows came although a partition was silent."),
    "stands-still": _(
        "Rows did not come: a silent partition holds the watermark back. The source"
        " needs an idle timeout."
    ),
    "counted-once": _("Events that were sent twice count once."),
    "counted-twice": _(
        "An event that the connector sent again after its restart was counted twice."
    ),
    "rows-twice": _(
        "A row was written twice: the connector sent its event again after a restart."
    ),
    "deletes-gone": _("What the source deleted is gone here too."),
    "deleted-rows-left": _("Rows that the source deleted are still here."),
    "variation-holds": _("The rows are right for the varied stream too."),
    "variation-stopped": _("On the varied stream the program did not run to the end."),
}

ADVICE: dict[str, Words] = {
    "window-end-missing": _(
        "A window is grouped by window_start without window_end: Flink then sees an"
        " ordinary grouping, keeps its state for ever and changes rows afterwards."
    ),
    "window-start-missing": _(
        "A window is grouped by window_end without window_start: Flink then sees an"
        " ordinary grouping, keeps its state for ever and changes rows afterwards."
    ),
    "session-not-partitioned": _(
        "SESSION has no PARTITION BY: all keys share one session, and a pause of one"
        " of them ends nothing."
    ),
    "regular-join": _(
        "A regular join keeps both sides for ever and changes old rows when the other"
        " side changes. For the value at a moment there is the temporal join."
    ),
    "state-without-ttl": _(
        "The state of this query grows with every new key. A window bounds it, or"
        " table.exec.state.ttl."
    ),
}

VARIATION_NOTES: dict[str, Words] = {
    "shuffle": _(
        "The same events in another order, within the bound of the watermark, gave"
        " other rows."
    ),
    "phantoms": _(
        "Rows that were inserted and deleted again left a trace in the result."
    ),
    "duplicates": _(
        "Events sent twice, as after a restart of the connector, gave other rows."
    ),
    "time_shift": _(
        "The same events, moved by whole windows of time, did not give the same rows"
        " moved."
    ),
    "partitions": _(
        "The same events, spread over another number of partitions, gave other rows."
    ),
}

REJECTIONS: dict[str, Words] = {
    "kind-unknown": _("The request does not say whether to run or to submit."),
    "language-unknown": _("This lab has no such language. Choose one of its own."),
    "key-invalid": _("The form is damaged. Reload the page; your text stays."),
    "source-empty": _("The program is empty. Write something first."),
    "source-too-large": _(
        "The program has %(kib)s KiB; at most %(limit_kib)s KiB are accepted."
    ),
    "source-binary": _(
        "Line %(line)s holds a control character. Programs are plain text: delete the"
        " character or type the line anew."
    ),
    "source-encoding": _(
        "Line %(line)s is not valid UTF-8. Type the damaged part anew."
    ),
    "queue-full": _(
        "You already have one program running and one waiting. Wait for a result or"
        " cancel one. Your text is saved."
    ),
    "site-full": _(
        "Too many programs are waiting at the moment: %(waiting)s. Send yours again in"
        " a few minutes. Your text is saved."
    ),
    "nothing-to-search": _(
        "This attempt has no wrong rows that a smaller stream could show."
    ),
    "search-goes-on": _(
        "Another search of yours goes on. Wait for it or stop it on its attempt's page."
    ),
    "attempts-used-up": _(
        "All attempts that your group allows for this lab are used: %(limit)s. Trial"
        " runs still work. Your text is saved."
    ),
}


def page_language() -> str:
    """Return the language of the page in hand: ``ru`` or ``en``."""
    return "en" if (get_language() or "ru").startswith("en") else "ru"


def state(value: str) -> State:
    """Return how a state looks. Raises KeyError for what no room says."""
    return STATES[value]


def outcome_state(submission: Submission) -> str:
    """Return the state's name of an open submission, or how a final one ended."""
    if not submission.is_final:
        return submission.state
    verdict = current_verdict(submission)
    if verdict is None:
        return "platform_fault"
    if verdict.ending != "completed":
        return verdict.ending
    if verdict.result == Verdict.Result.NONE:
        return "done"
    return verdict.result


def output_mode(mode: str, encoding: str) -> str:
    """Return how records of an output become row kinds, by its mode and encoding."""
    exact = OUTPUT_MODES.get(f"{mode}, {encoding}")
    return str(exact if exact is not None else OUTPUT_MODES[mode])


def module_title(slug: str) -> str:
    """Return a module's title; an unknown id is written with spaces."""
    return str(MODULES.get(slug) or slug.replace("-", " ").capitalize())


def summary(code: str, first_wrong: Mapping[str, Any] | None = None) -> tuple[str, str]:
    """Return a verdict's sentence and what to do next.

    ``first_wrong`` is the stage after which rows were first wrong: its ``number``,
    ``of`` how many, and ``title``.
    """
    sentence, advice = SUMMARIES[code]
    if code == "rows-differ" and first_wrong is not None:
        sentence = (
            gettext(
                "Not passed yet: first wrong after stage %(number)d of %(of)d,"
                " “%(title)s”."
            )
            % first_wrong
        )
    return str(sentence), str(advice)


def first_wrong(stage: Mapping[str, Any]) -> str:
    """Return after which stage an output was first wrong."""
    return gettext("First wrong after stage %(number)d of %(of)d, “%(title)s”.") % stage


def check_note(code: str, params: Mapping[str, Any]) -> str:
    """Return one sentence on why a check passed or failed."""
    if code == "rows-differ":
        return differences(params)
    if code == "variation-differs":
        return str(VARIATION_NOTES[params["variation"]])
    return str(CHECK_NOTES[code])


def differences(counts: Mapping[str, Any]) -> str:
    """Return "missing rows: 3, unexpected: 1" for the kinds that occur."""
    words = {
        "missing": gettext("missing: %(count)d"),
        "unexpected": gettext("unexpected: %(count)d"),
        "different": gettext("different: %(count)d"),
    }
    parts = [
        text % {"count": counts[kind]}
        for kind, text in words.items()
        if counts.get(kind)
    ]
    return gettext("Rows %(parts)s.") % {"parts": ", ".join(parts)} if parts else ""


def rejection(rejected: Rejected) -> str:
    """Return what a refused request is told."""
    return str(REJECTIONS[rejected.code]) % rejected.params


def live_sentence(state_name: str, position: int | None) -> str:
    """Return the one sentence that screen readers hear when a state begins."""
    if state_name == "queued":
        if position is None or position <= 1:
            return gettext("Waiting: you are next.")
        return ngettext(
            "Waiting: %(ahead)d program is ahead of you.",
            "Waiting: %(ahead)d programs are ahead of you.",
            position - 1,
        ) % {"ahead": position - 1}
    return {
        "leased": gettext("A worker has taken your program."),
        "preparing": gettext("Preparing the environment: broker, topics, Flink."),
        "running": gettext("Your program is running."),
        "checking": gettext("The output is being checked."),
    }[state_name]


def estimate(place: PlaceInLine) -> str:
    """Return when a waiting program may expect its result; empty if nobody answers."""
    if place.seconds_low is None or place.seconds_high is None:
        return ""
    low, high = place.seconds_low, place.seconds_high
    if high <= SECONDS_SHOWN:
        text = gettext("Result in about %(low)d to %(high)d s.")
    elif low < 60:
        high = -(-high // 60)
        text = gettext("Result within about %(high)d min.")
    else:
        low, high = low // 60, -(-high // 60)
        text = gettext("Result in about %(low)d to %(high)d min.")
    at_work = ngettext(
        "%(count)d lab environment is at work.",
        "%(count)d lab environments are at work.",
        place.ready_slots,
    ) % {"count": place.ready_slots}
    return f"{text % {'low': low, 'high': high}} {at_work}"


def stale_release() -> str:
    """Return what a form is told that was made from an older release."""
    return gettext(
        "The course has been updated since you opened this page. Your program is"
        " judged by the present version; reload the page to read the present task."
    )
