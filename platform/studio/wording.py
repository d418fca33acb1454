"""Words for the closed sets that the admins' pages show."""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from lab_protocol.messages import Ending
from submissions.alerts import AlertCode
from submissions.health import Condition
from submissions.turns import Lane


@dataclass(frozen=True, slots=True)
class ConditionWords:
    """The first sentence of the health page and what to do; ``tone`` colours it."""

    tone: str
    sentence: str | Promise
    repair: str | Promise = ""


_CONDITIONS = {
    Condition.WELL: ConditionWords("good", _("All is well: labs can run.")),
    Condition.MATTERS: ConditionWords(
        "warn",
        _("Labs can run, but something needs a look."),
        _("It stands below under alerts or under what does not move."),
    ),
    Condition.NO_WORKER: ConditionWords(
        "bad",
        _("Labs cannot run because no worker has given a sign of life."),
        _(
            "Start one with “make run”, or with the service of your install;"
            " what was sent in waits and is not lost."
        ),
    ),
    Condition.STARTING: ConditionWords(
        "warn",
        _("Labs cannot run yet because the worker is starting."),
        _("It proves its jail first, some ten seconds."),
    ),
    Condition.DRAINING: ConditionWords(
        "warn",
        _("Labs cannot run because every worker is ending."),
        _("They take nothing new; start a worker."),
    ),
    Condition.REFUSED: ConditionWords(
        "bad",
        _("Labs cannot run because the jail did not prove itself."),
        _(
            "“make doctor” on the worker's host names what is missing"
            " and what mends it."
        ),
    ),
}
_LANES: Mapping[Lane, str | Promise] = {
    Lane.SUBMIT: _("submits"),
    Lane.RUN: _("trial runs"),
    Lane.BACKGROUND: _("background work"),
}
_ENDINGS: Mapping[str, str | Promise] = {
    Ending.COMPLETED: _("ran to the end"),
    Ending.LEARNER_ERROR: _("error in the program"),
    Ending.TIME_LIMIT: _("time limit"),
    Ending.MEMORY_LIMIT: _("memory limit"),
    Ending.OUTPUT_LIMIT: _("output limit"),
    Ending.CANCELLED: _("cancelled"),
    Ending.PLATFORM_FAULT: _("fault of the platform"),
}
_ALERTS: Mapping[str, str | Promise] = {
    AlertCode.PLATFORM_FAULT: _("Runs of this lab ended by the platform's fault"),
    AlertCode.AUTHOR_FAULT: _("The lab's own code failed"),
    AlertCode.CONTROL_FAILED: _("The lab's own solution did not run either"),
    AlertCode.POISON: _("This submission ended its worker each time"),
    AlertCode.REGRADE_LOWER: _("A regrade gave a lower verdict"),
    AlertCode.ENGINE_CLOSED: _("The worker of this host cannot run labs"),
}
_STUCK: Mapping[str, str | Promise] = {
    "lease-forgotten": _("its worker is gone and nobody took it back"),
    "passed-over": _("it waits although a worker is ready"),
}


def condition_words(condition: Condition) -> ConditionWords:
    """Return the sentence that the health page begins with."""
    return _CONDITIONS[condition]


def lane_words(lane: Lane) -> str | Promise:
    """Return what waits in a lane."""
    return _LANES[lane]


def ending_words(ending: str) -> str | Promise:
    """Return how a run ended, or the code itself where a later version wrote it."""
    return _ENDINGS.get(ending, ending)


def alert_words(code: str) -> str | Promise:
    """Return what an alert tells of, or its code."""
    return _ALERTS.get(code, code)


def stuck_words(why: str) -> str | Promise:
    """Return why a submission does not move."""
    return _STUCK.get(why, why)
