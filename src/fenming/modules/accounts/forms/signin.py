"""What people type to sign in, and about their own accounts."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.modules.accounts.models import User
from fenming.modules.accounts.validators import LONGEST

COMMON_ZONES = (
    "Asia/Shanghai", "Asia/Urumqi", "Asia/Hong_Kong", "Asia/Macau", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo",
    "Asia/Seoul", "Asia/Bangkok", "Asia/Jakarta", "Asia/Dubai", "Europe/London", "Europe/Berlin", "America/New_York",
    "America/Los_Angeles", "Australia/Sydney", "UTC",
)  # fmt: skip


def password_field(label: object, autocomplete: str) -> forms.CharField:
    """A password is taken as it is typed, blanks at the ends too."""
    widget = forms.PasswordInput(attrs={"autocomplete": autocomplete, "maxlength": LONGEST})
    return forms.CharField(label=label, strip=False, max_length=1000, widget=widget)  # type: ignore[arg-type]


class SignInForm(forms.Form):
    """Name and password."""

    username = forms.CharField(label=_("Account"), max_length=150)
    password = password_field(_("Password"), "current-password")


class CodeForm(forms.Form):
    """A code of the app, or a recovery code."""

    code = forms.CharField(
        label=_("Code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "autocapitalize": "characters",
                "spellcheck": "false",
                "autofocus": "",
            }
        ),
    )


class AppCodeForm(CodeForm):
    """A code of the app only."""

    code = forms.RegexField(
        r"^\s*\d{3}\s?\d{3}\s*$",
        label=_("Code from the app"),
        max_length=20,
        error_messages={"invalid": _("The code has six digits.")},
        widget=forms.TextInput(attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "pattern": "[0-9 ]*"}),
    )


class ForgotForm(forms.Form):
    """Whose password was forgotten."""

    name = forms.CharField(
        label=_("Account or e-mail"), max_length=150, widget=forms.TextInput(attrs={"autocomplete": "username"})
    )


class NewPasswordForm(forms.Form):
    """A new password, typed twice, that the policy takes."""

    password = password_field(_("New password"), "new-password")
    again = password_field(_("Once more"), "new-password")

    def __init__(self, *arguments: Any, user: User, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.user)
        return password

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("password") and given.get("again") and given["password"] != given["again"]:
            self.add_error("again", _("The two passwords are not the same."))
        return given


class WelcomeForm(NewPasswordForm):
    """The first password, and how the person wants to read and count the hours."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"))

    def __init__(self, *arguments: Any, user: User, **named: Any) -> None:
        super().__init__(*arguments, user=user, **named)
        zone_choices(self.fields["time_zone"], user.time_zone)


class ChangePasswordForm(NewPasswordForm):
    """A new password by somebody who knows the present one."""

    present = password_field(_("Present password"), "current-password")
    field_order = ("present", "password", "again")

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if not self.user.check_password(present):
            raise ValidationError(_("This is not your present password."))
        return present


class PresentPasswordForm(forms.Form):
    """Proof that it is still the person who sits there."""

    present = password_field(_("Present password"), "current-password")

    def __init__(self, *arguments: Any, user: User, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.user = user

    clean_present = ChangePasswordForm.clean_present


class SettingsForm(forms.Form):
    """Language, time zone, e-mail."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"))
    email = forms.EmailField(
        label=pgettext_lazy("people", "E-mail"), required=False, max_length=254,
        help_text=_("For links to a new password, and for messages if you want them."),
    )  # fmt: skip

    present = password_field(_("Present password"), "current-password")

    def __init__(self, *arguments: Any, user: User, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.user = user
        zone_choices(self.fields["time_zone"], user.time_zone)
        self.fields["present"].required = False
        self.fields["present"].help_text = _("Needed only for another e-mail address.")
        if not user.has_usable_password():
            del self.fields["present"]

    @property
    def must_prove(self) -> bool:
        """Whether letters would go elsewhere, so that only who knows the password may have it so."""
        return "present" in self.fields and self["email"].value() != self.user.email

    def clean_present(self) -> str:
        present: str = self.cleaned_data["present"]
        if self.must_prove and not self.user.check_password(present):
            raise ValidationError(_("To change the e-mail address, type your present password."))
        return present


def zone_choices(field: forms.Field, present: str) -> None:
    """Where our people are, and whatever somebody has already."""
    zones = list(COMMON_ZONES)
    for one in (settings.TIME_ZONE, present):
        if one and one not in zones and one in available_timezones():
            zones.append(one)
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
    field.choices = [(one, ZONE_NAMES.get(one, one)) for one in zones]


ZONE_NAMES = {
    "Asia/Shanghai": _("Beijing time (UTC+8)"),
    "Asia/Urumqi": _("Ürümqi (UTC+6)"),
    "Asia/Hong_Kong": _("Hong Kong"),
    "Asia/Macau": _("Macau"),
    "Asia/Taipei": _("Taipei"),
    "Asia/Singapore": _("Singapore"),
    "Asia/Tokyo": _("Tokyo"),
    "Asia/Seoul": _("Seoul"),
    "Asia/Bangkok": _("Bangkok"),
    "Asia/Jakarta": _("Jakarta"),
    "Asia/Dubai": _("Dubai"),
    "Europe/London": _("London"),
    "Europe/Berlin": _("Berlin"),
    "America/New_York": _("New York"),
    "America/Los_Angeles": _("Los Angeles"),
    "Australia/Sydney": _("Sydney"),
    "UTC": _("Universal time (UTC)"),
}
