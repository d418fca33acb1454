"""What the page of a result shows, made from a verdict's and a run's report.

Reports hold rows of the student's own program: every value is data for a template
that escapes it, never markup.
"""

from dataclasses import replace
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext

from classroom import wording
from classroom.explanations import ErrorView, explain_ending, explain_error
from classroom.result_views import (
    CellView,
    CheckView,
    ColumnView,
    DiffRowView,
    DiffView,
    DivergenceView,
    EventView,
    MisconceptionView,
    ResultView,
)
from classroom.run_parts import PartContent, part_content, part_lines
from classroom.tables import columns_of, output_spec, output_title, text_of
from curriculum.catalogue import Lab, UnknownItem
from curriculum.models import Release
from curriculum.releases import catalogue_of
from curriculum.specs import Check, Variation
from submissions.models import Run, Submission, Verdict
from submissions.run_parts import CHECK, EVENTS, shown_run
from submissions.selectors import current_verdict

# Rows of a table that is open from the start; the rest comes when it is asked for.
DIFF_ROWS_AT_ONCE = 10
TONES = {
    "passed": "passed",
    "done": "passed",
    "failed": "failed",
    "learner_error": "failed",
    "time_limit": "failed",
    "memory_limit": "failed",
    "output_limit": "failed",
    "cancelled": "neutral",
    "platform_fault": "problem",
}


def result_of(submission: Submission) -> ResultView:
    """Return the view of a final submission on the release it was judged by."""
    verdict = current_verdict(submission)
    run = shown_run(submission)
    return _Builder(submission, verdict, run, lab_of(submission)).build()


def part_of(submission: Submission, slug: str, event: str = "") -> PartContent:
    """Return what the part ``slug`` of a result opens to; the result must have it.

    ``event`` is the number of the only event that is wanted of the events.
    """
    verdict = current_verdict(submission)
    run = shown_run(submission)
    lab = lab_of(submission)
    if slug == EVENTS or slug.startswith(CHECK):
        return _Builder(submission, verdict, run, lab).part(slug, event)
    return part_content(run.report if run is not None else {}, lab, slug)


def lab_of(submission: Submission) -> Lab | None:
    """Return the lab as it was judged; None where its release knows it no more."""
    try:
        return catalogue_of(submission.release_id).lab(submission.lab)
    except (Release.DoesNotExist, UnknownItem):
        return None


