"""What a page shows of the search for the smallest failing stream of an attempt."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext, ngettext

from classroom import wording
from classroom.result_views import CellView, ColumnView, EventView
from classroom.results import event_view, lab_of
from classroom.tables import cells_of, columns_of, output_spec, output_title
from curriculum.catalogue import Lab
from submissions.models import Submission
from submissions.smallest import SmallestSearch, can_be_searched, latest_search
from submissions.waiting import place_in_line


@dataclass(frozen=True, slots=True)
class SmallEventView:
    """An event that is left, its rows as text; without rows its ``event.value``."""

    event: EventView
    stage: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class SideView:
    """Rows of one side of the comparison; ``hidden`` more were not stored."""

    title: str
    rows: tuple[tuple[CellView, ...], ...]
    hidden: int


@dataclass(frozen=True, slots=True)
class PartView:
    """The events that are left and both sides of the output that shows the mistake.

    ``closing_rows`` of the program are left out: closing events alone bring them about.
    """

    events: tuple[SmallEventView, ...]
    hidden: int
    check: str
    output: str
    columns: tuple[ColumnView, ...]
    sides: tuple[SideView, ...]
    closing_rows: int


@dataclass(frozen=True, slots=True)
class SmallestView:
    """The block below a result. ``can_ask``: the button is there."""

    can_ask: bool
    is_open: bool
    is_stopping: bool
    sentence: str
    progress: str
    note: str
    part: PartView | None


def smallest_of(attempt: Submission) -> SmallestView | None:
    """Return the block for a final attempt; None where no search makes sense."""
    if not can_be_searched(attempt):
        return None
    search = latest_search(attempt)
    if search is None:
        return _view(can_ask=True)
    if search.verdict is None:
        return _view(
            is_open=True,
            is_stopping=search.submission.cancel_requested_at is not None,
            sentence=_open_sentence(search.submission),
            progress=_progress(search),
        )
    if search.may_be_asked_again:
        return _view(can_ask=True, sentence=_stopped_sentence(search.submission))
    return _answer(search.verdict.report, lab_of(attempt))


def _view(**fields: Any) -> SmallestView:
    empty: dict[str, Any] = {
        "can_ask": False,
        "is_open": False,
        "is_stopping": False,
        "sentence": "",
        "progress": "",
        "note": "",
        "part": None,
    }
    return SmallestView(**(empty | fields))


def _open_sentence(search: Submission) -> str:
    if search.state != Submission.State.QUEUED:
        return gettext("Your program is run again on fewer and fewer events.")
    place = place_in_line(search)
    ahead = place.position - 1 if place else 0
    if not ahead:
        return gettext("The search waits for a free environment.")
    return ngettext(
        "The search waits: %(ahead)d program is ahead of it.",
        "The search waits: %(ahead)d programs are ahead of it.",
        ahead,
    ) % {"ahead": ahead}


def _progress(search: SmallestSearch) -> str:
    if not search.total:
        return ""
    left = ngettext(
        "%(left)d event of %(total)d is left",
        "%(left)d events of %(total)d are left",
        search.left,
    ) % {"left": search.left, "total": search.total}
    runs = ngettext("%(count)d run", "%(count)d runs", search.runs) % {
        "count": search.runs
    }
    return f"{left}, {runs}."


def _stopped_sentence(search: Submission) -> str:
    if search.state == Submission.State.CANCELLED:
        return gettext("The search was stopped.")
    return gettext("A platform problem ended the search. It can be started again.")


def _answer(report: dict[str, Any], lab: Lab | None) -> SmallestView:
    part = report.get("part")
    code = report["summary"]["code"]
    if part is None or lab is None:
        sentence = (
            gettext(
                "On the public stream, the one of trial runs, this mistake does not"
                " show: there is nothing to make smaller."
            )
            if code == "smallest-not-shown"
            else gettext(
                "No small stream was found that shows the mistake beyond doubt."
            )
        )
        return _view(sentence=sentence)
    sentence = ngettext(
        "%(left)d event of %(total)d is enough to show the mistake.",
        "%(left)d events of %(total)d are enough to show the mistake.",
        part["left"],
    ) % {"left": part["left"], "total": report["total"]}
    if report["is_minimal"]:
        note = gettext("Without any of them the mistake does not show.")
    else:
        note = gettext("The search ended at its limit: fewer may be enough.")
    return _view(sentence=sentence, note=note, part=_part(part, lab))


def _part(part: dict[str, Any], lab: Lab) -> PartView:
    language = wording.page_language()
    spec = lab.spec
    output = output_spec(lab, part["output"])
    columns = columns_of(part["columns"], part["key"], output)
    check = next((item for item in spec.judged if item.id == part["check"]), None)
    stages = {item.name: item.title.in_language(language) for item in spec.stages}

    def side(title: str, name: str) -> SideView:
        rows = part[name]
        return SideView(
            title=title,
            rows=tuple(cells_of(row or {}, columns) for row in rows),
            hidden=part[f"{name}_count"] - len(rows),
        )

    return PartView(
        events=tuple(
            SmallEventView(
                event=event_view(event, "small-event-"),
                stage=stages.get(event["stage"], event["stage"]),
                before=event["before"],
                after=event["after"],
            )
            for event in part["events"]
        ),
        hidden=part["left"] - len(part["events"]),
        check=check.title.in_language(language) if check else part["check"],
        output=output_title(lab, part["output"]),
        columns=columns,
        sides=(
            side(gettext("Expected"), "expected"),
            side(gettext("Your program"), "actual"),
        ),
        closing_rows=part["closing_rows"],
    )
