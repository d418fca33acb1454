"""The workbench: the page, what it sends in, and the draft it keeps."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.formats import time_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from classroom import wording
from classroom.asking import places_of
from classroom.continuing import next_step
from classroom.diagrams import allow_diagrams
from classroom.gate import StudentRequest, course_of, student_page, wants_json
from classroom.lab_data import lab_data
from classroom.views.live import live_context
from classroom.workbench import Workbench, open_workbench
from curriculum.catalogue import Lab
from submissions.errors import DraftConflict, Rejected
from submissions.models import Draft
from submissions.samples import sample_of
from submissions.services import (
    reset_draft,
    save_draft,
    send_in,
    store_draft,
    undo_reset,
)
from submissions.source import clean_source

# What spoils the text itself; after any other refusal the text is a good draft.
SPOILT = {"source-empty", "source-too-large", "source-binary", "source-encoding"}


@require_safe
@student_page
def lab(request: StudentRequest, lab_id: str) -> HttpResponse:
    """Show the workbench of an open lab."""
    bench = open_workbench(
        user=request.user,
        course=course_of(request),
        lab_id=lab_id,
        language=request.GET.get("language", ""),
    )
    if bench.lab.id != lab_id:
        return redirect("classroom:lab", bench.lab.id, permanent=True)
    return _page(request, bench)


@require_POST
@student_page
def lab_send(request: StudentRequest, lab_id: str) -> HttpResponse:
    """Send a program in, for a run or a submit; its status is the answer."""
    course = course_of(request)
    _lesson, entry = course.require_lab(lab_id)
    source = request.POST.get("source", "")
    language = request.POST.get("language", "")
    try:
        submission = send_in(
            user=request.user,
            lab_id=entry.lab.id,
            kind=request.POST.get("kind", ""),
            language=language,
            source=source,
            idempotency_key=_key(request.POST.get("key", "")),
        )
    except Rejected as rejected:
        return _refused(request, entry.lab, language, source, rejected)
    release = request.POST.get("release", "")
    is_stale = bool(release) and release != course.catalogue.digest
    if request.htmx:
        context = live_context(submission, lab=entry.lab, place="lab") | {
            "bench": open_workbench(
                user=request.user,
                course=course,
                lab_id=entry.lab.id,
                language=submission.language,
            ),
            "stale_notice": wording.stale_release() if is_stale else "",
            "submission_sent": True,
        }
        return render(request, "classroom/lab.html#sent", context)
    if is_stale:
        messages.warning(request, wording.stale_release())
    return redirect(submission)


@require_POST
@student_page
def lab_draft(request: StudentRequest, lab_id: str) -> HttpResponse:
    """Save the unsent text over the revision it was made from."""
    _lesson, entry = course_of(request).require_lab(lab_id)
    language = request.POST.get("language", "")
    source = request.POST.get("source", "")
    try:
        draft = save_draft(
            user=request.user,
            lab=entry.lab,
            language=language,
            text=source,
            revision=_revision(request.POST.get("revision", "")),
        )
    except DraftConflict as conflict:
        return _conflict(request, entry.lab, language, source, conflict.current)
    except Rejected as rejected:
        return _refused(request, entry.lab, language, source, rejected)
    if wants_json(request):
        return JsonResponse(_draft_json(draft))
    messages.success(request, _("The draft is saved."))
    return redirect(_lab_url(entry.lab, language))


@require_POST
@student_page
def lab_reset(request: StudentRequest, lab_id: str) -> HttpResponse:
    """Make the starter the draft again."""
    _lesson, entry = course_of(request).require_lab(lab_id)
    language = request.POST.get("language", "")
    starter = next(
        (text for known, text in entry.lab.starters.items() if known == language), None
    )
    if starter is None:
        return _refused(request, entry.lab, language, "", Rejected("language-unknown"))
    draft = reset_draft(
        user=request.user, lab=entry.lab, language=language, starter=starter.text
    )
    if wants_json(request):
        return JsonResponse(_draft_json(draft) | {"text": draft.text})
    messages.info(request, _("The editor is back at the starter file."))
    return redirect(_lab_url(entry.lab, language))


@require_POST
@student_page
def lab_unreset(request: StudentRequest, lab_id: str) -> HttpResponse:
    """Bring the text from before the last reset back."""
    _lesson, entry = course_of(request).require_lab(lab_id)
    language = request.POST.get("language", "")
    undo_reset(user=request.user, lab=entry.lab, language=language)
    messages.info(request, _("The text before the reset is in the editor."))
    return redirect(_lab_url(entry.lab, language))


def _page(
    request: StudentRequest, bench: Workbench, *, notice: str = "", status: int = 200
) -> HttpResponse:
    language = wording.page_language()
    context = {
        "bench": bench,
        "lab": bench.lab,
        "lesson": bench.lesson.lesson,
        "task": bench.lab.task_html(language),
        "task_language": bench.lab.language_of(language),
        "is_translated": bench.lab.language_of(language) == language,
        "has_diagrams": bench.lab.has_diagrams(language),
        "hints": bench.lab.hints_html(language),
        "checks": [
            (item, item.title.in_language(language)) for item in bench.lab.spec.judged
        ],
        "data": lab_data(
            bench.lab,
            language,
            sample_of(release_id=bench.catalogue.release_id, lab_id=bench.lab.id),
        ),
        "check_places": places_of(bench.catalogue, "lab", bench.lab.id, language),
        "notice": notice,
    }
    if bench.latest is not None:
        context |= live_context(bench.latest, lab=bench.lab, place="lab")
        context["next_step"] = next_step(bench.course, bench.latest)
    make = _render_with_diagrams if context["has_diagrams"] else _render
    response: HttpResponse = make(request, context)
    response.status_code = status
    return response


def _render(request: StudentRequest, context: dict[str, object]) -> HttpResponse:
    return render(request, "classroom/lab.html", context)


_render_with_diagrams = allow_diagrams(_render)


def _refused(
    request: StudentRequest, lab: Lab, language: str, source: str, rejected: Rejected
) -> HttpResponse:
    """Say why, and keep the text: in the page, and as the draft where it is sound."""
    message = wording.rejection(rejected)
    if rejected.code not in SPOILT and language in lab.spec.languages and source:
        _keep(request, lab, language, source)
    if wants_json(request):
        body = {"code": rejected.code, "message": message}
        return JsonResponse(body, status=rejected.status)
    if request.htmx:
        context = {"notice": message}
        return render(
            request, "classroom/lab.html#refused", context, status=rejected.status
        )
    bench = open_workbench(
        user=request.user,
        course=course_of(request),
        lab_id=lab.id,
        language=language,
        text=source or None,
    )
    return _page(request, bench, notice=message, status=rejected.status)


def _keep(request: StudentRequest, lab: Lab, language: str, source: str) -> None:
    try:
        text = clean_source(source)
    except Rejected:
        return
    store_draft(user=request.user, lab=lab, language=language, text=text)


def _conflict(
    request: StudentRequest, lab: Lab, language: str, source: str, current: Draft
) -> HttpResponse:
    """Show both texts: nothing is overwritten without a decision."""
    message = _("This draft was changed in another tab or on another device.")
    if wants_json(request):
        body = _draft_json(current) | {
            "code": "draft-conflict",
            "message": message,
            "text": current.text,
        }
        return JsonResponse(body, status=409)
    bench = open_workbench(
        user=request.user,
        course=course_of(request),
        lab_id=lab.id,
        language=language,
        text=source,
    )
    notice = (
        message + " " + _("Yours is in the editor; saving again replaces the other.")
    )
    return _page(request, bench, notice=notice, status=409)


def _draft_json(draft: Draft) -> dict[str, object]:
    return {
        "revision": draft.revision,
        "saved_at": time_format(localtime(draft.updated_at), "H:i:s"),
    }


def _lab_url(lab: Lab, language: str) -> str:
    url = reverse("classroom:lab", args=[lab.id])
    return f"{url}?language={language}" if language in lab.spec.languages else url


def _key(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Rejected("key-invalid") from None


def _revision(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0
