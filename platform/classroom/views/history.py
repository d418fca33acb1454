"""The history of a lab, two attempts compared, and the archive of own work."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from classroom.comparing import Side, compare_checks, compare_programs, program_of
from classroom.comparing_rows import compare_outputs
from classroom.gate import StudentRequest, course_of, student_page
from classroom.sparkline import sparkline
from classroom.wording import page_language
from curriculum.releases import release_tree
from submissions.doubt import reference_solution
from submissions.models import Verdict
from submissions.own_work import work_archive, work_of

SHOWN_ROWS = 200


@require_safe
@student_page
def lab_attempts(request: StudentRequest, lab_id: str) -> HttpResponse:
    """List a person's attempts at a lab, with trial runs where that is asked."""
    course = course_of(request)
    lesson, entry = course.require_lab(lab_id)
    if entry.lab.id != lab_id:
        return redirect("classroom:attempts", entry.lab.id, permanent=True)
    rows = work_of(user=request.user, lab_id=entry.lab.id)
    with_runs = request.GET.get("runs") == "1"
    shown = [row for row in rows if with_runs or row.number is not None][::-1]
    context = {
        "course": course,
        "lesson": lesson,
        "entry": entry,
        "lab": entry.lab,
        "rows": shown[:SHOWN_ROWS],
        "left_out": max(0, len(shown) - SHOWN_ROWS),
        "with_runs": with_runs,
        "has_runs": any(row.number is None for row in rows),
        "curve": sparkline([row for row in rows if row.is_judged]),
    }
    return render(request, "classroom/attempts.html", context)


@require_safe
@student_page
def compare(request: StudentRequest, lab_id: str) -> HttpResponse:
    """Show two attempts of a person at one lab side by side, the older one left."""
    course = course_of(request)
    lesson, entry = course.require_lab(lab_id)
    rows = work_of(user=request.user, lab_id=entry.lab.id)
    wanted = {_id(request.GET.get("first")), _id(request.GET.get("second"))}
    chosen = [row for row in rows if row.submission.public_id in wanted]
    if len(chosen) != 2:
        messages.warning(request, _("Choose two different attempts to compare."))
        return redirect("classroom:attempts", entry.lab.id)
    old, new = chosen
    lines = compare_programs(program_of(old.submission), program_of(new.submission))
    context = {
        "lesson": lesson,
        "lab": entry.lab,
        "pair": chosen,
        "lines": lines,
        "changed": any(line.kind is not Side.SAME for line in lines),
        "checks": compare_checks(old.submission, new.submission),
        "outputs": compare_outputs(old.submission, new.submission, entry.lab),
    }
    return render(request, "classroom/compare.html", context)


@require_safe
@student_page
def solution(request: StudentRequest, lab_id: str) -> HttpResponse:
    """Show the lab's solution beside a person's own program, once that has passed."""
    _lesson, entry = course_of(request).require_lab(lab_id)
    lab = entry.lab
    passed = [
        row
        for row in work_of(user=request.user, lab_id=lab.id)
        if row.number is not None
        and row.verdict is not None
        and row.verdict.result == Verdict.Result.PASSED
    ]
    if not passed:
        messages.info(request, _("The solution is shown once the lab is passed."))
        return redirect("classroom:lab", lab.id)
    own = passed[-1]
    found = reference_solution(
        release_tree(own.submission.release), lab, own.submission.language
    )
    if found is None:
        raise Http404
    language, files = found
    context = {
        "lab": lab,
        "own": own,
        "language": language,
        "solution": next(iter(files.values())),
        "lines": compare_programs(
            program_of(own.submission), next(iter(files.values()))
        ),
        "points": [
            check.title.in_language(page_language()) for check in lab.spec.judged
        ],
    }
    return render(request, "classroom/solution.html", context)


@require_safe
@student_page
@never_cache
def lab_archive(request: StudentRequest, lab_id: str) -> HttpResponse:
    """Give a person's programs of one lab as a ZIP."""
    _lesson, entry = course_of(request).require_lab(lab_id)
    content = work_archive(user=request.user, lab_id=entry.lab.id)
    return zip_response(content, f"potok-{entry.lab.id}.zip")


def zip_response(content: bytes, name: str) -> HttpResponse:
    """Return ``content`` as a file to keep."""
    response = HttpResponse(content, content_type="application/zip")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None
