"""Writing accounts."""

from django.db import transaction

from accounts.models import User


class WrongPassword(ValueError):
    """What was typed is not the account's password."""


def delete_account(*, user: User, password: str) -> None:
    """Delete ``user`` with everything that hangs on the row; raise WrongPassword.

    A program that still runs loses its row, so that its worker's verdict finds no
    lease to fit and is dropped.
    """
    if not user.check_password(password):
        raise WrongPassword
    with transaction.atomic():
        User.objects.get(pk=user.pk).delete()
