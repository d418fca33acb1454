"""Django settings, in the order of Django's own documentation.

Safe with nothing set: DEBUG off, loopback hosts only. Every variable is described in
docs/settings.md.
"""

from pathlib import Path

from django.utils.csp import CSP

from config import env

ROOT = Path(__file__).resolve().parents[2]
LAB_VAR_DIR = Path(env.text("LAB_VAR_DIR", str(ROOT / "var")))

# Core
DEBUG = env.flag("DEBUG", default=False)
SECRET_KEY = env.secret("SECRET_KEY", file=LAB_VAR_DIR / "secret-key")
SECRET_KEY_FALLBACKS = env.words("SECRET_KEY_FALLBACKS", [])
ALLOWED_HOSTS = env.words("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.words("CSRF_TRUSTED_ORIGINS", [])
INSTALLED_APPS = [
    "config",
    "accounts",
    "curriculum",
    "progress",
    "questions",
    "search",
    "submissions",
    "classroom",
    "review",
    "studio",
    "demo",
    "rehearsal",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django_htmx",
    "allauth",
    "allauth.account",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.middleware.csp.ContentSecurityPolicyMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.ProfileLanguageMiddleware",
    "accounts.middleware.BrowserZoneMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [ROOT / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csp",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "accounts.context_processors.frame",
            ],
        },
    }
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024

# Cache: shared by all processes, because log-in rate limits are counted in it.
REDIS_URL = env.text("REDIS_URL", "")
CACHES = {
    "default": (
        {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": REDIS_URL,
        }
        if REDIS_URL
        else {
            "BACKEND": "django.core.cache.backends.filebased.FileBasedCache",
            "LOCATION": LAB_VAR_DIR / "cache",
        }
    )
}

# Database
DATABASES = {
    "default": env.database("DATABASE_URL", default=LAB_VAR_DIR / "db.sqlite3")
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# E-mail: a local folder until a server is named (docs/deploy.md).
EMAIL_SERVER = {
    "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
    "OPTIONS": {
        "host": env.text("EMAIL_HOST", ""),
        "port": env.number("EMAIL_PORT", 587),
        "username": env.text("EMAIL_HOST_USER", ""),
        "password": env.text("EMAIL_HOST_PASSWORD", ""),
        "use_tls": env.flag("EMAIL_USE_TLS", default=True),
        "timeout": 20,
    },
}
EMAIL_FOLDER = {
    "BACKEND": "django.core.mail.backends.filebased.EmailBackend",
    "OPTIONS": {"file_path": str(LAB_VAR_DIR / "mail")},
}
MAILERS = {"default": EMAIL_SERVER if env.text("EMAIL_HOST", "") else EMAIL_FOLDER}
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", "potok@localhost")

# Languages and time
LANGUAGE_CODE = "ru"
LANGUAGES = [("ru", "Русский"), ("en", "English")]
LOCALE_PATHS = [ROOT / "platform" / "config" / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SAMESITE = "Lax"
USE_TZ = True
TIME_ZONE = "UTC"

# Logging: one line each to stderr; the supervisor of `make run` writes files.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.text("LOG_LEVEL", "INFO")},
}

# Security
HTTPS = env.flag("HTTPS", default=False)
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = env.number("HSTS_SECONDS", 0)
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_AGE = 14 * 24 * 3600
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "classroom.errors.csrf_failure"
SECURE_CSP = {
    "default-src": [CSP.SELF],
    "script-src": [CSP.SELF, CSP.NONCE],
    "style-src": [CSP.SELF, CSP.NONCE],
    "img-src": [CSP.SELF, "data:"],
    "object-src": [CSP.NONE],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.SELF],
    "frame-ancestors": [CSP.NONE],
}

# Accounts
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "classroom:home"
ACCOUNT_ADAPTER = "accounts.adapter.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username", "email"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "optional"
# One address an account, replaced once the new one is confirmed.
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_FORMS = {
    "add_email": "accounts.forms.AddEmailForm",
    "change_password": "accounts.forms.ChangePasswordForm",
    "login": "accounts.forms.LoginForm",
    "reauthenticate": "accounts.forms.ReauthenticateForm",
    "reset_password": "accounts.forms.ResetPasswordForm",
    "reset_password_from_key": "accounts.forms.ResetPasswordKeyForm",
    "set_password": "accounts.forms.SetPasswordForm",
    "signup": "accounts.forms.SignupForm",
}
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
# Open on loopback, by invitation elsewhere (design §9).
LAB_SIGNUP_OPEN = env.flag("LAB_SIGNUP_OPEN", default=not HTTPS)
# Accounts whose passwords are printed, and made-up learners: never over HTTPS.
LAB_DEMO = not HTTPS and env.flag(
    "LAB_DEMO", default=set(ALLOWED_HOSTS) <= {"127.0.0.1", "localhost", "[::1]"}
)

# Static files
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("LAB_STATIC_DIR", str(LAB_VAR_DIR / "static")))
STATICFILES_DIRS = [ROOT / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# Celery: a message only says "wake up"; the rows of `submissions` are the truth.
CELERY_BROKER_URL = env.text("CELERY_BROKER_URL", REDIS_URL or "fsqueue://")
CELERY_BROKER_TRANSPORT_OPTIONS = (
    {
        "data_folder_in": str(LAB_VAR_DIR / "queue"),
        "data_folder_out": str(LAB_VAR_DIR / "queue"),
        "control_folder": str(LAB_VAR_DIR / "control"),
        # At kombu's default of 1 s a worker takes one message a second. Each look is
        # one listing of a folder.
        "polling_interval": 0.03,
    }
    if CELERY_BROKER_URL.startswith("fsqueue:")
    # Above the longest run; the reaper is the fast way back for a lost message.
    else {"visibility_timeout": 3600}
)

# Labs
LAB_CONTENT_ROOT = ROOT
LAB_SLOTS = env.number("LAB_SLOTS", 1)
LAB_SPARE_CELLS = env.number("LAB_SPARE_CELLS", 2)
LAB_NICENESS = env.number("LAB_NICENESS", 5)
LAB_SEED_SECRET = env.text("LAB_SEED_SECRET", "") or SECRET_KEY
LAB_LEASE_SECONDS = env.number("LAB_LEASE_SECONDS", 20)
LAB_HEARTBEAT_SECONDS = env.number("LAB_HEARTBEAT_SECONDS", 4)
LAB_REAP_SECONDS = env.number("LAB_REAP_SECONDS", 5)
LAB_MAX_TRIES = env.number("LAB_MAX_TRIES", 3)
LAB_RETRY_SECONDS = env.number("LAB_RETRY_SECONDS", 2)
LAB_MAX_WAITING = env.number("LAB_MAX_WAITING", 300)
LAB_SOURCE_MAX_BYTES = 256 * 1024
