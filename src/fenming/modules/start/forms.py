"""What the steps of the first start ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.password_validation import password_validators_help_texts, validate_password
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.core.validators import RegexValidator
from django.utils.functional import lazy
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from fenming.library.roles import roles as shipped_roles
from fenming.library.schemes import schemes
from fenming.library.text import Words
from fenming.modules.accounts.operations.first import Colleague, Founder
from fenming.modules.people.queries.size import Place
from fenming.modules.start.operations.inviting import Guest
from fenming.modules.start.operations.schemes import Chosen
from fenming.modules.start.queries.invitations import ROLES, Candidate, by_hand
from fenming.modules.start.queries.suggestions import measured, of_place, of_post

ME, COLLEAGUE = "me", "colleague"
SIGN_IN_NAME = RegexValidator(r"^[\w.@+-]+\Z", _("Letters, digits and . @ + - _ only."))
LARGEST_RECORDS = 100 * 1024 * 1024
KINDS = {".xlsx", ".xlsm", ".xls", ".csv", ".tsv", ".txt", ".parquet"}
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
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
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


class SchemesForm(forms.Form):
    """A scheme for each department, and another one for some of its posts."""

    start = forms.ChoiceField(label=_("Measured from"))

    def __init__(self, places: Sequence[Place], days: Sequence[date], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.places = places
        names = [(one.id, one.name.say(get_language() or "zh")) for one in schemes().values()]
        self.fields["start"].choices = [(day.isoformat(), day.isoformat()) for day in days]  # type: ignore[attr-defined]
        for place in places:
            self.fields[f"d{place.id}"] = forms.ChoiceField(
                label=_("Scheme"), required=False, choices=[("", _("None for now")), *names], initial=of_place(place)
            )
            for number, (code, name, _people) in enumerate(place.posts if len(place.posts) > 1 else ()):
                self.fields[f"d{place.id}p{number}"] = forms.ChoiceField(
                    label=name, required=False, choices=[("", _("as the department")), *names],
                    initial=of_post(place, code, name),
                )  # fmt: skip

    def rows(self) -> Iterator[dict[str, Any]]:
        """Each department with its fields and what the scheme chosen now measures."""
        for place in self.places:
            posts = [self[f"d{place.id}p{number}"] for number in range(len(place.posts)) if len(place.posts) > 1]
            chosen = schemes().get(self[f"d{place.id}"].value() or "")
            yield {
                "place": place, "field": self[f"d{place.id}"], "posts": posts, "scheme": chosen,
                "measures": measured(chosen, get_language() or "zh") if chosen else [],
                "differs": any(one.value() for one in posts),
            }  # fmt: skip

    def chosen(self) -> list[Chosen]:
        """The schemes as chosen: for each department, and the posts that have another."""
        found = []
        for place in self.places:
            own = self.cleaned_data[f"d{place.id}"]
            others: dict[str, list[str]] = {}
            for number, (code, _name, _people) in enumerate(place.posts):
                other = self.cleaned_data.get(f"d{place.id}p{number}")
                if other and other != own:
                    others.setdefault(other, []).append(code)
            found += [Chosen(place=place, scheme=one, posts=tuple(posts)) for one, posts in others.items()]
            if own:
                found.append(Chosen(place=place, scheme=own))
        return found


class RecordsForm(forms.Form):
    """A file of business records."""

    file = forms.FileField(
        label=_("Excel, CSV or Parquet"),
        help_text=_("As your platform exports it: sessions, orders, parcels, visits and so on. At most 100 MB."),
        widget=forms.FileInput(attrs={"accept": ".xlsx,.xlsm,.xls,.csv,.tsv,.txt,.parquet"}),
        max_length=200,
    )

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST_RECORDS:
            raise ValidationError(_("The file is larger than 100 MB. Take it in by parts, or by “fenming score”."))
        if Path(file.name or "").suffix.lower() not in KINDS:
            raise ValidationError(_("Use .xlsx, .xls, .csv or .parquet."))
        return file


class InvitationsForm(forms.Form):
    """Who is invited, and as what."""

    everybody = forms.BooleanField(required=False)
    send = forms.ChoiceField(choices=[("links", "links"), ("mail", "mail")], required=False)

    def __init__(self, found: list[Candidate], *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        names = {code: one.name.say(get_language() or "zh") for code, one in shipped_roles().items()}
        self.people = {one.member.id: one for one in found}
        self.others = sum(one.role == "employee" and not one.is_in for one in found)
        for one in by_hand(found):
            self.fields[f"p{one.member.id}"] = forms.BooleanField(required=False, initial=not one.has_account)
            self.fields[f"r{one.member.id}"] = forms.ChoiceField(
                choices=[(role, names[role]) for role in ROLES], initial=one.role, required=False,
                widget=forms.Select(attrs={"aria-label": one.member.name}),
            )  # fmt: skip

    def rows(self) -> Iterator[tuple[Candidate, Any, Any]]:
        """Each person who is chosen one by one, with the two fields."""
        for one in self.people.values():
            if f"p{one.member.id}" in self.fields:
                yield one, self[f"p{one.member.id}"], self[f"r{one.member.id}"]

    def guests(self) -> list[Guest]:
        """Who is to be invited."""
        given, found = self.cleaned_data, []
        for one in self.people.values():
            if given.get(f"p{one.member.id}"):
                found.append(Guest(member=one.member, role=given[f"r{one.member.id}"] or one.role))
            elif given["everybody"] and one.role == "employee" and not one.is_in:
                found.append(Guest(member=one.member, role="employee"))
        return found
