"""Making a key, and giving it a new secret."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from fenming.controls.permissions import PERMISSIONS
from fenming.controls.widgets import DayInput
from fenming.modules.accounts.forms.roles import say
from fenming.modules.accounts.models import ApiKey, User
from fenming.modules.accounts.operations.keys import NewKey
from fenming.modules.accounts.queries.keys import GIVEN, account_named

USUAL = timedelta(days=90)
OVERLAPS = (
    (0, gettext_lazy("Stop at once")),
    (1, gettext_lazy("1 hour")),
    (24, gettext_lazy("1 day")),
    (24 * 7, gettext_lazy("7 days")),
)


class LastDay(forms.DateField):
    """The last day of something, as the moment when it ends."""

    widget = DayInput

    def clean(self, value: Any) -> datetime | None:
        day: date | None = super().clean(value)
        if day is None:
            return None
        if not date(2000, 1, 1) < day < date(2200, 1, 1):
            raise forms.ValidationError(_("A key lasts until a day from today on, for a year at most."))
        return timezone.make_aware(datetime.combine(day + timedelta(days=1), time()))


class KeyForm(forms.Form):
    """A new key."""

    name = forms.CharField(
        label=gettext_lazy("Name"), max_length=80, help_text=gettext_lazy("Which program uses it, and for what.")
    )
    account = forms.CharField(
        label=gettext_lazy("Account"),
        max_length=150,
        help_text=gettext_lazy("The sign-in name of the account that the key acts for."),
    )
    expires = LastDay(label=gettext_lazy("Last day"), help_text=gettext_lazy("At most a year from now."))
    networks = forms.CharField(
        label=gettext_lazy("Allowed networks"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One a line, such as 192.0.2.0/24. Empty: from anywhere."),
    )
    permissions = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy("A key can never do more than its account, nor for other people."),
    )

    def __init__(self, *arguments: Any, **named: Any) -> None:
        named.setdefault("initial", {"expires": timezone.localdate() + USUAL})
        super().__init__(*arguments, **named)
        choices = [(one, say(PERMISSIONS[one].name)) for one in GIVEN]
        self.fields["permissions"].choices = choices  # type: ignore[attr-defined]

    def clean_account(self) -> User:
        found = account_named(self.cleaned_data["account"].strip())
        if found is None:
            raise forms.ValidationError(_("There is no active account of this name. It is often the employee number."))
        return found

    def wanted(self) -> NewKey:
        given = self.cleaned_data
        return NewKey(
            user=given["account"], name=given["name"], permissions=given["permissions"], expires_at=given["expires"],
            networks=list(dict.fromkeys(given["networks"].replace(",", " ").split())),
        )  # fmt: skip


class RotateForm(forms.Form):
    """A new secret for a key."""

    overlap = forms.TypedChoiceField(
        label=gettext_lazy("The old secret works for"), coerce=int, choices=OVERLAPS, initial=24
    )
    expires = LastDay(label=gettext_lazy("Last day"))

    def __init__(self, *arguments: Any, key: ApiKey, **named: Any) -> None:
        super().__init__(*arguments, **named)
        today = timezone.localdate()
        last = timezone.localtime(key.expires_at).date() - timedelta(days=1)
        self.fields["expires"].initial = max(last, today + USUAL)

    def overlap_wanted(self) -> timedelta:
        return timedelta(hours=self.cleaned_data["overlap"])
