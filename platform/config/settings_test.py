"""Settings of the tests: what differs from the site, and why."""

import os
import tempfile
from pathlib import Path

os.environ.setdefault("SECRET_KEY", "tests-only")  # no set-up needed to run units

from config.settings import *  # noqa: F403
from config.settings import DATABASES, STORAGES

# argon2/PBKDF2 would cost 0.1 s for each account a test makes.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Unhashed names: tests need no collectstatic.
STORAGES = STORAGES | {
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
}
# One for each process, removed at its end: two test runs at once must not share a
# database file.
FOLDER = tempfile.TemporaryDirectory(prefix="potok-tests-", ignore_cleanup_errors=True)
LAB_VAR_DIR = Path(FOLDER.name)
# whitenoise warns of a missing folder, and warnings are errors here.
STATIC_ROOT = LAB_VAR_DIR / "static"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
CELERY_BROKER_URL = os.environ.get("CELERY_BROKER_URL", "memory://")
CELERY_BROKER_TRANSPORT_OPTIONS = {}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    DATABASES["default"]["TEST"] = {"NAME": LAB_VAR_DIR / "test.sqlite3"}
