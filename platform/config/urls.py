"""Root URLs: the front doors, accounts, the admin and the health check."""

from django.contrib import admin
from django.urls import include, path

from config.health import healthz

urlpatterns = [
    path("", include("classroom.urls")),
    path("review/", include("review.urls")),
    path("studio/", include("studio.urls")),
    path("accounts/", include("allauth.account.urls")),
    path("i18n/", include("django.conf.urls.i18n")),
    path("admin/", admin.site.urls),
    path("healthz", healthz, name="healthz"),
]

handler400 = "classroom.errors.bad_request"
handler403 = "classroom.errors.permission_denied"
handler404 = "classroom.errors.not_found"
handler500 = "classroom.errors.server_error"
