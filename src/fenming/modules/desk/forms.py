"""What may be asked of the ranking; anything else is ignored."""

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from fenming.modules.desk.queries.board import Group, Wanted

ORDERS = ("rank", "-rank", "number", "-number", "total", "-total")


class RankingForm(forms.Form):
    """Search, team, scheme, grade and order. A value that is not among the choices counts as not given."""

    q = forms.CharField(max_length=80, required=False, label=_("Name or number"))
    team = forms.ChoiceField(required=False, label=_("Team"))
    scheme = forms.ChoiceField(required=False, label=_("Scheme"))
    grade = forms.ChoiceField(required=False, label=_("Grade"))
    order = forms.ChoiceField(required=False, choices=[(one, one) for one in ORDERS])

    def __init__(self, given: QueryDict, group: Group) -> None:
        super().__init__(given)
        schemes = [one.id for one in group.schemes]
        grades = [letter for letter, _count in group.grades]
        for name, values in (("team", group.teams), ("scheme", schemes), ("grade", grades)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)  # noqa: S101 - declared above
            field.choices = [(one, one) for one in values]

    def wanted(self) -> Wanted:
        """The valid part of what was asked."""
        self.is_valid()
        given = {name: value for name, value in self.cleaned_data.items() if value}
        return Wanted(**given)
