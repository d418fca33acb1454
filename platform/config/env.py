"""Typed reading of environment variables; a bad value names the variable."""

import os
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

TRUE_WORDS = {"1", "true", "yes", "on"}
FALSE_WORDS = {"0", "false", "no", "off", ""}


def text(name: str, default: str) -> str:
    """Return the variable, or ``default`` where it is unset."""
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """Return a yes/no variable; anything else is refused."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    word = raw.strip().lower()
    if word in TRUE_WORDS:
        return True
    if word in FALSE_WORDS:
        return False
    raise ImproperlyConfigured(f"{name}={raw!r}: say 1 or 0")


def number(name: str, default: int) -> int:
    """Return a whole number."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    try:
        return int(raw)
    except ValueError as error:
        raise ImproperlyConfigured(f"{name}={raw!r}: not a whole number") from error


def words(name: str, default: list[str]) -> list[str]:
    """Return a comma-separated list without empty items."""
    raw = os.environ.get(name)
    if raw is None:
        return default
    return [word.strip() for word in raw.split(",") if word.strip()]


def sqlite(path: Path) -> dict[str, Any]:
    """Return a SQLite database that web and worker can share.

    IMMEDIATE takes the write lock at once, because a deferred transaction that
    upgrades fails with "database is locked" without waiting for the timeout.
    """
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": path,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                "PRAGMA journal_size_limit=67108864; PRAGMA cache_size=-20000;"
                "PRAGMA mmap_size=134217728;"
            ),
        },
        # A file, not memory: with a live server 78 of 200 parallel requests failed
        # on the shared in-memory cache, which ignores the busy timeout.
        "TEST": {"NAME": path.with_name("test.sqlite3")},
    }


def database(name: str, *, default: Path) -> dict[str, Any]:
    """Return the database of ``postgres://user:password@host:port/name?host=/socket``."""
    url = os.environ.get(name, "")
    if not url:
        return sqlite(default)
    parts = urlsplit(url)
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(
            f"{name}: scheme {parts.scheme!r}; use postgres://… or leave it unset"
        )
    options = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": options.pop("host", parts.hostname or ""),
        "PORT": str(options.pop("port", parts.port or "")),
        "OPTIONS": options,
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
    }


def secret(name: str, *, file: Path) -> str:
    """Return the secret of the variable, else of ``file`` made by set-up."""
    if value := os.environ.get(name):
        return value
    try:
        return file.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise ImproperlyConfigured(
            f"{name} is not set and {file.name} does not exist: "
            "run `make setup`, or set the variable"
        ) from None