class _Builder:
    """Turns one pair of reports into views, with titles from one lab."""

    def __init__(
        self,
        submission: Submission,
        verdict: Verdict | None,
        run: Run | None,
        lab: Lab | None,
    ) -> None:
        self.submission = submission
        self.verdict = verdict
        self.report: dict[str, Any] = verdict.report if verdict else {}
        self.run = run
        self.run_report: dict[str, Any] = run.report if run else {}
        self.lab = lab
        self.language = wording.page_language()

    def build(self) -> ResultView:
        state = wording.outcome_state(self.submission)
        code = self.report.get("summary", {}).get("code", "platform-fault")
        sentence, advice = wording.summary(
            code, self._stage(self.report.get("first_wrong"))
        )
        error = self._error()
        if error is not None and not self.run_report.get("error"):
            # The ending's own next step is below, and says more.
            advice = ""
        return ResultView(
            submission=self.submission,
            state=state,
            icon=wording.state(state).icon,
            tone=TONES[state],
            sentence=sentence,
            advice=advice,
            points=self.verdict.points if self.verdict else 0,
            max_points=self.verdict.max_points if self.verdict else 0,
            misconception=self._misconception(),
            checks=tuple(
                self._check(number, check)
                for number, check in enumerate(self.report.get("checks", []), start=1)
            ),
            has_events=bool(self.report.get("events")),
            plan_advice=tuple(
                str(wording.ADVICE[code])
                for code in self.run_report.get("advice", [])
                if code in wording.ADVICE
            ),
            error=error,
            parts=part_lines(
                self.run_report, self.lab, opens=not self.report.get("checks")
            ),
        )

    def _error(self) -> ErrorView | None:
        """Return what went wrong with the program, by its error or by its ending."""
        files = self.submission.files
        if error := self.run_report.get("error"):
            view = explain_error(error, files=files, language=self.language)
        elif told := self._ending(files):
            view = told
        else:
            return None
        return self._linked(view)

    def _ending(self, files: dict[str, str]) -> ErrorView | None:
        """Explain a run without an error; a program of plain Python needs no job."""
        verdict, detail = self.verdict, self.run_report.get("detail") or ""
        if verdict is None or verdict.result == Verdict.Result.PASSED:
            return None
        if detail == "no_job" and self.submission.language == "python":
            return None
        return explain_ending(
            verdict.ending, detail, files=files, language=self.language
        )

    def _linked(self, view: ErrorView) -> ErrorView:
        """Add the URLs of the paragraph and the trouble that the course has."""
        name, _, anchor = view.lesson.partition("#")
        try:
            catalogue = catalogue_of(self.submission.release_id)
        except Release.DoesNotExist:
            return view
        if view.code in catalogue.troubles:
            url = f"{reverse('classroom:troubleshooting')}#{view.code}"
            view = replace(view, trouble_url=url)
        try:
            lesson = catalogue.lesson(name)
        except UnknownItem:
            return view
        url = f"{reverse('classroom:lesson', args=[lesson.id])}#{anchor}"
        return replace(view, lesson_url=url)

    def _misconception(self) -> MisconceptionView | None:
        known = self.report.get("misconception")
        if not known or self.lab is None:
            return None
        spec = next(
            (item for item in self.lab.spec.misconceptions if item.id == known), None
        )
        if spec is None:
            return None
        return MisconceptionView(
            title=spec.title.in_language(self.language),
            explanation=self.lab.explanation_html(known, self.language),
            lesson_url=self._lesson_url(spec.lesson_anchor),
            divergence=self._divergence(),
        )

    def _divergence(self) -> DivergenceView | None:
        found = self.report.get("divergence")
        if not found:
            return None
        outputs = []
        for part in found["outputs"]:
            diff = self._diff(part, {}, rows=DIFF_ROWS_AT_ONCE)
            if diff is not None:
                outputs.append((output_title(self.lab, part["output"]), diff))
        event = event_view(found["event"], "first-event-")
        return DivergenceView(event, tuple(outputs))

    def _stage(self, point: dict[str, Any] | None) -> dict[str, Any] | None:
        """Return a stage's number, of how many, and its title on this page."""
        if not point:
            return None
        stages = self.lab.spec.stages if self.lab else ()
        title = next(
            (
                item.title.in_language(self.language)
                for item in stages
                if item.name == point["stage"]
            ),
            point["stage"],
        )
        return {"number": point["number"], "of": point["of"], "title": title}

    def _lesson_url(self, anchor: str | None) -> str:
        if not anchor or self.lab is None:
            return ""
        return f"{reverse('classroom:lesson', args=[self.lab.lesson])}#{anchor}"

    def part(self, slug: str, event: str) -> PartContent:
        """Return what a part of the verdict opens to; ``event`` is a number or ""."""
        events = self._events()
        if slug == EVENTS:
            one = [number for number in events if str(number) == event]
            chosen = tuple(events[number] for number in one or sorted(events))
            title = gettext("Events behind these rows")
            return PartContent(slug, title, "", events=chosen)
        check = self.report["checks"][int(slug.removeprefix(CHECK)) - 1]
        own = _own_events(check)
        return PartContent(
            slug,
            gettext("Rows that differ"),
            self._check_title(check),
            diff=self._diff(check, own or events),
            events=tuple(own[number] for number in sorted(own)),
        )

    def _check_title(self, check: dict[str, Any]) -> str:
        spec = self._judged(check)
        return spec.title.in_language(self.language) if spec else str(check["id"])

    def _judged(self, check: dict[str, Any]) -> Check | Variation | None:
        judged = self.lab.spec.judged if self.lab is not None else ()
        return next((item for item in judged if item.id == check["id"]), None)

    def _check(self, number: int, check: dict[str, Any]) -> CheckView:
        spec = self._judged(check)
        reached = check["code"] != "not-reached"
        failed = "failed" if reached else "not_reached"
        note = wording.check_note(check["code"], check["params"])
        stage = self._stage(check.get("first_wrong"))
        own = _own_events(check)
        diff = self._diff(check, own or self._events(), rows=DIFF_ROWS_AT_ONCE)
        error = (check.get("run") or {}).get("error") or {}
        return CheckView(
            id=check["id"],
            slug=f"{CHECK}{number}",
            title=self._check_title(check),
            state="passed" if check["passed"] else failed,
            note=note,
            stage=wording.first_wrong(stage) if stage else "",
            points=check["points"],
            max_points=check["max_points"],
            samples=tuple(check["params"].get("samples", [])),
            diff=diff if check["id"] == self._first_difference() else None,
            has_diff=diff is not None,
            lesson_url=(
                self._lesson_url(spec.lesson_anchor)
                if spec and not check["passed"] and reached
                else ""
            ),
            is_varied=bool(own),
            error=error.get("message", ""),
        )

    def _first_difference(self) -> str | None:
        return next(
            (
                check["id"]
                for check in self.report.get("checks", [])
                if check.get("diff") and check["diff"]["rows"]
            ),
            None,
        )

    def _diff(
        self,
        check: dict[str, Any],
        events: dict[int, EventView],
        *,
        rows: int | None = None,
    ) -> DiffView | None:
        """Return the stored rows that differ, or the first ``rows`` of them."""
        diff = check.get("diff")
        if not diff or not diff["rows"]:
            return None
        output = output_spec(self.lab, check.get("output"))
        columns = columns_of(diff["columns"], diff["key"], output)
        shown = diff["rows"][:rows]
        total = sum(diff[kind] for kind in ("missing", "unexpected", "different"))
        return DiffView(
            columns=columns,
            rows=tuple(_diff_row(row, columns, events) for row in shown),
            folded=len(diff["rows"]) - len(shown),
            hidden=total - len(diff["rows"]),
        )

    def _events(self) -> dict[int, EventView]:
        return {
            int(number): event_view(event, "event-")
            for number, event in self.report.get("events", {}).items()
        }


