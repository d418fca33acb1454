"""Where an open submission is, for the page that polls it."""

from dataclasses import replace
from typing import Any

from classroom import wording
from classroom.run_parts import output_view
from curriculum.catalogue import Lab
from submissions.models import Submission
from submissions.selectors import live_status

STEPS = ("queued", "preparing", "running", "checking")


def live_context(
    submission: Submission, *, lab: Lab | None, place: str, seen: str = ""
) -> dict[str, Any]:
    """Return the context of ``classroom/_live.html``.

    ``place`` says which page polls (``lab`` or ``attempt``); ``seen`` is the state that
    it shows already: a sentence is announced only when the state has changed. ``lab``
    is None where the course has it no more: then outputs show without their titles.
    """
    if submission.is_final:
        return {"submission": submission, "place": place, "announcement": ""}
    status = live_status(submission)
    waiting = status.place
    sentence = wording.live_sentence(
        status.state, waiting.position if waiting else None
    )
    reached = STEPS.index("preparing" if status.state == "leased" else status.state)
    return {
        "submission": submission,
        "status": status,
        "place": place,
        "sentence": sentence,
        "outputs": [
            replace(output_view(name, output, lab), hidden=0)
            for name, output in submission.rows_so_far.items()
        ],
        "estimate": wording.estimate(waiting) if waiting else "",
        "announcement": "" if status.state == seen else sentence,
        "steps": [
            (name, "past" if number < reached else "now" if number == reached else "")
            for number, name in enumerate(STEPS)
        ],
    }
