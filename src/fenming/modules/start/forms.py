"""What the steps of the first start ask."""

from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _

from fenming.library.text import Words
from fenming.modules.accounts.operations.first import Colleague, Founder

ME, COLLEAGUE = "me", "colleague"
SIGN_IN_NAME = RegexValidator(r"^[\w.@+-]+\Z", _("Letters, digits and . @ + - _ only."))
ZONES = ("Asia/Shanghai", "Asia/Hong_Kong", "Asia/Taipei", "Asia/Singapore", "Asia/Tokyo", "Europe/London", "UTC")


def _rules() -> str:
    return " ".join(password_validators_help_texts())


class AccountForm(forms.Form):
    """The first account, and who takes the other two administrations."""

    name = forms.CharField(label=_("Your name"), max_length=80)
    username = forms.CharField(
        label=_("Sign-in name"), max_length=150, validators=[SIGN_IN_NAME],
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false"}),
    )  # fmt: skip
    email = forms.EmailField(label=_("E-mail"), required=False)
    password = forms.CharField(
        label=_("Password"), max_length=1000, strip=False, help_text=lazy(_rules, str)(),
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}, render_value=True),
    )  # fmt: skip
    works_in_hr = forms.BooleanField(
        label=_("I also work in HR: I see people, pay and boards"), required=False, initial=True
    )
    security = forms.ChoiceField(choices=[(COLLEAGUE, COLLEAGUE), (ME, ME)], initial=COLLEAGUE)
    security_name = forms.CharField(label=_("Name of the security administrator"), max_length=80, required=False)
    security_username = forms.CharField(
        label=_("Sign-in name"), max_length=150, required=False, validators=[SIGN_IN_NAME]
    )
    audit = forms.ChoiceField(choices=[(COLLEAGUE, COLLEAGUE), (ME, ME)], initial=COLLEAGUE)
    audit_name = forms.CharField(label=_("Name of the audit administrator"), max_length=80, required=False)
    audit_username = forms.CharField(label=_("Sign-in name"), max_length=150, required=False, validators=[SIGN_IN_NAME])
    reason = forms.CharField(
        label=_("Why one person has to do it"), max_length=200, required=False,
        help_text=_("It is kept in the operation log, and the page of roles shows it until the roles are shared."),
    )  # fmt: skip
    signed = forms.BooleanField(label=_("I answer for this"), required=False)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        for office in ("security", "audit"):
            if given.get(office) == COLLEAGUE:
                self._needs(f"{office}_name", _("Say who, or choose “Myself, for now”."))
                self._needs(f"{office}_username", _("Choose the name that your colleague signs in with."))
        if ME in (given.get("security"), given.get("audit")):
            self._needs("reason", _("Please give the reason."))
            self._needs("signed", _("Please confirm that you answer for it."))
        self._check_names(given)
        self._check_password(given)
        return given

    def _needs(self, name: str, problem: Any) -> None:
        if not self.cleaned_data.get(name) and name not in self.errors:
            self.add_error(name, problem)

    def _check_names(self, given: dict[str, Any]) -> None:
        seen: set[str] = set()
        for name in ("username", *(f"{one}_username" for one in self._offices(COLLEAGUE))):
            value = str(given.get(name) or "").casefold()
            if value and value in seen:
                self.add_error(name, _("Every account needs a sign-in name of its own."))
            seen.add(value)

    def _check_password(self, given: dict[str, Any]) -> None:
        user = get_user_model()(
            username=given.get("username", ""), name=given.get("name", ""), email=given.get("email", "")
        )
        try:
            if given.get("password"):
                validate_password(given["password"], user)
        except ValidationError as error:
            self.add_error("password", error)

    def _offices(self, whose: str) -> list[str]:
        return [one for one in ("security", "audit") if self.cleaned_data.get(one) == whose]

    def founder(self, language: str) -> Founder:
        """The account as typed."""
        given = self.cleaned_data
        roles = ["system_admin", *(f"{one}_admin" for one in self._offices(ME))]
        return Founder(
            username=given["username"], name=given["name"], password=given["password"], email=given["email"],
            roles=[*roles, "hr"] if given["works_in_hr"] else roles, reason=given["reason"], language=language,
        )  # fmt: skip

    def colleagues(self) -> list[Colleague]:
        """Who takes the other administrations."""
        given = self.cleaned_data
        return [
            Colleague(username=given[f"{one}_username"], name=given[f"{one}_name"], role=f"{one}_admin")
            for one in self._offices(COLLEAGUE)
        ]


def zones() -> list[Any]:
    """The usual time zones first, then every other."""
    others = sorted(
        one for one in available_timezones() if "/" in one and one not in ZONES and not one.startswith("Etc")
    )
    return [(_("Usual"), [(one, one) for one in ZONES]), (_("All others"), [(one, one) for one in others])]


class CompanyForm(forms.Form):
    """What the company says about itself."""

    name_zh = forms.CharField(label=_("Company name in Chinese"), max_length=120)
    name_en = forms.CharField(label=_("Company name in English"), max_length=120, required=False)
    time_zone = forms.ChoiceField(
        label=_("Time zone"), choices=zones, help_text=_("In which the times of imported records are read.")
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("Of the invitations; everybody can change the own."),
    )
    calendar = forms.ChoiceField(
        label=_("Working calendar"), widget=forms.RadioSelect,
        choices=[
            ("cn", _("Mainland China: public holidays and make-up working days")),
            ("five_days", _("Five-day week; holidays are entered later")),
        ],
    )  # fmt: skip

    @property
    def name(self) -> Words:
        """The name in both languages."""
        return Words(zh=self.cleaned_data["name_zh"], en=self.cleaned_data["name_en"])
