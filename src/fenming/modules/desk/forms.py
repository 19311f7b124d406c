"""What a person may wish of alerts, walls and reports; whatever is offered lies within one's scope."""

from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from fenming.controls.scope import Scope
from fenming.controls.widgets import DecimalInput
from fenming.modules.desk.models import Alert, Report
from fenming.modules.desk.operations.alerts import NewAlert
from fenming.modules.desk.operations.reports import NewReport
from fenming.modules.desk.queries.alerts import holds
from fenming.modules.desk.queries.cells import dimensions
from fenming.modules.desk.queries.pivot import cuttable, dimension_name
from fenming.modules.indicators.queries import wording
from fenming.modules.people.queries.reach import visible_departments

GROUPS = ("shop", "store", "team", "department", "platform", "region")
Choices = list[tuple[str, str]]


def _choose(form: forms.Form, name: str, choices: Choices) -> None:
    field = form.fields[name]
    assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared below
    field.choices = choices


class AlertForm(forms.Form):
    """A rule for one indicator, over everything one sees or one group of it."""

    indicator = forms.ChoiceField(label=_("Indicator"))
    kind = forms.ChoiceField(choices=Alert.Kind.choices, label=_("Rule"))
    mark = forms.DecimalField(
        required=False, max_digits=14, decimal_places=4, label=_("Mark"), widget=DecimalInput(),
        help_text=_("As it is shown: 85 for 85%. For the week before: by how many per cent."),
    )  # fmt: skip
    days = forms.IntegerField(min_value=1, max_value=14, initial=3, label=_("Days running"))
    dimension = forms.ChoiceField(required=False, label=_("Only one"))
    value = forms.CharField(
        required=False, max_length=200, label=_("Which one"), help_text=_("As the analysis names it.")
    )

    department = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, label=_("Also tell the managers of"),
        help_text=_("They are told what holds for their department alone."),
    )  # fmt: skip

    def __init__(self, *args: Any, scope: Scope, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        whole = [one for one in visible_departments(scope) if holds(scope, one.pk)]
        _choose(self, "department", [("", str(_("nobody else"))), *((str(one.pk), one.name) for one in whole)])
        self.known = cuttable(scope)
        speaking = wording.speaking()
        _choose(self, "indicator", [(name, one.name.say(speaking)) for name, one in self.known.items()])
        names: dict[str, str] = {}
        for one in self.known.values():
            names |= {name: dimension_name(one, name) for name in dimensions(one) if name in GROUPS}
        groups = [(name, names[name]) for name in GROUPS if name in names]
        _choose(self, "dimension", [("", str(_("everything I see"))), *groups])

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        one = self.known.get(found.get("indicator", ""))
        if found.get("kind") != Alert.Kind.MISSING and found.get("mark") is None and "mark" not in self.errors:
            self.add_error("mark", _("This rule needs a mark."))
        if found.get("kind") == Alert.Kind.DROP and (found.get("mark") or 1) <= 0:
            self.add_error("mark", _("Give a number above 0: by how many per cent."))
        dimension = found.get("dimension", "")
        if dimension and one is not None and dimension not in dimensions(one):
            self.add_error("dimension", _("This indicator is not known by that."))
        if bool(dimension) != bool(found.get("value")):
            self.add_error("value" if dimension else "dimension", _("Give both, or neither."))
        return found

    def wanted(self) -> NewAlert:
        """The alert, its mark in the unit of the reading."""
        given = self.cleaned_data
        mark = given["mark"]
        if given["kind"] == Alert.Kind.MISSING:
            mark = None
        elif given["kind"] == Alert.Kind.FLOOR and self.known[given["indicator"]].percent:
            mark = mark / Decimal(100)
        return NewAlert(**{**given, "mark": mark})


class WallForm(forms.Form):
    """Which boards hang on a wall, and for how long each is shown."""

    name = forms.CharField(
        max_length=80, label=pgettext_lazy("wall", "Name"), help_text=_("For yourself: where it hangs.")
    )
    boards = forms.MultipleChoiceField(label=_("Boards"), widget=forms.CheckboxSelectMultiple)
    seconds = forms.IntegerField(min_value=5, max_value=600, initial=20, label=_("Seconds for each board"))

    def __init__(self, *args: Any, scope: Scope, also: Choices = [], **kwargs: Any) -> None:  # noqa: B006 - only read
        super().__init__(*args, **kwargs)
        departments = [(f"board?department={one.code}", one.name) for one in visible_departments(scope)]
        _choose(self, "boards", [("company?", str(_("All departments"))), *departments, *also])

    def chosen(self) -> list[tuple[str, str]]:
        """(kind, query) of each."""
        return [(kind, query) for kind, _sign, query in (one.partition("?") for one in self.cleaned_data["boards"])]


class ReportForm(forms.Form):
    """How often a board comes by mail, and on which day."""

    kind = forms.ChoiceField(choices=[(one, one) for one in ("board", "company", "pivot")], widget=forms.HiddenInput)
    query = forms.CharField(required=False, max_length=1000, widget=forms.HiddenInput)
    title = forms.CharField(max_length=120, label=_("Title"))
    rhythm = forms.ChoiceField(choices=Report.Rhythm.choices, label=pgettext_lazy("report", "How often"))
    day = forms.IntegerField(
        min_value=1, max_value=28, initial=1, label=_("Day"),
        help_text=_("Of the week, Monday being 1; of the month, 1 to 28."),
    )  # fmt: skip

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        if found.get("rhythm") == Report.Rhythm.WEEK and (found.get("day") or 1) > 7:
            self.add_error("day", _("A week has the days 1 to 7."))
        return found

    def wanted(self) -> NewReport:
        return NewReport(**self.cleaned_data)
