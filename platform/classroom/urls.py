"""URLs of the students' pages."""

from django.urls import URLPattern, path

from classroom import views

app_name = "classroom"
urlpatterns: list[URLPattern] = [
    path("", views.home, name="home"),
]