def _own_events(check: dict[str, Any]) -> dict[int, EventView]:
    """Return the events that a check of a varied stream cites."""
    return {
        int(number): event_view(event, f"event-{check['id']}-")
        for number, event in check.get("events", {}).items()
    }


def _diff_row(
    row: dict[str, Any], columns: tuple[ColumnView, ...], events: dict[int, EventView]
) -> DiffRowView:
    shown = row["actual"] if row["actual"] is not None else row["expected"] or {}
    changed = set(row["columns"])
    cells = tuple(
        CellView(
            column,
            text_of(shown.get(column.name)),
            is_changed=column.name in changed,
            expected=(
                text_of((row["expected"] or {}).get(column.name))
                if column.name in changed
                else None
            ),
        )
        for column in columns
    )
    return DiffRowView(
        kind=row["kind"],
        word=str(wording.DIFF_KINDS[row["kind"]]),
        cells=cells,
        events=tuple(events[number] for number in row["events"] if number in events),
    )


def event_view(event: dict[str, Any], anchor: str) -> EventView:
    """Return a stored event; ``anchor`` begins the id of its place on the page."""
    word, kinds = wording.OPERATIONS.get(event["op"] or "", ("", ()))
    return EventView(
        number=event["number"],
        stage=event["stage"],
        topic=event["topic"],
        key=event["key"],
        value=event["value"],
        op=event["op"],
        word=str(word),
        kinds=kinds,
        anchor=f"{anchor}{event['number']}",
    )
