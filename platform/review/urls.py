"""URLs of the instructors' pages."""

from django.urls import path

from review import questions, views

app_name = "review"
urlpatterns = [
    path("", views.home, name="home"),
    path("cohorts/<slug:slug>/", views.cohort, name="cohort"),
    path("cohorts/<slug:slug>/progress.csv", views.cohort_csv, name="cohort-csv"),
    path("cohorts/<slug:slug>/students/<str:username>/", views.student, name="student"),
    path("attempts/<uuid:public_id>/", views.attempt, name="attempt"),
    path(
        "attempts/<uuid:public_id>/run/<slug:part>/",
        views.attempt_part,
        name="attempt-part",
    ),
    path("questions/", questions.questions, name="questions"),
    path("questions/<uuid:public_id>/", questions.question, name="question"),
    path(
        "questions/<uuid:public_id>/answer/",
        questions.question_answer,
        name="question-answer",
    ),
]
