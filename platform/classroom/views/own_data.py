"""What the site keeps of a person: the notice, the archive, and leaving."""

from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.services import WrongPassword, delete_account
from classroom.gate import StudentRequest, student_page
from classroom.views.history import zip_response
from questions.selectors import question_facts
from submissions.own_work import work_archive


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """Say what is kept, for what, how long and who sees it."""
    return render(request, "classroom/privacy.html")


@require_safe
@student_page
def own_data(request: StudentRequest) -> HttpResponse:
    """Offer the archive and the way to leave."""
    return render(request, "classroom/own_data.html")


@require_safe
@student_page
@never_cache
def archive(request: StudentRequest) -> HttpResponse:
    """Give all that is kept of the person as one ZIP."""
    questions = question_facts(request.user)
    content = work_archive(user=request.user, more={"questions.json": questions})
    return zip_response(content, f"potok-{request.user.pk}.zip")


@require_POST
@student_page
@sensitive_post_parameters("password")
def delete(request: StudentRequest) -> HttpResponse:
    """Delete the account and everything that belongs to it, after its password."""
    user = request.user
    if user.is_staff:
        message = _("An admin's account is deleted by another admin.")
        return _again(request, message, status=403)
    try:
        delete_account(user=user, password=request.POST.get("password", ""))
    except WrongPassword:
        return _again(request, _("The password is not right."), status=400)
    logout(request)
    messages.success(request, _("The account is deleted with all that belonged to it."))
    return redirect("account_login")


def _again(request: StudentRequest, problem: str, *, status: int) -> HttpResponse:
    context = {"problem": problem}
    return render(request, "classroom/own_data.html", context, status=status)
