"""URLs of the students' pages."""

from django.urls import path

from classroom.views import (
    attempts,
    certificates,
    course,
    history,
    labs,
    lessons,
    own_data,
    preferences,
    questions,
    reference,
    smallest,
)

app_name = "classroom"
urlpatterns = [
    path("", course.home, name="home"),
    path("course/", course.course, name="course"),
    path("lessons/<slug:lesson_id>/", lessons.lesson, name="lesson"),
    path("lessons/<slug:lesson_id>/read/", lessons.lesson_read, name="lesson-read"),
    path("lessons/<slug:lesson_id>/place/", lessons.lesson_place, name="lesson-place"),
    path(
        "lessons/<slug:lesson_id>/files/<path:path>",
        lessons.lesson_file,
        name="lesson-file",
    ),
    path("labs/<slug:lab_id>/", labs.lab, name="lab"),
    path("labs/<slug:lab_id>/send/", labs.lab_send, name="lab-send"),
    path("labs/<slug:lab_id>/draft/", labs.lab_draft, name="lab-draft"),
    path("labs/<slug:lab_id>/reset/", labs.lab_reset, name="lab-reset"),
    path("labs/<slug:lab_id>/unreset/", labs.lab_unreset, name="lab-unreset"),
    path("labs/<slug:lab_id>/attempts/", history.lab_attempts, name="attempts"),
    path("labs/<slug:lab_id>/compare/", history.compare, name="compare"),
    path("labs/<slug:lab_id>/solution/", history.solution, name="solution"),
    path("labs/<slug:lab_id>/work.zip", history.lab_archive, name="lab-archive"),
    path("labs/<slug:lab_id>/files/<path:path>", lessons.lab_file, name="lab-file"),
    path("attempts/<uuid:public_id>/", attempts.attempt, name="attempt"),
    path(
        "attempts/<uuid:public_id>/status/",
        attempts.attempt_status,
        name="attempt-status",
    ),
    path(
        "attempts/<uuid:public_id>/cancel/",
        attempts.attempt_cancel,
        name="attempt-cancel",
    ),
    path(
        "attempts/<uuid:public_id>/restore/",
        attempts.attempt_restore,
        name="attempt-restore",
    ),
    path(
        "attempts/<uuid:public_id>/smallest/",
        smallest.smallest_ask,
        name="smallest-ask",
    ),
    path(
        "attempts/<uuid:public_id>/smallest/status/",
        smallest.smallest_status,
        name="smallest-status",
    ),
    path(
        "attempts/<uuid:public_id>/smallest/cancel/",
        smallest.smallest_cancel,
        name="smallest-cancel",
    ),
    path("questions/", questions.questions, name="questions"),
    path("questions/ask/", questions.question_ask, name="question-ask"),
    path("questions/mail/", questions.question_mail, name="question-mail"),
    path("questions/<uuid:public_id>/", questions.question, name="question"),
    path(
        "questions/<uuid:public_id>/reply/",
        questions.question_reply,
        name="question-reply",
    ),
    path("certificate/", certificates.certificate, name="certificate"),
    path("certificate/issue/", certificates.issue, name="issue-certificate"),
    path(
        "certificates/<uuid:public_id>/",
        certificates.verify,
        name="verify-certificate",
    ),
    path("own-data/", own_data.own_data, name="own-data"),
    path("own-data/potok.zip", own_data.archive, name="own-archive"),
    path("own-data/delete/", own_data.delete, name="delete-account"),
    path("privacy/", own_data.privacy, name="privacy"),
    path("glossary/", reference.glossary, name="glossary"),
    path("troubleshooting/", reference.troubleshooting, name="troubleshooting"),
    path("preferences/", preferences.preferences, name="preferences"),
]
