"""allauth's forms with labels instead of placeholders, which vanish when one types."""

from typing import Any

from allauth.account import forms
from allauth.account.internal.flows.manage_email import sync_user_email_address
from allauth.account.internal.userkit import filter_users_by_email
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.forms import Form
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _


def _plain_labels(form: Form) -> None:
    form.label_suffix = ""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)


class LoginForm(forms.LoginForm):
    """Name or e-mail, and the password; the way to a new one is under the form."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_labels(self)
        self.fields["login"].label = _("User name or e-mail")
        self.fields["login"].widget.attrs["autocomplete"] = "username"
        self.fields["password"].help_text = ""
        self.fields["remember"].label = _("Stay signed in on this device")


class SignupForm(forms.SignupForm):
    """A new account; says what each field is for."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_labels(self)
        self.fields["username"].label = _("User name")
        self.fields["username"].help_text = _("Your instructors see it.")
        self.fields["email"].label = _("E-mail")
        self.fields["email"].help_text = _("Used to reset a forgotten password.")
        self.fields["password2"].label = _("Password once more")


class AddEmailForm(forms.AddEmailForm):
    """A new address for an account.

    allauth takes an address of another account and leaves the conflict to later,
    where it would meet the unique constraint on ``User.email``; sign-up refuses it
    too, so nothing more is given away here.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_labels(self)
        self.fields["email"].label = _("New e-mail")

    def clean_email(self) -> str:
        email: str = super().clean_email()
        if any(other.pk != self.user.pk for other in filter_users_by_email(email)):
            raise ValidationError(
                _("This e-mail address is already in use."), code="email_taken"
            )
        return email

    def save(self, request: HttpRequest) -> EmailAddress:
        """Send a letter to the new address; the present one stays until it is opened.

        allauth's own way drops a present address that was never confirmed, and with
        it the only place a reset letter could go to.
        """
        # First, because the page takes the latest unconfirmed address for the new one.
        sync_user_email_address(self.user)
        addresses = EmailAddress.objects
        addresses.filter(user=self.user, verified=False).exclude(
            email__iexact=self.user.email
        ).delete()
        return addresses.add_email(
            request, self.user, self.cleaned_data["email"], confirm=True
        )


class ChangePasswordForm(forms.ChangePasswordForm):
    """The present password and a new one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_labels(self)
        self.fields["oldpassword"].label = _("Present password")
        self.fields["oldpassword"].help_text = ""
        self.fields["password1"].label = _("New password")
        self.fields["password2"].label = _("New password once more")


class SetPasswordForm(forms.SetPasswordForm):
    """A first password for an account made without one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_labels(self)
        self.fields["password2"].label = _("Password once more")


class ResetPasswordForm(forms.ResetPasswordForm):
    """The address that the reset link goes to."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_labels(self)
        self.fields["email"].label = _("E-mail")


class ResetPasswordKeyForm(forms.ResetPasswordKeyForm):
    """A new password behind a reset link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_labels(self)
        self.fields["password1"].label = _("New password")
        self.fields["password2"].label = _("New password once more")


class ReauthenticateForm(forms.ReauthenticateForm):
    """The password once more before something is changed."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _plain_labels(self)
        self.fields["password"].help_text = ""
