"""URLs of the admins' pages."""

from django.urls import path

from studio import views

app_name = "studio"
urlpatterns = [path("health/", views.health_page, name="health")]
