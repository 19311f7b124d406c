"""What may be asked of the organisation, and what may be sent to change it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.validators import RegexValidator
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.controls.scope import Powers
from fenming.modules.people.forms.custom import custom_form_fields, custom_given
from fenming.modules.people.forms.persons import Day, Sent, Text, day_asked
from fenming.modules.people.models import Department, Post, Region
from fenming.modules.people.queries import choices
from fenming.modules.people.queries.organisation import Asked, Place

CODE = RegexValidator(r"\A[^\W_][\w-]*\Z", _("Letters, digits, - and _ only, a letter or digit first."))
MOST = 2**31 - 1
CUSTOM = {"departments": "department", "posts": "post"}
WITH_REGION = ("departments", "stores", "shops")


def asked(given: QueryDict, chosen: int = 0) -> Asked:
    """The day, the search and whether closed ones are wanted; what makes no sense counts as not given."""
    q = given.get("q", "").replace("\0", "")[:80].strip()
    return Asked(day=day_asked(given.get("on", "")), q=q, closed=bool(given.get("closed")), chosen=chosen)


class PlaceForm(Sent):
    """A department, post, store, shop or region. Without a code it gets one of its name."""

    name_zh = Text(max_length=80, label=_("Chinese name"))
    name_en = Text(max_length=80, required=False, label=_("English name"))
    code = forms.CharField(
        max_length=60,
        required=False,
        validators=[CODE],
        label=pgettext_lazy("place", "Code"),
        help_text=_("In files and reports it stands for the name; it stays. Without one, it is made of the pinyin."),
    )

    def __init__(self, *args: Any, kind: str, powers: Powers, place: Place | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        self.kind, self.place, self.has_same_name = kind, place, False
        self.fields["version"].initial = place.version if place else 0
        self.fields |= _fields_of(kind, place)
        if kind in CUSTOM:
            own = place.custom if isinstance(place, Department | Post) else {}
            self.fields.update(custom_form_fields(CUSTOM[kind], powers, own))
        self.fields["anyway"] = forms.BooleanField(required=False, label=_("Use this name anyway"))
        if place:
            del self.fields["code"]
            for name in ("name_zh", "name_en"):
                self.fields[name].initial = getattr(place, name)

    def shown(self) -> list[Any]:
        """The fields in order; the tick for a name that exists only once it is needed."""
        asked = self.has_same_name or bool(self.data.get("anyway"))
        return [one for one in self if not one.is_hidden and (one.name != "anyway" or asked)]

    def values(self) -> dict[str, Any]:
        """What was typed, as operations take it."""
        given = self.cleaned_data
        found: dict[str, Any] = {name: given[name] for name in ("name_zh", "name_en", "platform") if name in given}
        for name, model in (("parent", Department), ("department", Department), ("region", Region)):
            if name in given:
                found[name] = model._default_manager.filter(pk=given[name]).first() if given[name] else None
        if given.get("position") is not None:
            found["position"] = given["position"]
        return found | ({"custom": custom_given(self)} if self.kind in CUSTOM else {})


def _fields_of(kind: str, place: Place | None) -> dict[str, forms.Field]:
    found: dict[str, forms.Field] = {}
    if kind == "departments":
        found["parent"] = _one_of(_("Parent department"), choices.departments(), getattr(place, "parent", None))
    if kind == "posts":
        found["department"] = _one_of(_("Department"), choices.departments(), getattr(place, "department", None))
        found["department"].help_text = _("Without one, every department has this post.")
    if kind == "shops":
        found["platform"] = Text(max_length=40, label=_("Platform"), initial=getattr(place, "platform", ""))
    if kind in WITH_REGION:
        found["region"] = _one_of(_("Region"), choices.regions(), getattr(place, "region", None))
    if kind == "departments":
        found["region"].help_text = _("Without one, it is that of the parent department.")
        found["position"] = forms.IntegerField(
            min_value=0, max_value=MOST, required=False, label=_("Order"), initial=getattr(place, "position", None),
            help_text=_("Small numbers first; without one, at the end."),
        )  # fmt: skip
    return found


def _one_of(label: Any, options: list[tuple[int, str]], now: Department | Region | None) -> forms.Field:
    """One of the open places, or what is chosen now though it has closed."""
    more = [(now.pk, now.name)] if now and now.pk not in {pk for pk, _name in options} else []
    return forms.TypedChoiceField(
        coerce=int, empty_value=None, required=False, label=label, choices=[("", "—"), *options, *more],
        initial=now.pk if now else None,
    )  # fmt: skip


class CloseForm(Sent):
    """The day from which nobody works there."""

    day = Day(label=_("Closed from"))

    def __init__(self, *args: Any, place: Place, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["version"].initial = place.version
        self.fields["day"].initial = timezone.localdate()

    def wanted(self) -> date:
        day: date = self.cleaned_data["day"]
        return day


class VersionForm(Sent):
    """Something done with one click."""


def initial(given: Mapping[str, str]) -> dict[str, str]:
    """A new place as it was typed so far."""
    names = ("name_zh", "name_en", "code", "parent", "department", "region", "platform", "position")
    return {name: given[name][:80] for name in names if given.get(name)}
