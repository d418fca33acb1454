"""Instructors' pages of questions: what waits, and the answer."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from curriculum.catalogue import UnknownItem
from curriculum.releases import active_catalogue
from questions.models import Question
from questions.selectors import answers_of, reviewable_question, reviewable_questions
from questions.services import Unfit, answer, close
from review.access import ReviewRequest, reviewer_required

SHOWN = 200


@require_safe
@reviewer_required
def questions(request: ReviewRequest) -> HttpResponse:
    """List the questions and reports, those that wait first."""
    context = {"questions": reviewable_questions(request.user)[:SHOWN]}
    return render(request, "review/questions.html", context)


@require_safe
@reviewer_required
def question(request: ReviewRequest, public_id: UUID) -> HttpResponse:
    """Show one question with its answers."""
    return _page(request, _found(request, public_id))


@require_POST
@reviewer_required
def question_answer(request: ReviewRequest, public_id: UUID) -> HttpResponse:
    """Answer a question, or with ``close`` take it off the list."""
    found = _found(request, public_id)
    text = request.POST.get("text", "")
    is_closing = request.POST.get("close") == "1"
    try:
        if text.strip() or not is_closing:
            answer(question=found, author=request.user, text=text)
    except Unfit:
        problem = _("The text is empty, or longer than 4000 characters.")
        return _page(request, found, problem=problem, text=text, status=400)
    if is_closing:
        close(question=found)
    messages.success(request, _("Saved."))
    return redirect("review:question", found.public_id)


def _page(
    request: ReviewRequest,
    found: Question,
    *,
    problem: str = "",
    text: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "question": found,
        "item_title": _item_title(found),
        "answers": answers_of(found),
        "problem": problem,
        "text": text,
    }
    return render(request, "review/question.html", context, status=status)


def _item_title(found: Question) -> str:
    """Return the title of what is asked about; its id where the course lost it."""
    catalogue = active_catalogue()
    is_lab = found.subject == Question.Subject.LAB
    try:
        item = catalogue.lab(found.item) if is_lab else catalogue.lesson(found.item)
    except UnknownItem:
        return found.item
    return item.title(get_language() or "ru")


def _found(request: ReviewRequest, public_id: UUID) -> Question:
    try:
        return reviewable_question(user=request.user, public_id=public_id)
    except Question.DoesNotExist:
        raise Http404 from None
