"""The three demo accounts: random passwords in a file that only its owner reads."""

import os
import secrets
from pathlib import Path

from django.db import transaction

from accounts.models import User

# Without 0 O 1 l I: the passwords are read from a terminal and typed.
ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
ROLES = ("student", "instructor", "admin")


class NameTaken(Exception):
    """An account that is no demo account has the name already."""


def read_passwords(file: Path) -> dict[str, str]:
    """Return the passwords by name; empty where there is no file."""
    try:
        lines = file.read_text("utf-8").splitlines()
    except FileNotFoundError:
        return {}
    return dict(line.split(" ", 1) for line in lines if " " in line)


@transaction.atomic
def ensure_accounts(*, file: Path) -> dict[str, User]:
    """Return the demo accounts by role, made where they are missing.

    A password is only changed when ``file`` does not know it. The file is written
    before the accounts are committed: one that is lost can be repaired by the next
    call, an account whose password nobody knows cannot be used. Raises NameTaken.
    """
    known = read_passwords(file)
    passwords = {role: known.get(role) or _new_password() for role in ROLES}
    if passwords != known:
        _write(file, passwords)
    accounts = {}
    for role in ROLES:
        user, created = User.objects.get_or_create(
            username=role, defaults={"is_demo": True}
        )
        if not user.is_demo:
            raise NameTaken(role)
        if created or role not in known:
            user.set_password(passwords[role])
        user.is_staff = user.is_superuser = role == "admin"
        user.save()
        accounts[role] = user
    return accounts


def _new_password() -> str:
    """Return three groups of four: 60 bits."""
    return "-".join(
        "".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3)
    )


def _write(file: Path, passwords: dict[str, str]) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.writelines(f"{name} {word}\n" for name, word in passwords.items())
    draft.replace(file)
