"""The pages beside the lessons: glossary and troubleshooting."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from classroom import reference, wording
from classroom.gate import StudentRequest, student_page
from curriculum.catalogue import Term, Trouble
from curriculum.labels import CANONICAL_LANGUAGE
from curriculum.releases import active_catalogue


@require_safe
@student_page
def glossary(request: StudentRequest) -> HttpResponse:
    """Show the terms of the course by letter."""
    language, catalogue = wording.page_language(), active_catalogue()
    context = {
        "groups": reference.glossary(catalogue, language),
        "text_language": _language(language, catalogue.glossary),
    }
    return render(request, "classroom/glossary.html", context)


@require_safe
@student_page
def troubleshooting(request: StudentRequest) -> HttpResponse:
    """Show what goes wrong by family: symptom, cause and cure."""
    language, catalogue = wording.page_language(), active_catalogue()
    context = {
        "groups": reference.troubleshooting(catalogue, language),
        "text_language": _language(language, catalogue.troubleshooting),
    }
    return render(request, "classroom/troubleshooting.html", context)


def _language(language: str, entries: tuple[Term, ...] | tuple[Trouble, ...]) -> str:
    """Return the language of the entries: all have it, or all are in Russian."""
    translated = all(language in entry.texts for entry in entries)
    return language if translated else CANONICAL_LANGUAGE
