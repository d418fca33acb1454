"""Finding a place of the course: the page of results and the suggestions."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from classroom import finding, wording
from classroom.gate import StudentRequest, course_of, student_page
from search.selectors import LONGEST_QUERY, Found, find, suggest


@require_safe
@student_page
def search(request: StudentRequest) -> HttpResponse:
    """Show what a text finds; to a script the results alone."""
    text = request.GET.get("q", "").strip()
    is_too_long = len(text) > LONGEST_QUERY
    found = Found((), 0, 1)
    if text and not is_too_long:
        found = find(
            course=course_of(request),
            language=wording.page_language(),
            text=text,
            page=_page(request),
        )
    context = {
        "search_text": text[:LONGEST_QUERY],
        "is_too_long": is_too_long,
        "longest": LONGEST_QUERY,
        "found": found,
        "hits": finding.views_of(found.hits),
    }
    template = "classroom/search.html" + ("#results" if request.htmx else "")
    return render(request, template, context)


@require_safe
@student_page
def suggestions(request: StudentRequest) -> HttpResponse:
    """Return titles that go on as the text does, as options of the search field."""
    text = request.GET.get("q", "").strip()
    hits = (
        suggest(course=course_of(request), language=wording.page_language(), text=text)
        if len(text) <= LONGEST_QUERY
        else ()
    )
    context = {"hits": finding.views_of(hits)}
    return render(request, "classroom/search.html#suggestions", context)


def _page(request: StudentRequest) -> int:
    asked = request.GET.get("page", "")
    # isdecimal takes other scripts' digits too, as int does.
    return int(asked) if asked.isdecimal() and len(asked) < 6 else 1
