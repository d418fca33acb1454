"""Asking about a place of the course, and the answers."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from classroom.asking import PlaceUnknown, place_title, places_of
from classroom.gate import StudentRequest, course_of, student_page
from classroom.wording import page_language
from questions.models import Question
from questions.selectors import answers_of, own_question, own_questions, wants_mail
from questions.services import Unfit, answer, ask, choose_mail, note_seen


@require_safe
@student_page
def questions(request: StudentRequest) -> HttpResponse:
    """List what a person asked, and whether answers go out by mail."""
    catalogue = course_of(request).catalogue
    rows = [
        (item, place_title(catalogue, item, page_language()))
        for item in own_questions(request.user)[:100]
    ]
    context = {"rows": rows, "mails": wants_mail(request.user)}
    return render(request, "classroom/questions.html", context)


@require_POST
@student_page
def question_ask(request: StudentRequest) -> HttpResponse:
    """Store a question about an open lesson or lab."""
    course = course_of(request)
    subject = request.POST.get("subject", "")
    item = request.POST.get("item", "")
    if subject == Question.Subject.LESSON:
        item = course.require_lesson(item).lesson.id
    elif subject == Question.Subject.LAB:
        item = course.require_lab(item)[1].lab.id
    else:
        raise Http404
    try:
        place = request.POST.get("place", "")
        if place and place not in dict(
            places_of(course.catalogue, subject, item, page_language())
        ):
            raise PlaceUnknown
        made = ask(
            user=request.user,
            kind=request.POST.get("kind", ""),
            subject=subject,
            item=item,
            place=place,
            text=request.POST.get("text", ""),
        )
    except PlaceUnknown:
        raise Http404 from None
    except Unfit as unfit:
        return _refused(request, unfit)
    messages.success(request, _("Sent. The answer will appear here and at home."))
    return redirect(made)


@require_safe
@student_page
def question(request: StudentRequest, public_id: UUID) -> HttpResponse:
    """Show a person's own question with its answers, which are read by that."""
    found = _own(request, public_id)
    written = answers_of(found)
    if request.method == "GET":
        note_seen(question=found)
    context = {
        "question": found,
        "answers": written,
        "place": place_title(course_of(request).catalogue, found, page_language()),
    }
    return render(request, "classroom/question.html", context)


@require_POST
@student_page
def question_reply(request: StudentRequest, public_id: UUID) -> HttpResponse:
    """Add a message to a person's own question."""
    found = _own(request, public_id)
    try:
        answer(question=found, author=request.user, text=request.POST.get("text", ""))
    except Unfit as unfit:
        return _refused(request, unfit)
    return redirect(found)


@require_POST
@student_page
def question_mail(request: StudentRequest) -> HttpResponse:
    """Choose whether answers go out by mail."""
    choose_mail(user=request.user, answers=request.POST.get("answers") == "1")
    messages.success(request, _("The choice is saved."))
    return redirect("classroom:questions")


def _own(request: StudentRequest, public_id: UUID) -> Question:
    try:
        return own_question(user=request.user, public_id=public_id)
    except Question.DoesNotExist:
        raise Http404 from None


def _refused(request: StudentRequest, unfit: Unfit) -> HttpResponse:
    """Say why, with the text to be taken back."""
    words = {
        "empty": _("The text is empty."),
        "too-long": _("The text is longer than 4000 characters."),
        "too-many": _("That were 30 questions in a day; the next one goes tomorrow."),
        "kind-unknown": _("The form was not complete."),
    }
    context = {"problem": words[unfit.code], "text": request.POST.get("text", "")}
    return render(request, "classroom/question_refused.html", context, status=400)
