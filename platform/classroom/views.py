"""Students' pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def home(request: HttpRequest) -> HttpResponse:
    """Show where to continue."""
    return render(request, "classroom/home.html")
